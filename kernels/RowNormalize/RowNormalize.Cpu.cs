using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class RowNormalize
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Rows worth a part of their own: some 5 us of work at 70 clicks each.
        private const int RowsPerPart = 64;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException">The row starts do not rise from 0 to N, or a length is
        /// wrong.</exception>
        public static void Forward(Workers workers, ReadOnlySpan<int> rowStarts, ReadOnlySpan<float> x, Span<float> y)
        {
            int rows = rowStarts.Length - 1;
            Shape.RowStarts(rows, rowStarts, x.Length);
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (int* starts = rowStarts)
            fixed (float* pX = x, pY = y)
                VectorWidth.Run(workers, rows, RowsPerPart, new Rows(starts, pX, pY));
        }

        private readonly struct Rows(int* rowStarts, float* x, float* y) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int row = from; row < to; row++)
                {
                    int start = rowStarts[row], count = rowStarts[row + 1] - start;
                    float sum = LaneReduction.Sum<V, Square>(count, new(x + start));
                    float norm = sum == 0 ? 1 : MathF.Sqrt(sum);
                    new VectorWidth.Elementwise<Divide>(new(norm, x + start, y + start)).Invoke<V>(0, count);
                }
            }
        }

        private readonly struct Divide(float norm, float* x, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> => V.Store(V.Load(x + i) / V.Broadcast(norm), y + i);
        }
    }
}
