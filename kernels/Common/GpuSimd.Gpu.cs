using ILGPU;
using ILGPU.Algorithms;

namespace VaeCf.Kernels.Common;

/// <summary>
/// One float of a GPU thread as a vector of width one, so that <see cref="SimdMath"/>'s functions are the CPU's on the GPU too. Multiply-adds
/// are fused where the source says so. Loads and stores are the kernels' own.
/// </summary>
internal readonly unsafe struct GpuSimd(float v) : ISimd<GpuSimd>
{
    public readonly float V = v;
    public static int Count => 1;
    public static GpuSimd Broadcast(float value) => new(value);
    public static GpuSimd Load(float* source) => throw new NotSupportedException();
    public static void Store(GpuSimd value, float* target) => throw new NotSupportedException();
    public static GpuSimd operator +(GpuSimd a, GpuSimd b) => new(a.V + b.V);
    public static GpuSimd operator -(GpuSimd a, GpuSimd b) => new(a.V - b.V);
    public static GpuSimd operator *(GpuSimd a, GpuSimd b) => new(a.V * b.V);
    public static GpuSimd operator /(GpuSimd a, GpuSimd b) => new(a.V / b.V);
    public static GpuSimd FusedMultiplyAdd(GpuSimd a, GpuSimd b, GpuSimd c) => new(Ptx.Fma(a.V, b.V, c.V));
    public static GpuSimd Max(GpuSimd a, GpuSimd b) => new(Ptx.Max(a.V, b.V));
    public static GpuSimd Sqrt(GpuSimd a) => new(XMath.Sqrt(a.V));
    public static GpuSimd Abs(GpuSimd a) => new(MathF.Abs(a.V));
    public static GpuSimd Round(GpuSimd a) => new(Ptx.Round(a.V));
    public static GpuSimd SelectLess(GpuSimd a, GpuSimd b, GpuSimd ifLess, GpuSimd otherwise) => new(Ptx.Less(a.V, b.V) != 0 ? ifLess.V : otherwise.V);
    public static GpuSimd ScaleByPowerOfTwo(GpuSimd x, GpuSimd n) => new(x.V * Interop.IntAsFloat((uint)((int)n.V + 127) << 23));
    public static GpuSimd Exponent(GpuSimd x) => new((int)(Interop.FloatAsInt(x.V) >> 23) - 127);
    public static GpuSimd Mantissa(GpuSimd x) => new(Interop.IntAsFloat((Interop.FloatAsInt(x.V) & 0x007FFFFFu) | 0x3F800000u));
}
