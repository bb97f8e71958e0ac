using System.Runtime.InteropServices;

namespace VaeCf.Kernels.Common;

/// <summary>Four floats that are loaded and stored at once.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct Float4
{
    public float X, Y, Z, W;

    /// <summary>This plus a b, rounded once per element.</summary>
    internal readonly Float4 Fma(float a, Float4 b) =>
        new() { X = Ptx.Fma(a, b.X, X), Y = Ptx.Fma(a, b.Y, Y), Z = Ptx.Fma(a, b.Z, Z), W = Ptx.Fma(a, b.W, W) };
}

/// <summary>Sixteen columns of a row of <see cref="Tile8x16"/>: four times four neighbours.</summary>
internal struct Row16
{
    public Float4 Q0, Q1, Q2, Q3;

    /// <summary>This plus a b, a chain of fused multiply-adds per element.</summary>
    public readonly Row16 Fma(float a, Row16 b) =>
        new() { Q0 = Q0.Fma(a, b.Q0), Q1 = Q1.Fma(a, b.Q1), Q2 = Q2.Fma(a, b.Q2), Q3 = Q3.Fma(a, b.Q3) };
}

/// <summary>A thread's 128 elements of C, in registers.</summary>
internal struct Tile8x16
{
    public Row16 R0, R1, R2, R3, R4, R5, R6, R7;

    /// <summary>This plus the outer product of eight elements of A and sixteen of B.</summary>
    public readonly Tile8x16 Fma(Float4 a0, Float4 a1, Row16 b) => new()
    {
        R0 = R0.Fma(a0.X, b),
        R1 = R1.Fma(a0.Y, b),
        R2 = R2.Fma(a0.Z, b),
        R3 = R3.Fma(a0.W, b),
        R4 = R4.Fma(a1.X, b),
        R5 = R5.Fma(a1.Y, b),
        R6 = R6.Fma(a1.Z, b),
        R7 = R7.Fma(a1.W, b),
    };
}
