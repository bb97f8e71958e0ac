using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Adam
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe partial class Cpu
    {
        // Elements worth a part of their own: some 10 us of memory traffic.
        private const int ElementsPerPart = 16_384;
        // Floats prefetched in a long run: a page, because the CPU's own prefetching stops at the end of a page.
        internal const int Ahead = 1024;

        /// <inheritdoc cref="Reference.Step"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="weights">The same length, updated. All four are apart.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
        public static void Step(Workers workers, ReadOnlySpan<float> gradient, Span<float> weights, Span<float> m,
            Span<float> v, in AdamStep step)
        {
            step.Check();
            Shape.Dense(nameof(gradient), gradient.Length, 1, weights.Length);
            Shape.Dense(nameof(m), m.Length, 1, weights.Length);
            Shape.Dense(nameof(v), v.Length, 1, weights.Length);
            fixed (float* pGradient = gradient, pWeights = weights, pM = m, pV = v)
                VectorWidth.RunElementwise(workers, weights.Length, ElementsPerPart,
                    new StepKernel(new(step), pGradient, pWeights, pM, pV, Ahead));
        }

        /// <summary>
        /// The same on this thread, for kernels that consume a gradient while it is in cache. It prefetches
        /// <c>ahead</c> floats: <see cref="Ahead"/> where the step continues there, 0 where it does not.
        /// </summary>
        internal static void Step<V>(int count, float* gradient, float* weights, float* m, float* v, in Constants step,
            int ahead) where V : unmanaged, ISimd<V> =>
            new VectorWidth.Elementwise<StepKernel>(new(step, gradient, weights, m, v, ahead)).Invoke<V>(0, count);

        /// <summary>A step's settings, each computed in double and rounded.</summary>
        internal readonly struct Constants(in AdamStep step)
        {
            private readonly float scale = (float)step.GradientScale, decay = (float)step.WeightDecay,
                epsilon = (float)step.Epsilon;
            private readonly float beta1 = (float)step.Beta1, rest1 = (float)(1 - step.Beta1);
            private readonly float beta2 = (float)step.Beta2, rest2 = (float)(1 - step.Beta2);
            private readonly float rate = (float)(-step.LearningRate * step.Correction1),
                correction2 = (float)step.Correction2;

            /// <summary>The step of V.Count elements.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Update<V>(V gradient, ref V w, ref V m, ref V v) where V : unmanaged, ISimd<V>
            {
                V g = V.FusedMultiplyAdd(V.Broadcast(decay), w, V.Broadcast(scale) * gradient);
                m = V.FusedMultiplyAdd(V.Broadcast(beta1), m, V.Broadcast(rest1) * g);
                v = V.FusedMultiplyAdd(V.Broadcast(beta2), v, V.Broadcast(rest2) * g * g);
                w += V.Broadcast(rate) * m / (V.Sqrt(v * V.Broadcast(correction2)) + V.Broadcast(epsilon));
            }
        }

        private readonly struct StepKernel(in Constants step, float* gradient, float* weights, float* m, float* v,
            int ahead) : IElementwiseKernel
        {
            private readonly Constants step = step;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                Memory.Prefetch(weights + i + ahead, 1);
                Memory.Prefetch(m + i + ahead, 1);
                Memory.Prefetch(v + i + ahead, 1);
                V w = V.Load(weights + i), first = V.Load(m + i), second = V.Load(v + i);
                step.Update(V.Load(gradient + i), ref w, ref first, ref second);
                V.Store(first, m + i);
                V.Store(second, v + i);
                V.Store(w, weights + i);
            }
        }
    }
}
