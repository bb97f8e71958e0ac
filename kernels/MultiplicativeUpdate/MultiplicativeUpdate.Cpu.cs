using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class MultiplicativeUpdate
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 16_384;

        /// <inheritdoc cref="Reference.Step"/>
        /// <param name="workers">Threads, over elements.</param>
        public static void Step(Workers workers, ReadOnlySpan<float> rising, ReadOnlySpan<float> falling, float l1,
            float l2, float epsilon, Span<float> w)
        {
            Shape.Dense(nameof(rising), rising.Length, 1, w.Length);
            Shape.Dense(nameof(falling), falling.Length, 1, w.Length);
            fixed (float* pRising = rising, pFalling = falling, pW = w)
                VectorWidth.RunElementwise(workers, w.Length, ElementsPerPart,
                    new StepKernel(pRising, pFalling, l1 + epsilon, l2, pW));
        }

        private readonly struct StepKernel(float* rising, float* falling, float constant, float l2, float* w)
            : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V weight = V.Load(w + i);
                V sum = V.Load(falling + i) + V.Broadcast(constant);
                V denominator = V.FusedMultiplyAdd(V.Broadcast(l2), weight, sum);
                V.Store(weight * (V.Load(rising + i) / denominator), w + i);
            }
        }
    }
}
