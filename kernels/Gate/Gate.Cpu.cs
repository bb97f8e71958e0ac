using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gate
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="y">The same length, overwritten; a or g itself or apart from both.</param>
        public static void Forward(Workers workers, ReadOnlySpan<float> a, ReadOnlySpan<float> g, Span<float> y)
        {
            CheckLengths(a.Length, g.Length, y.Length, y.Length);
            fixed (float* pA = a, pG = g, pY = y)
                VectorWidth.RunElementwise(workers, a.Length, ElementsPerPart, new ForwardKernel(pA, pG, pY));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dA">Gradient of a, the same length, overwritten; dY itself or apart from it.</param>
        /// <param name="dG">Gradient of g, the same length, overwritten; apart from dA.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> a, ReadOnlySpan<float> g,
            ReadOnlySpan<float> dY, Span<float> dA, Span<float> dG)
        {
            CheckLengths(a.Length, g.Length, dY.Length, dA.Length);
            Shape.Dense(nameof(dG), dG.Length, 1, a.Length);
            fixed (float* pA = a, pG = g, pdY = dY, pdA = dA, pdG = dG)
                VectorWidth.RunElementwise(workers, a.Length, ElementsPerPart,
                    new BackwardKernel(pA, pG, pdY, pdA, pdG));
        }

        private readonly struct ForwardKernel(float* a, float* g, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(a + i) * SimdMath.Sigmoid(V.Load(g + i)), y + i);
        }

        private readonly struct BackwardKernel(float* a, float* g, float* dY, float* dA, float* dG) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                V s = SimdMath.Sigmoid(V.Load(g + i)), opened = V.Load(dY + i) * s;
                V.Store(opened * V.Load(a + i) * (V.Broadcast(1) - s), dG + i);
                V.Store(opened, dA + i);
            }
        }
    }
}
