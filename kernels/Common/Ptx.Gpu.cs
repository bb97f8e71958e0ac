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
}
