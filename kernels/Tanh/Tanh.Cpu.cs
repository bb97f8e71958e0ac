using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Tanh
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Forward(Workers workers, int rows, int columns, Span<float> y, ReadOnlySpan<float> bias)
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            fixed (float* pY = y, pBias = bias)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new ForwardKernel(columns, pY, pBias));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dX">Gradient of x, the same length, overwritten; dY itself or apart from it.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> y, ReadOnlySpan<float> dY, Span<float> dX)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, y.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, y.Length);
            fixed (float* pY = y, pdY = dY, pdX = dX)
                VectorWidth.RunElementwise(workers, y.Length, ElementsPerPart, new BackwardKernel(pY, pdY, pdX));
        }

        /// <summary>Rows from … to - 1 of Y.</summary>
        private readonly struct ForwardKernel(int columns, float* y, float* bias) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                    new VectorWidth.Elementwise<ForwardRow>(new(y + (long)b * columns, bias)).Invoke<V>(0, columns);
            }
        }

        private readonly struct ForwardRow(float* row, float* bias) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(SimdMath.Tanh(V.Load(row + i) + V.Load(bias + i)), row + i);
        }

        private readonly struct BackwardKernel(float* y, float* dY, float* dX) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V output = V.Load(y + i);
                V.Store(V.Load(dY + i) * (V.Broadcast(1) - output * output), dX + i);
            }
        }
    }
}
