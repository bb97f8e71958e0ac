using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gibbs
{
    /// <summary>
    /// Float, vectors where elements do not depend on each other, and threads. A sum over K values is one chain. Same
    /// bits for every vector width and number of threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own, some 5 us of work: compared, and of a softmax or a draw.
        private const int ComparedPerPart = 32_768, ElementsPerPart = 4_096;

        /// <inheritdoc cref="Reference.Bernoulli"/>
        /// <param name="workers">Threads, over units.</param>
        public static void Bernoulli(Workers workers, ReadOnlySpan<float> probabilities, Span<float> units)
        {
            Shape.Dense(nameof(units), units.Length, 1, probabilities.Length);
            fixed (float* p = probabilities, u = units)
                VectorWidth.RunElementwise(workers, units.Length, ComparedPerPart, new Draw(p, u));
        }

        /// <inheritdoc cref="Reference.Softmax"/>
        /// <param name="workers">Threads, over groups.</param>
        public static void Softmax(Workers workers, int values, Span<float> logits)
        {
            int groups = Groups(nameof(logits), logits.Length, values);
            fixed (float* f = logits)
                VectorWidth.Run(workers, groups, ElementsPerPart / values, new SoftmaxGroups(values, f));
        }

        /// <inheritdoc cref="Reference.Categorical"/>
        /// <param name="workers">Threads, over groups.</param>
        public static void Categorical(Workers workers, int values, ReadOnlySpan<float> uniform, Span<float> units)
        {
            Shape.Dense(nameof(uniform), uniform.Length, 1, Groups(nameof(units), units.Length, values));
            fixed (float* u = uniform, p = units)
                workers.RunRanges(uniform.Length, ElementsPerPart / values, new DrawValues(values, u, p));
        }

        /// <inheritdoc cref="Reference.Expectation"/>
        /// <param name="workers">Threads, over groups.</param>
        public static void Expectation(
            Workers workers, ReadOnlySpan<float> ofValues, ReadOnlySpan<float> probabilities, Span<float> means)
        {
            int values = ofValues.Length;
            Shape.Dense(nameof(means), means.Length, 1, Groups(nameof(probabilities), probabilities.Length, values));
            fixed (float* v = ofValues, p = probabilities, m = means)
                workers.RunRanges(means.Length, ElementsPerPart / values, new Means(values, v, p, m));
        }

        private readonly struct Draw(float* probabilities, float* units) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V p = V.Load(probabilities + i);
                V.Store(V.SelectLess(V.Load(units + i), p, V.Broadcast(1), V.Broadcast(0)) + (p - p), units + i);
            }
        }

        private readonly struct SoftmaxGroups(int values, float* logits) : IVectorKernel
        {
            // Groups at a time, which stay in cache from pass to pass.
            private const int Block = 256;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int first = from; first < to; first += Block)
                {
                    int last = Math.Min(first + Block, to);
                    for (int group = first; group < last; group++)
                        SubtractMax(logits + (long)group * values);
                    new VectorWidth.Elementwise<Exponentials>(new(logits + (long)first * values))
                        .Invoke<V>(0, (last - first) * values);
                    for (int group = first; group < last; group++)
                        DivideBySum(logits + (long)group * values);
                }
            }

            private void SubtractMax(float* group)
            {
                float max = group[0];
                for (int k = 1; k < values; k++)
                    max = MathF.Max(max, group[k]);
                for (int k = 0; k < values; k++)
                    group[k] -= max;
            }

            private void DivideBySum(float* group)
            {
                float sum = 0;
                for (int k = 0; k < values; k++)
                    sum += group[k];
                for (int k = 0; k < values; k++)
                    group[k] /= sum;
            }
        }

        private readonly struct Exponentials(float* x) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(SimdMath.ExpOfNonPositive(V.Load(x + i)), x + i);
        }

        private readonly struct DrawValues(int values, float* uniform, float* units) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int group = from; group < to; group++)
                {
                    float* unit = units + (long)group * values;
                    float sum = unit[0];
                    int drawn = 0;
                    while (drawn < values - 1 && !(uniform[group] < sum))
                        sum += unit[++drawn];
                    for (int k = 0; k < values; k++)
                        unit[k] = k == drawn ? 1 : 0;
                }
            }
        }

        private readonly struct Means(int values, float* ofValues, float* probabilities, float* means) : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int group = from; group < to; group++)
                {
                    float mean = 0;
                    for (int k = 0; k < values; k++)
                        mean = MathF.FusedMultiplyAdd(probabilities[(long)group * values + k], ofValues[k], mean);
                    means[group] = mean;
                }
            }
        }
    }
}
