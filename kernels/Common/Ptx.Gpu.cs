using ILGPU.IR.Intrinsics;

namespace VaeCf.Kernels.Common;

/// <summary>
/// The PTX that a call becomes: {r} is the result, {r0}, {r1} … are its fields, and {0}, {1} … the arguments.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InstructionAttribute(string text) : Attribute
{
    public string Text => text;
}

/// <summary>
/// PTX instructions that ILGPU lacks, or offers with another meaning. The kernel compiler emits each exactly as written
/// in its attribute; where a method has a body, it is for ILGPU's own CPU accelerator, which runs all kernels but those
/// for tensor cores.
/// </summary>
internal static class Ptx
{
    /// <summary>a * b + c, rounded once.</summary>
    [IntrinsicImplementation, Instruction("fma.rn.f32 {r}, {0}, {1}, {2};")]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>The nearest integer, ties to even.</summary>
    [IntrinsicImplementation, Instruction("cvt.rni.f32.f32 {r}, {0};")]
    public static float Round(float a) => MathF.Round(a, MidpointRounding.ToEven);

    /// <summary>The greater; NaN if either is NaN.</summary>
    [IntrinsicImplementation, Instruction("max.NaN.f32 {r}, {0}, {1};")]
    public static float Max(float a, float b) => MathF.Max(a, b);

    /// <summary>
    /// All bits set where a &lt; b, else 0, NaN included. A plain comparison will not do: where ILGPU negates one,
    /// it holds for NaN.
    /// </summary>
    [IntrinsicImplementation, Instruction("set.lt.u32.f32 {r}, {0}, {1};")]
    public static uint Less(float a, float b) => a < b ? ~0u : 0;

    /// <summary>
    /// Both numbers rounded to the nearest bfloat16 (8 bits of exponent, 7 of mantissa), ties to even, in the low
    /// and the high half of the word.
    /// </summary>
    [IntrinsicImplementation, Instruction("cvt.rn.bf16x2.f32 {r}, {1}, {0};")]
    public static uint Bf16(float low, float high) => throw new NotSupportedException();

    /// <summary>
    /// C + A B by a warp, for A [16, 8] and B [8, 8] in TF32 and C in float. With g = lane / 4 and t = lane % 4, a
    /// thread holds the elements (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4) of A, (t, g), (t + 4, g) of B, and
    /// (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1) of C.
    /// </summary>
    [IntrinsicImplementation, Instruction("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        + "{{r0}, {r1}, {r2}, {r3}}, {{0}, {1}, {2}, {3}}, {{4}, {5}}, {{6}, {7}, {8}, {9}};")]
    public static Float4 MmaTf32(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1,
        float c0, float c1, float c2, float c3) => throw new NotSupportedException();

    /// <summary>
    /// C + A B by a warp, for A [16, 16] and B [16, 8] in bfloat16 and C in float. As MmaTf32, but with a pair of A's
    /// columns or of B's rows, 2t and 2t + 1, in place of t.
    /// </summary>
    [IntrinsicImplementation, Instruction("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        + "{{r0}, {r1}, {r2}, {r3}}, {{0}, {1}, {2}, {3}}, {{4}, {5}}, {{6}, {7}, {8}, {9}};")]
    public static Float4 MmaBf16(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1,
        float c0, float c1, float c2, float c3) => throw new NotSupportedException();

    /// <summary>The address in shared memory, as ILGPU represents it, for copies.</summary>
    [IntrinsicImplementation, Instruction("mov.b64 {r}, {0};")]
    public static long SharedAddress(ref Float4 place) => throw new NotSupportedException();

    /// <summary>The address in global memory, for copies.</summary>
    [IntrinsicImplementation, Instruction("mov.b64 {r}, {0};")]
    public static long GlobalAddress(ref float place) => throw new NotSupportedException();

    /// <summary>
    /// Starts a copy from global to shared memory that writes 16 bytes: the first <paramref name="bytes"/>
    /// are copied, the others become 0.
    /// </summary>
    [IntrinsicImplementation, Instruction("cp.async.cg.shared.global [{0}], [{1}], 16, {2};")]
    public static void CopyAsync16(long to, long from, int bytes) => throw new NotSupportedException();

    /// <summary>The same for 4 bytes.</summary>
    [IntrinsicImplementation, Instruction("cp.async.ca.shared.global [{0}], [{1}], 4, {2};")]
    public static void CopyAsync4(long to, long from, int bytes) => throw new NotSupportedException();

    /// <summary>Brings the threads of a warp together again, after branches that not all of them took.</summary>
    [IntrinsicImplementation, Instruction("bar.warp.sync 0xffffffff;")]
    public static void SyncWarp() => throw new NotSupportedException();

    /// <summary>Makes one group of the thread's copies since the last call.</summary>
    [IntrinsicImplementation, Instruction("cp.async.commit_group;")]
    public static void CommitCopies() => throw new NotSupportedException();

    /// <summary>
    /// Waits until all groups of the thread but its last have arrived. To see other threads' copies, a barrier
    /// must follow.
    /// </summary>
    [IntrinsicImplementation, Instruction("cp.async.wait_group 1;")]
    public static void WaitForAllCopiesButOne() => throw new NotSupportedException();

    /// <summary>Waits until all groups of the thread have arrived.</summary>
    [IntrinsicImplementation, Instruction("cp.async.wait_group 0;")]
    public static void WaitForAllCopies() => throw new NotSupportedException();
}
