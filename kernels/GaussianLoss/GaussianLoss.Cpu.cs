using System.Buffers;
using System.Runtime.CompilerServices;
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
            ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float c1, float c0, Activation output, float scale,
            Span<float> loss)
        {
            switch (output)
            {
                case Activation.Identity:
                    RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss,
                        new Gaussian<IdentityUnit>(c1, c0, scale));
                    break;
                case Activation.Tanh:
                    RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss,
                        new Gaussian<TanhUnit>(c1, c0, scale));
                    break;
                case Activation.Sigmoid:
                    RowLoss.Run(workers, rows, columns, logits, rowStarts, items, counts, loss,
                        new Gaussian<SigmoidUnit>(c1, c0, scale));
                    break;
                default: throw UnknownOutput(output);
            }
        }

        private readonly struct Gaussian<TUnit>(float c1, float c0, float scale) : IRowLoss
            where TUnit : struct, IUnit
        {
            public double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>
            {
                if (typeof(TUnit) != typeof(IdentityUnit))
                    new VectorWidth.Elementwise<Outputs<TUnit>>(new(logits)).Invoke<V>(0, columns);
                // The clicks' outputs are set aside, and count as 0, while the rest of the row is done.
                float[] aside = ArrayPool<float>.Shared.Rent(clicks.Count);
                for (int k = 0; k < clicks.Count; k++)
                    (aside[k], logits[clicks.Item(k)]) = (logits[clicks.Item(k)], 0);
                double loss = c0 / 2.0 * RowLoss.Sum<V, Absent<TUnit>>(columns, new(logits, scale * c0));
                for (int k = 0; k < clicks.Count; k++)
                {
                    float c = clicks.Value(k) > 0 ? c1 : c0, difference = aside[k] - clicks.Value(k);
                    logits[clicks.Item(k)] = scale * c * difference * TUnit.Slope(Simd1.Broadcast(aside[k])).Value;
                    loss += c / 2.0 * difference * difference;
                }
                ArrayPool<float>.Shared.Return(aside);
                return loss;
            }
        }

        /// <summary>f is replaced by o = a(f).</summary>
        private readonly struct Outputs<TUnit>(float* row) : IElementwiseKernel where TUnit : struct, IUnit
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> => V.Store(TUnit.Value(V.Load(row + i)), row + i);
        }

        /// <summary>
        /// o^2; o is replaced by factor * o * a'. The loss, but for c0 / 2, and its gradient where x = 0.
        /// </summary>
        private readonly struct Absent<TUnit>(float* row, float factor) : ILaneTerm where TUnit : struct, IUnit
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V o = V.Load(row + i);
                V.Store(V.Broadcast(factor) * o * TUnit.Slope(o), row + i);
                return o * o;
            }
        }
    }
}
