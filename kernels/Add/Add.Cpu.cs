using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Add
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 32_768;

        /// <summary>y += x.</summary>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="x">Any length.</param>
        /// <param name="y">The same length, changed in place; x itself or apart from it.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public static void Forward(Workers workers, ReadOnlySpan<float> x, Span<float> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (float* pX = x, pY = y)
                VectorWidth.RunElementwise(workers, x.Length, ElementsPerPart, new ForwardKernel(pX, pY));
        }

        /// <summary>The same on this thread.</summary>
        internal static void Forward<V>(int count, float* x, float* y) where V : unmanaged, ISimd<V> =>
            new VectorWidth.Elementwise<ForwardKernel>(new(x, y)).Invoke<V>(0, count);

        private readonly struct ForwardKernel(float* x, float* y) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> => V.Store(V.Load(y + i) + V.Load(x + i), y + i);
        }
    }
}
