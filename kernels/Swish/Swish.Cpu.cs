using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Swish
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="y">The same length, overwritten; x itself or apart from it.</param>
        public static void Forward(Workers workers, ReadOnlySpan<float> x, Span<float> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (float* pX = x, pY = y)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new ForwardKernel(pX, pY));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dX">Gradient of x, the same length, overwritten; dY itself or apart from it.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> x, ReadOnlySpan<float> dY, Span<float> dX)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, x.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, x.Length);
            fixed (float* pX = x, pdY = dY, pdX = dX)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new BackwardKernel(pX, pdY, pdX));
        }

        private readonly struct ForwardKernel(float* x, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V value = V.Load(x + i);
                V.Store(value * SimdMath.Sigmoid(value), y + i);
            }
        }

        private readonly struct BackwardKernel(float* x, float* dY, float* dX) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V value = V.Load(x + i), one = V.Broadcast(1);
                V s = SimdMath.Sigmoid(value);
                V.Store(V.Load(dY + i) * s * V.FusedMultiplyAdd(value, one - s, one), dX + i);
            }
        }
    }
}
