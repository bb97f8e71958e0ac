using System.Buffers;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class GaussianLoss
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        /// <summary>loss[b] = sum_i c/2 * (x[b, i] - f[b, i])^2; df[b, i] = scale * c * (f[b, i] - x[b, i]); c is c1 where x &gt; 0, else c0.</summary>
        /// <param name="workers">Threads, over users.</param>
        /// <param name="rows">B.</param>
        /// <param name="columns">I.</param>
        /// <param name="logits">In: F; out: dF; B x I.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="items">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">Count of each click, 0 or more; N.</param>
        /// <param name="c1">Weight of what was clicked.</param>
        /// <param name="c0">Weight of what was not.</param>
        /// <param name="scale">Factor of the gradient (1 / B where the loss is the mean over users); the losses are not scaled.</param>
        /// <param name="loss">Loss of each user, B, overwritten.</param>
        /// <exception cref="ArgumentException">A span has not the length its shape says, or an item is not in 0 … I - 1.</exception>
        public static void Loss(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float c1, float c0, float scale, Span<float> loss) =>
            RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss, new Gaussian(c1, c0, scale));

        private readonly struct Gaussian(float c1, float c0, float scale) : IRowLoss
        {
            public double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>
            {
                // The logits of the clicks stand aside, as 0, while the rest of the row is done.
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
