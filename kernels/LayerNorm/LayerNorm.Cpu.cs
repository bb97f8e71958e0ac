using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LayerNorm
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 16_384;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="y">B x H, overwritten; x itself, where no gradient is wanted, or apart from all.</param>
        public static void Forward(Workers workers, int rows, int columns, ReadOnlySpan<float> x,
            ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> y, Span<float> statistics)
        {
            CheckShapes(rows, columns, x.Length, y.Length, weight.Length, bias.Length, statistics.Length);
            fixed (float* pX = x, pWeight = weight, pBias = bias, pY = y, pStatistics = statistics)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new ForwardRows(columns, pX, pWeight, pBias, epsilon, pY, pStatistics));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <remarks>The sums over b run in ascending b.</remarks>
        /// <param name="workers">Threads, over columns and over rows.</param>
        /// <param name="dX">Gradient of x, B x H, overwritten; dY itself or apart from all.</param>
        /// <param name="dWeight">Gradient of the weight, H, overwritten; apart from all.</param>
        /// <param name="dBias">Gradient of the bias, H, overwritten; apart from all.</param>
        public static void Backward(Workers workers, int rows, int columns, ReadOnlySpan<float> x,
            ReadOnlySpan<float> weight, ReadOnlySpan<float> statistics, ReadOnlySpan<float> dY, Span<float> dX,
            Span<float> dWeight, Span<float> dBias)
        {
            CheckShapes(rows, columns, x.Length, dX.Length, weight.Length, dBias.Length, statistics.Length);
            Shape.Dense(nameof(dY), dY.Length, rows, columns);
            Shape.Dense(nameof(dWeight), dWeight.Length, 1, columns);
            fixed (float* pX = x, pWeight = weight, pStatistics = statistics, pdY = dY, pdX = dX, pdWeight = dWeight,
                pdBias = dBias)
            {
                VectorWidth.RunColumns(workers, columns,
                    new BackwardColumns(rows, columns, pX, pStatistics, pdY, pdWeight, pdBias));
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new BackwardRows(columns, pX, pWeight, pStatistics, pdY, pdX));
            }
        }

        private readonly struct ForwardRows(int columns, float* x, float* weight, float* bias, float epsilon, float* y,
            float* statistics) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    float* row = x + (long)b * columns;
                    float mean = LaneReduction.Sum<V, Element>(columns, new(row)) / columns;
                    float variance = LaneReduction.Sum<V, SquaredDeviation>(columns, new(row, mean)) / columns;
                    float inverse = 1 / MathF.Sqrt(variance + epsilon);
                    new VectorWidth.Elementwise<ForwardRow>(new(row, mean, inverse, weight, bias,
                        y + (long)b * columns)).Invoke<V>(0, columns);
                    (statistics[2 * b], statistics[2 * b + 1]) = (mean, inverse);
                }
            }
        }

        private readonly struct Element(float* x) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(x + i);
        }

        private readonly struct SquaredDeviation(float* x, float mean) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V deviation = V.Load(x + i) - V.Broadcast(mean);
                return deviation * deviation;
            }
        }

        private readonly struct ForwardRow(float* x, float mean, float inverse, float* weight, float* bias, float* y)
            : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.FusedMultiplyAdd(Normalized<V>(x + i, mean, inverse), V.Load(weight + i), V.Load(bias + i)),
                    y + i);
        }

        private static V Normalized<V>(float* x, float mean, float inverse) where V : unmanaged, ISimd<V> =>
            (V.Load(x) - V.Broadcast(mean)) * V.Broadcast(inverse);

        /// <summary>Sums down the rows, each column's in ascending order.</summary>
        private readonly struct BackwardColumns(int rows, int columns, float* x, float* statistics, float* dY,
            float* dWeight, float* dBias) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V weightSum = V.Broadcast(0), biasSum = weightSum;
                for (int b = 0; b < rows; b++)
                {
                    V d = V.Load(dY + (long)b * columns + i);
                    weightSum = V.FusedMultiplyAdd(d,
                        Normalized<V>(x + (long)b * columns + i, statistics[2 * b], statistics[2 * b + 1]), weightSum);
                    biasSum += d;
                }
                V.Store(weightSum, dWeight + i);
                V.Store(biasSum, dBias + i);
            }
        }

        private readonly struct BackwardRows(int columns, float* x, float* weight, float* statistics, float* dY,
            float* dX) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                {
                    long at = (long)b * columns;
                    float mean = statistics[2 * b], inverse = statistics[2 * b + 1];
                    float average = LaneReduction.Sum<V, Product>(columns, new(dY + at, weight)) / columns;
                    float averageByN = LaneReduction.Sum<V, ProductByN>(columns,
                        new(dY + at, weight, x + at, mean, inverse)) / columns;
                    new VectorWidth.Elementwise<BackwardRow>(new(x + at, mean, inverse, weight, average, averageByN,
                        dY + at, dX + at)).Invoke<V>(0, columns);
                }
            }
        }

        private readonly struct Product(float* dY, float* weight) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(dY + i) * V.Load(weight + i);
        }

        private readonly struct ProductByN(float* dY, float* weight, float* x, float mean, float inverse) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Load(dY + i) * V.Load(weight + i) * Normalized<V>(x + i, mean, inverse);
        }

        private readonly struct BackwardRow(float* x, float mean, float inverse, float* weight, float average,
            float averageByN, float* dY, float* dX) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V n = Normalized<V>(x + i, mean, inverse);
                V centred = V.Load(dY + i) * V.Load(weight + i) - V.Broadcast(average) - n * V.Broadcast(averageByN);
                V.Store(centred * V.Broadcast(inverse), dX + i);
            }
        }
    }
}
