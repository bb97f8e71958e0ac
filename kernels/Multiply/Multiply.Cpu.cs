using System.Numerics.Tensors;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Multiply
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements of a part: some 5 us of work. From 65,536 on, TensorPrimitives writes past the caches, which takes
        // three times as long where y lies in them.
        private const int ElementsPerPart = 32_768;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="x">Any length.</param>
        /// <param name="y">The same length, changed in place; x itself or apart from it.</param>
        public static void Forward(Workers workers, ReadOnlySpan<float> x, Span<float> y)
        {
            Shape.Dense(nameof(y), y.Length, 1, x.Length);
            fixed (float* pX = x, pY = y)
                workers.Run((x.Length - 1) / ElementsPerPart + 1, new Parts(x.Length, pX, pY));
        }

        /// <summary>The same on this thread.</summary>
        internal static void Forward(int count, float* x, float* y) =>
            TensorPrimitives.Multiply(new(y, count), new ReadOnlySpan<float>(x, count), new Span<float>(y, count));

        private readonly struct Parts(int length, float* x, float* y) : IPartKernel
        {
            public void Invoke(int part)
            {
                int from = part * ElementsPerPart;
                Forward(Math.Min(ElementsPerPart, length - from), x + from, y + from);
            }
        }
    }
}
