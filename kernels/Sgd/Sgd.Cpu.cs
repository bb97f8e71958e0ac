using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Sgd
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 10 us of memory traffic.
        private const int ElementsPerPart = 16_384;

        /// <inheritdoc cref="Reference.Step"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
        public static void Step(
            Workers workers, ReadOnlySpan<float> gradient, Span<float> weights, Span<float> velocity, in SgdStep step)
        {
            step.Check();
            Shape.Dense(nameof(gradient), gradient.Length, 1, weights.Length);
            Shape.Dense(nameof(velocity), velocity.Length, 1, weights.Length);
            fixed (float* g = gradient, w = weights, v = velocity)
                VectorWidth.RunElementwise(
                    workers, weights.Length, ElementsPerPart, new StepKernel(step, g, w, v));
        }

        private readonly struct StepKernel(in SgdStep step, float* gradient, float* weights, float* velocity)
            : IElementwiseKernel
        {
            private readonly float decay = (float)step.WeightDecay, momentum = (float)step.Momentum;
            private readonly float rate = (float)-step.LearningRate;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V w = V.Load(weights + i);
                V g = V.FusedMultiplyAdd(V.Broadcast(decay), w, V.Load(gradient + i));
                V v = V.FusedMultiplyAdd(V.Broadcast(momentum), V.Load(velocity + i), g);
                V.Store(v, velocity + i);
                V.Store(V.FusedMultiplyAdd(V.Broadcast(rate), v, w), weights + i);
            }
        }
    }
}
