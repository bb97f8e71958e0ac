using ILGPU;
using ILGPU.Algorithms;

namespace VaeCf.Kernels.Common;

/// <summary>
/// One float of a GPU thread, with which <see cref="SimdMath"/>'s functions run on the GPU as they do on the CPU.
/// </summary>
internal readonly struct GpuFloat(float v) : IArithmetic<GpuFloat>
{
    public readonly float V = v;
    public static GpuFloat Broadcast(float value) => new(value);
    public static GpuFloat operator +(GpuFloat a, GpuFloat b) => new(a.V + b.V);
    public static GpuFloat operator -(GpuFloat a, GpuFloat b) => new(a.V - b.V);
    public static GpuFloat operator *(GpuFloat a, GpuFloat b) => new(a.V * b.V);
    public static GpuFloat operator /(GpuFloat a, GpuFloat b) => new(a.V / b.V);
    public static GpuFloat FusedMultiplyAdd(GpuFloat a, GpuFloat b, GpuFloat c) => new(Ptx.Fma(a.V, b.V, c.V));
    public static GpuFloat Max(GpuFloat a, GpuFloat b) => new(Ptx.Max(a.V, b.V));
    public static GpuFloat Sqrt(GpuFloat a) => new(XMath.Sqrt(a.V));
    public static GpuFloat Abs(GpuFloat a) => new(MathF.Abs(a.V));
    public static GpuFloat Round(GpuFloat a) => new(Ptx.Round(a.V));
    public static GpuFloat SelectLess(GpuFloat a, GpuFloat b, GpuFloat ifLess, GpuFloat otherwise) =>
        new(Ptx.Less(a.V, b.V) != 0 ? ifLess.V : otherwise.V);
    public static GpuFloat ScaleByPowerOfTwo(GpuFloat x, GpuFloat n) =>
        new(x.V * Interop.IntAsFloat((uint)((int)n.V + 127) << 23));
    public static GpuFloat Exponent(GpuFloat x) => new((int)(Interop.FloatAsInt(x.V) >> 23) - 127);
    public static GpuFloat Mantissa(GpuFloat x) =>
        new(Interop.IntAsFloat((Interop.FloatAsInt(x.V) & 0x007FFFFFu) | 0x3F800000u));
}
