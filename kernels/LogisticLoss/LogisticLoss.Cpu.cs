using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LogisticLoss
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        /// <inheritdoc cref="Reference.Loss"/>
        /// <param name="workers">Threads, over users.</param>
        public static void Loss(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss) =>
            RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss, new Logistic(scale));

        private readonly struct Logistic(float scale) : IRowLoss
        {
            public double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>
            {
                double dot = 0;
                for (int k = 0; k < clicks.Count; k++)
                    dot += clicks.Value(k) < 0 ? Softplus(logits[clicks.Item(k)])
                        : (double)clicks.Value(k) * logits[clicks.Item(k)];
                double sum = RowLoss.Sum<V, Absent>(columns, new(logits, scale));
                for (int k = 0; k < clicks.Count; k++)
                {
                    float* gradient = logits + clicks.Item(k);
                    *gradient = clicks.Value(k) < 0 ? 0 : *gradient - scale * clicks.Value(k);
                }
                return sum - dot;
            }
        }

        internal static float Softplus(float logit) => SimdMath.Softplus(Simd1.Broadcast(logit)).Value;

        /// <summary>softplus(f); f is replaced by scale * s(f). The loss and its gradient where x = 0.</summary>
        private readonly struct Absent(float* row, float scale) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V logit = V.Load(row + i);
                V.Store(V.Broadcast(scale) * SimdMath.Sigmoid(logit), row + i);
                return SimdMath.Softplus(logit);
            }
        }
    }
}
