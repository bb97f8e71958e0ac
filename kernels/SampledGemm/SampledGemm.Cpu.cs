using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SampledGemm
{
    /// <summary>
    /// Float, vectors and threads; each product is a sum on 16 lanes. Same bits for every vector width and number of
    /// threads.
    /// </summary>
    public static unsafe class Cpu
    {
        // Rows of clicks worth a part of their own: some 10 us of work at 70 clicks each.
        private const int RowsPerPart = 8;

        /// <inheritdoc cref="Reference.Multiply"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Multiply(Workers workers, int columns, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items,
            ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> product)
        {
            int rows = rowStarts.Length - 1;
            Shape.Csr(rows, Shape.Rows(nameof(b), b.Length, columns), rowStarts, items, product.Length);
            Shape.Dense(nameof(a), a.Length, rows, columns);
            fixed (int* starts = rowStarts, clicked = items)
            fixed (float* pA = a, pB = b, pProduct = product)
                VectorWidth.Run(workers, rows, RowsPerPart,
                    new Rows(columns, starts, clicked, pA, pB, pProduct));
        }

        private readonly struct Rows(int columns, int* rowStarts, int* items, float* a, float* b, float* product)
            : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int row = from; row < to; row++)
                    for (int n = rowStarts[row]; n < rowStarts[row + 1]; n++)
                        product[n] = LaneReduction.Sum<V, Products>(columns,
                            new(a + (long)row * columns, b + (long)items[n] * columns));
            }
        }

        private readonly struct Products(float* x, float* y) : ILaneTerm
        {
            public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(x + i) * V.Load(y + i);
        }
    }
}
