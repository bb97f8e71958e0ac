using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class RProp
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
        public static void Step(Workers workers, ReadOnlySpan<float> gradient, Span<float> weights,
            Span<float> stepSize, Span<float> lastGradient, in RPropStep step)
        {
            step.Check();
            Shape.Dense(nameof(gradient), gradient.Length, 1, weights.Length);
            Shape.Dense(nameof(stepSize), stepSize.Length, 1, weights.Length);
            Shape.Dense(nameof(lastGradient), lastGradient.Length, 1, weights.Length);
            fixed (float* g = gradient, w = weights, s = stepSize, last = lastGradient)
                VectorWidth.RunElementwise(
                    workers, weights.Length, ElementsPerPart, new StepKernel(step, g, w, s, last));
        }

        private readonly struct StepKernel(
            in RPropStep step, float* gradient, float* weights, float* stepSize, float* lastGradient)
            : IElementwiseKernel
        {
            private readonly float decay = (float)step.WeightDecay, initial = (float)step.InitialStep;
            private readonly float increase = (float)step.Increase, decrease = (float)step.Decrease;
            private readonly float least = (float)step.Least, largest = (float)step.Largest;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V zero = V.Broadcast(0), w = V.Load(weights + i), size = V.Load(stepSize + i);
                V g = V.FusedMultiplyAdd(V.Broadcast(decay), w, V.Load(gradient + i));
                V agreement = Sign(g) * Sign(V.Load(lastGradient + i));
                V factor = BySign(agreement, V.Broadcast(increase), V.Broadcast(decrease), V.Broadcast(1));
                size = V.SelectLess(zero, size, size, V.Broadcast(initial)) * factor;
                size = V.SelectLess(size, V.Broadcast(least), V.Broadcast(least), size);
                size = V.SelectLess(V.Broadcast(largest), size, V.Broadcast(largest), size);
                g = V.SelectLess(agreement, zero, zero, g);
                V.Store(size, stepSize + i);
                V.Store(g, lastGradient + i);
                V.Store(w - Sign(g) * size, weights + i);
            }

            // 0 and NaN are their own.
            private static V Sign<V>(V x) where V : unmanaged, ISimd<V> =>
                BySign(x, V.Broadcast(1), V.Broadcast(-1), x);

            private static V BySign<V>(V x, V ifAbove, V ifBelow, V otherwise) where V : unmanaged, ISimd<V> =>
                V.SelectLess(V.Broadcast(0), x, ifAbove, V.SelectLess(x, V.Broadcast(0), ifBelow, otherwise));
        }
    }
}
