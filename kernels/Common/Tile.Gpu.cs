using System.Runtime.InteropServices;

namespace VaeCf.Kernels.Common;

/// <summary>Four floats that are loaded and stored at once.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct Float4
{
    public float X, Y, Z, W;
}

/// <summary>Two floats that are stored at once.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct Float2
{
    public float X, Y;
}

/// <summary>Eight columns of a row of <see cref="Tile8x8"/>: four, and the four that lie half a warp's tile further.</summary>
internal struct Row8
{
    public Float4 Low, High;

    /// <summary>This plus a b, a chain of fused multiply-adds per element.</summary>
    public readonly Row8 Fma(float a, Row8 b) => new()
    {
        Low = new() { X = Ptx.Fma(a, b.Low.X, Low.X), Y = Ptx.Fma(a, b.Low.Y, Low.Y), Z = Ptx.Fma(a, b.Low.Z, Low.Z), W = Ptx.Fma(a, b.Low.W, Low.W) },
        High = new() { X = Ptx.Fma(a, b.High.X, High.X), Y = Ptx.Fma(a, b.High.Y, High.Y), Z = Ptx.Fma(a, b.High.Z, High.Z), W = Ptx.Fma(a, b.High.W, High.W) },
    };
}

/// <summary>A thread's 64 elements of C, in registers.</summary>
internal struct Tile8x8
{
    public Row8 R0, R1, R2, R3, R4, R5, R6, R7;

    /// <summary>This plus the outer product of eight elements of A and eight of B.</summary>
    public readonly Tile8x8 Fma(Row8 a, Row8 b) => new()
    {
        R0 = R0.Fma(a.Low.X, b),
        R1 = R1.Fma(a.Low.Y, b),
        R2 = R2.Fma(a.Low.Z, b),
        R3 = R3.Fma(a.Low.W, b),
        R4 = R4.Fma(a.High.X, b),
        R5 = R5.Fma(a.High.Y, b),
        R6 = R6.Fma(a.High.Z, b),
        R7 = R7.Fma(a.High.W, b),
    };
}
