using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SquaredError
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Rows of ratings worth a part of their own: some 5 us of work at 70 ratings each.
        private const int RowsPerPart = 32;

        // Elements of dense matrices that are worth a part of their own, 8 us of memory traffic.
        private const int ElementsPerPart = 16_384;

        /// <inheritdoc cref="Reference.Loss"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Loss(Workers workers, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<float> ratings, ReadOnlySpan<float> bias, Span<float> predictions, Span<float> loss)
        {
            Check(loss.Length, rowStarts, items, ratings.Length, bias.Length, predictions.Length);
            fixed (int* starts = rowStarts, rated = items)
            fixed (float* x = ratings, b = bias, p = predictions, l = loss)
                VectorWidth.Run(workers, loss.Length, RowsPerPart, new Rows(starts, rated, x, b, p, l));
        }

        /// <inheritdoc cref="Reference.Dense"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Dense(Workers workers, int rows, int columns, ReadOnlySpan<float> y,
            ReadOnlySpan<float> target, float scale, Span<float> dY, Span<float> loss)
        {
            Check(rows, columns, y.Length, target.Length, dY.Length, loss.Length);
            fixed (float* pY = y, t = target, d = dY, l = loss)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new DenseRows(columns, pY, t, 2 * scale, d, l));
        }

        private readonly struct DenseRows(int columns, float* y, float* target, float factor, float* dY, float* loss)
            : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int row = from; row < to; row++)
                {
                    long at = (long)row * columns;
                    loss[row] = LaneReduction.Sum<V, Differences>(columns, new(y + at, target + at, factor, dY + at));
                }
            }
        }

        // (y - t)^2; dy is written on the way.
        private readonly struct Differences(float* y, float* target, float factor, float* dY) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V error = V.Load(y + i) - V.Load(target + i);
                V.Store(V.Broadcast(factor) * error, dY + i);
                return error * error;
            }
        }

        private readonly struct Rows(int* rowStarts, int* items, float* ratings, float* bias, float* predictions,
            float* loss) : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int row = from; row < to; row++)
                {
                    int start = rowStarts[row], end = rowStarts[row + 1];
                    for (int n = start; n < end; n++)
                        predictions[n] = predictions[n] + bias[items[n]] - ratings[n];
                    loss[row] = LaneReduction.Sum<V, Squares>(end - start, new(predictions + start));
                }
            }
        }

        // e^2; e is replaced by 2 e.
        private readonly struct Squares(float* errors) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V error = V.Load(errors + i);
                V.Store(error + error, errors + i);
                return error * error;
            }
        }
    }
}
