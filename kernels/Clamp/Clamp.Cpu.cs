using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Clamp
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 32_768;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="x">Any length; NaN stays NaN.</param>
        /// <param name="y">The same length, overwritten; x itself or apart from it.</param>
        public static void Forward(Workers workers, ReadOnlySpan<float> x, float low, float high, Span<float> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (float* pX = x, pY = y)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new ForwardKernel(pX, low, high, pY));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">In: the gradient of y; out: that of x. The same length, apart from x.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> x, float low, float high, Span<float> dY)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, x.Length);
            fixed (float* pX = x, pdY = dY)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new BackwardKernel(pX, low, high, pdY));
        }

        private readonly struct ForwardKernel(float* x, float low, float high, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V value = V.Load(x + i), least = V.Broadcast(low), greatest = V.Broadcast(high);
                value = V.SelectLess(value, least, least, value);
                V.Store(V.SelectLess(greatest, value, greatest, value), y + i);
            }
        }

        private readonly struct BackwardKernel(float* x, float low, float high, float* dY) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V value = V.Load(x + i), zero = V.Broadcast(0);
                V.Store(V.SelectLess(V.Broadcast(low), value,
                    V.SelectLess(value, V.Broadcast(high), V.Load(dY + i), zero), zero), dY + i);
            }
        }
    }
}
