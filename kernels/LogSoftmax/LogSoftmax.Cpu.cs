using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LogSoftmax
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        /// <inheritdoc cref="Reference.MultinomialLoss"/>
        /// <param name="workers">Threads, over users.</param>
        public static void MultinomialLoss(Workers workers, int rows, int columns, Span<float> logits,
            ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale,
            Span<float> loss) =>
            RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss, new Multinomial(scale));

        private readonly struct Multinomial(float scale) : IRowLoss
        {
            public double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>
            {
                double total = 0, dot = 0;
                for (int k = 0; k < clicks.Count; k++)
                {
                    total += clicks.Value(k);
                    dot += (double)clicks.Value(k) * logits[clicks.Item(k)];
                }
                (float max, double sum) = RowSoftmax.Exponentials<V>(logits, columns);
                // df = scale * (N * exp(f - max) / sum - x)
                new VectorWidth.Elementwise<Multiply>(new(logits, (float)(scale * total / sum))).Invoke<V>(0, columns);
                for (int k = 0; k < clicks.Count; k++)
                    logits[clicks.Item(k)] -= scale * clicks.Value(k);
                return total == 0 ? 0 : total * (max + Math.Log(sum)) - dot;
            }
        }

        private readonly struct Multiply(float* row, float factor) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(row + i) * V.Broadcast(factor), row + i);
        }
    }
}
