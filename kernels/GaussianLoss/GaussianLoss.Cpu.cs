using System.Buffers;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class GaussianLoss
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        /// <inheritdoc cref="Reference.Loss"/>
        /// <param name="workers">Threads, over users.</param>
        public static void Loss(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float c1, float c0, float scale, Span<float> loss) =>
            RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss, new Gaussian(c1, c0, scale));

        private readonly struct Gaussian(float c1, float c0, float scale) : IRowLoss
        {
            public double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>
            {
                // The clicks' logits are set aside, and count as 0, while the rest of the row is done.
                float[] aside = ArrayPool<float>.Shared.Rent(clicks.Count);
                for (int k = 0; k < clicks.Count; k++)
                    (aside[k], logits[clicks.Item(k)]) = (logits[clicks.Item(k)], 0);
                double loss = c0 / 2.0 * RowLoss.Sum<V, Absent>(columns, new(logits, scale * c0));
                for (int k = 0; k < clicks.Count; k++)
                {
                    float c = clicks.Value(k) > 0 ? c1 : c0, difference = aside[k] - clicks.Value(k);
                    logits[clicks.Item(k)] = scale * c * difference;
                    loss += c / 2.0 * difference * difference;
                }
                ArrayPool<float>.Shared.Return(aside);
                return loss;
            }
        }

        /// <summary>f^2; f is replaced by factor * f. The loss, but for c0 / 2, and its gradient where x = 0.</summary>
        private readonly struct Absent(float* row, float factor) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V logit = V.Load(row + i);
                V.Store(V.Broadcast(factor) * logit, row + i);
                return logit * logit;
            }
        }
    }
}
