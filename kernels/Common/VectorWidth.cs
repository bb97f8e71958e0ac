using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VaeCf.Kernels.Common;

/// <summary>
/// A kernel over elements (or rows) from … to - 1, written once for every vector width. Implemented by a readonly
/// struct that holds the kernel's arguments. Long loops first copy its fields to locals: a store through a pointer may
/// alias a field. Loops over vectors are in methods marked <see cref="VectorWidth.Loop"/>.
/// </summary>
internal interface IVectorKernel
{
    void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>;
}

/// <summary>
/// An elementwise kernel: <see cref="At"/> works on the V.Count elements from i on. It asks to be inlined into its
/// loop, which would otherwise call it, with its arguments in memory, wherever no profile has told the compiler how hot
/// it is.
/// </summary>
internal interface IElementwiseKernel
{
    void At<V>(int i) where V : unmanaged, ISimd<V>;
}

/// <summary>The vector width in use, and the one place that chooses by it. No result depends on it.</summary>
public static class VectorWidth
{
    /// <summary>
    /// How a method with a loop over vectors is compiled. Not inlined: the compiler has a budget for what it inlines
    /// into one method, and where a hot caller spends it on every width of a kernel, each operation on a vector becomes
    /// a call, twenty times slower. And optimised at once: in the quick code that .NET compiles first, every such
    /// operation is a call too.
    /// </summary>
    internal const MethodImplOptions Loop = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    // Not 0 only in tests, which hold every width to the same bits.
    [ThreadStatic]
    private static int forced;

    private static readonly int widest =
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256
            : Vector128.IsHardwareAccelerated ? 128 : 32;

    /// <summary>Bits of a vector: 512, 256, 128, or 32 for the scalar path.</summary>
    public static int Bits => forced != 0 ? forced : widest;

    /// <summary>The width's name: <c>Vector512</c>, <c>Vector256</c>, <c>Vector128</c> or <c>scalar</c>.</summary>
    public static string Name => Bits == 32 ? "scalar" : $"Vector{Bits}";

    /// <summary>Runs the kernel at the width in use.</summary>
    internal static void Invoke<TKernel>(TKernel kernel, int from, int to) where TKernel : struct, IVectorKernel =>
        Invoke(kernel, from, to, Bits);

    /// <summary>
    /// Runs the kernel at the width in use over 0 … length - 1, cut into ranges of at least <paramref name="minimum"/>.
    /// </summary>
    internal static void Run<TKernel>(Workers workers, int length, int minimum, TKernel kernel)
        where TKernel : struct, IVectorKernel =>
        workers.RunRanges(length, minimum, new AtWidth<TKernel>(kernel, Bits));

    // Only the calling thread knows the width in use, so it is passed on.
    private readonly struct AtWidth<TKernel>(TKernel kernel, int bits) : IRangeKernel
        where TKernel : struct, IVectorKernel
    {
        public void Invoke(int from, int to) => VectorWidth.Invoke(kernel, from, to, bits);
    }

    /// <summary>
    /// Runs the elementwise kernel over 0 … length - 1, cut into ranges of at least <paramref name="minimum"/>.
    /// </summary>
    internal static void RunElementwise<TKernel>(Workers workers, int length, int minimum, TKernel kernel)
        where TKernel : struct, IElementwiseKernel =>
        Run(workers, length, minimum, new Elementwise<TKernel>(kernel));

    /// <summary>
    /// Runs the kernel over columns each of which is much work (a sum down the rows), cut into groups of
    /// <see cref="ColumnGroup"/>.
    /// </summary>
    internal static void RunColumns<TKernel>(Workers workers, int columns, TKernel kernel)
        where TKernel : struct, IElementwiseKernel =>
        Run(workers, (columns + ColumnGroup - 1) / ColumnGroup, 1, new Columns<TKernel>(columns, kernel));

    // The widest vector's lanes, so that only the last group has columns left to do one by one.
    private const int ColumnGroup = 16;

    /// <summary>Runs the action on this thread at each width in turn, widest first.</summary>
    internal static void ForEachWidth(Action action)
    {
        try
        {
            foreach (int bits in (ReadOnlySpan<int>)[512, 256, 128, 32])
            {
                forced = bits;
                action();
            }
        }
        finally
        {
            forced = 0;
        }
    }

    /// <summary>
    /// Runs the kernel at a width, for a kernel that hands out its own parts: only the calling thread knows the width
    /// in use.
    /// </summary>
    internal static void Invoke<TKernel>(TKernel kernel, int from, int to, int bits)
        where TKernel : struct, IVectorKernel
    {
        switch (bits)
        {
            case 512: kernel.Invoke<Simd16>(from, to); break;
            case 256: kernel.Invoke<Simd8>(from, to); break;
            case 128: kernel.Invoke<Simd4>(from, to); break;
            default: kernel.Invoke<Simd1>(from, to); break;
        }
    }

    /// <summary>Groups of columns from … to - 1.</summary>
    private readonly struct Columns<TKernel>(int columns, TKernel kernel) : IVectorKernel
        where TKernel : struct, IElementwiseKernel
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V> =>
            new Elementwise<TKernel>(kernel).Invoke<V>(from * ColumnGroup, Math.Min(to * ColumnGroup, columns));
    }

    /// <summary>
    /// Whole vectors, then the rest by narrower ones and one by one: the same bits, as every operation is exactly
    /// rounded.
    /// </summary>
    internal readonly struct Elementwise<TKernel>(TKernel kernel) : IVectorKernel
        where TKernel : struct, IElementwiseKernel
    {
        [MethodImpl(Loop)]
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            TKernel local = kernel;
            int i = from;
            for (; i <= to - V.Count; i += V.Count)
                local.At<V>(i);
            if (i < to)
                Rest<V>(local, i, to);
        }

        [MethodImpl(Loop)]
        private static void Rest<V>(TKernel local, int i, int to) where V : unmanaged, ISimd<V>
        {
            if (V.Count > Simd8.Count && i <= to - Simd8.Count)
            {
                local.At<Simd8>(i);
                i += Simd8.Count;
            }
            if (V.Count > Simd4.Count && i <= to - Simd4.Count)
            {
                local.At<Simd4>(i);
                i += Simd4.Count;
            }
            for (; i < to; i++)
                local.At<Simd1>(i);
        }
    }
}
