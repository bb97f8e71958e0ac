using ILGPU.IR.Intrinsics;

namespace VaeCf.Kernels.Common;

/// <summary>The PTX that a call becomes: {r} is the result, or {r0}, {r1} … its fields; {0}, {1} … are the arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InstructionAttribute(string text) : Attribute
{
    public string Text => text;
}

/// <summary>PTX instructions that ILGPU has no name for, or not this meaning. The compiler program writes each as it stands in its attribute.</summary>
internal static class Ptx
{
    /// <summary>a * b + c, rounded once.</summary>
    [IntrinsicImplementation, Instruction("fma.rn.f32 {r}, {0}, {1}, {2};")]
    public static float Fma(float a, float b, float c) => throw new NotSupportedException();

    /// <summary>The nearest integer, ties to even.</summary>
    [IntrinsicImplementation, Instruction("cvt.rni.f32.f32 {r}, {0};")]
    public static float Round(float a) => throw new NotSupportedException();

    /// <summary>The greater; NaN if one is NaN.</summary>
    [IntrinsicImplementation, Instruction("max.NaN.f32 {r}, {0}, {1};")]
    public static float Max(float a, float b) => throw new NotSupportedException();

    /// <summary>All bits set where a &lt; b, else 0, also for NaN: ILGPU turns a comparison it negates into one that NaN satisfies.</summary>
    [IntrinsicImplementation, Instruction("set.lt.u32.f32 {r}, {0}, {1};")]
    public static uint Less(float a, float b) => throw new NotSupportedException();

    /// <summary>The nearest bfloat16 numbers (8 bits of exponent, 7 of mantissa), ties to even, the first in the low half.</summary>
    [IntrinsicImplementation, Instruction("cvt.rn.bf16x2.f32 {r}, {1}, {0};")]
    public static uint Bf16(float low, float high) => throw new NotSupportedException();

    /// <summary>C + A B by a warp, A [16, 8] and B [8, 8] of TF32, C of float. With g = lane / 4 and t = lane % 4 a thread has of A (g, t), (g + 8, t),
    /// (g, t + 4), (g + 8, t + 4), of B (t, g), (t + 4, g), of C (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).</summary>
    [IntrinsicImplementation, Instruction("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {{r0}, {r1}, {r2}, {r3}}, {{0}, {1}, {2}, {3}}, {{4}, {5}}, {{6}, {7}, {8}, {9}};")]
    public static Float4 MmaTf32(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, float c0, float c1, float c2, float c3) => throw new NotSupportedException();

    /// <summary>C + A B by a warp, A [16, 16] and B [16, 8] of bfloat16, C of float. As MmaTf32, with the pair of columns of A, or rows of B, 2t and 2t + 1 for t.</summary>
    [IntrinsicImplementation, Instruction("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {{r0}, {r1}, {r2}, {r3}}, {{0}, {1}, {2}, {3}}, {{4}, {5}}, {{6}, {7}, {8}, {9}};")]
    public static Float4 MmaBf16(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, float c0, float c1, float c2, float c3) => throw new NotSupportedException();

    /// <summary>The address in shared memory, as ILGPU has it, for copies.</summary>
    [IntrinsicImplementation, Instruction("mov.b64 {r}, {0};")]
    public static long SharedAddress(ref Float4 place) => throw new NotSupportedException();

    /// <summary>The address in global memory, for copies.</summary>
    [IntrinsicImplementation, Instruction("mov.b64 {r}, {0};")]
    public static long GlobalAddress(ref float place) => throw new NotSupportedException();

    /// <summary>Begins to copy 16 bytes from global to shared memory, the first so many of them; the others become 0.</summary>
    [IntrinsicImplementation, Instruction("cp.async.cg.shared.global [{0}], [{1}], 16, {2};")]
    public static void CopyAsync16(long to, long from, int bytes) => throw new NotSupportedException();

    /// <summary>The same of 4 bytes.</summary>
    [IntrinsicImplementation, Instruction("cp.async.ca.shared.global [{0}], [{1}], 4, {2};")]
    public static void CopyAsync4(long to, long from, int bytes) => throw new NotSupportedException();

    /// <summary>The thread's copies since the last call are a group.</summary>
    [IntrinsicImplementation, Instruction("cp.async.commit_group;")]
    public static void CommitCopies() => throw new NotSupportedException();

    /// <summary>Waits until all groups of the thread but its last are there; for others' a barrier must follow.</summary>
    [IntrinsicImplementation, Instruction("cp.async.wait_group 1;")]
    public static void WaitForAllCopiesButOne() => throw new NotSupportedException();

    /// <summary>Waits until all groups of the thread are there.</summary>
    [IntrinsicImplementation, Instruction("cp.async.wait_group 0;")]
    public static void WaitForAllCopies() => throw new NotSupportedException();
}
