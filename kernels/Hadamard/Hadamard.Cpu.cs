using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Hadamard
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="y">The same length, overwritten; a or b itself or apart from both.</param>
        public static void Forward(Workers workers, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
        {
            CheckLengths(a.Length, b.Length, y.Length, y.Length);
            fixed (float* pA = a, pB = b, pY = y)
                VectorWidth.RunElementwise(workers, a.Length, ElementsPerPart, new ForwardKernel(pA, pB, pY));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dA">Gradient of a, the same length, overwritten; dY itself or apart from it.</param>
        /// <param name="dB">Gradient of b, the same length, overwritten; apart from dA.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> a, ReadOnlySpan<float> b,
            ReadOnlySpan<float> dY, Span<float> dA, Span<float> dB)
        {
            CheckLengths(a.Length, b.Length, dY.Length, dA.Length);
            Shape.Dense(nameof(dB), dB.Length, 1, a.Length);
            fixed (float* pA = a, pB = b, pdY = dY, pdA = dA, pdB = dB)
                VectorWidth.RunElementwise(workers, a.Length, ElementsPerPart,
                    new BackwardKernel(pA, pB, pdY, pdA, pdB));
        }

        private readonly struct ForwardKernel(float* a, float* b, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(a + i) * V.Load(b + i), y + i);
        }

        private readonly struct BackwardKernel(float* a, float* b, float* dY, float* dA, float* dB) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V gradient = V.Load(dY + i);
                V.Store(gradient * V.Load(a + i), dB + i);
                V.Store(gradient * V.Load(b + i), dA + i);
            }
        }
    }
}
