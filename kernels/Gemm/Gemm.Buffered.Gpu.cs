using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        /// <summary>
        /// RegisterTile with two slabs: while one is multiplied, the next is on its way from memory. These are the
        /// products of training, for each transposition. Grid (ceil(n / 128), ceil(m / 128), splits), block 128.
        /// Split z sums over k from z * depth on, depth of them (a multiple of 16), and writes its own C, the z-th
        /// [M, N]; with accumulate it adds to C. The addresses of A, B and C are multiples of 16.
        /// </summary>
        [Block(TileThreads, TileBlocks)]
        public static void None(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            Run<Across, Along, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void A(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth,
            int accumulate) =>
            Run<Along, Along, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void B(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth,
            int accumulate) =>
            Run<Across, Across, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>
        /// Adam's update of w [M, N] by the gradient A^T B, A [K, M], which is never written to global memory.
        /// Grid (ceil(n / 128), ceil(m / 128)), block 128.
        /// </summary>
        [Block(TileThreads, TileBlocks)]
        public static void Update(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1,
            ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            Run<Along, Along, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        /// <summary>
        /// c [count] (+)= the sum of the splits' parts, [splits, count], in their order. One thread per element.
        /// </summary>
        public static void AddSplits(ArrayView<float> parts, ArrayView<float> c, long count, int splits, int accumulate)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float sum = accumulate != 0 ? c[i] : 0;
            for (int split = 0; split < splits; split++)
                sum += parts[split * count + i];
            c[i] = sum;
        }

        private static void Run<TA, TB, TTarget>(ArrayView<float> a, ArrayView<float> b, TTarget target, int m, int n,
            int k, int depth)
            where TA : struct, IOperand
            where TB : struct, IOperand
            where TTarget : struct, ITarget
        {
            var shared = SharedMemory.Allocate<Float4>(SharedLength);
            int row = Grid.IdxY * TileSide, column = Grid.IdxX * TileSide;
            int start = Grid.IdxZ * depth, end = IntrinsicMath.Min(start + depth, k);
            // Slabs that end by here are whole, and made of whole Float4s: they are loaded without checks for the ends.
            int whole = ((TA.RowLength(m, k) | TB.RowLength(n, k)) & 3) == 0 ? end : 0;
            ArrayView<Float4> fromA = TA.First(a, row, m, start + SlabDepth, k);
            ArrayView<Float4> fromB = TB.First(b, column, n, start + SlabDepth, k);
            int secondA = TA.Second(row, m, k), secondB = TB.Second(column, n, k);
            int placeA = TA.Place, placeB = TB.Place;
            // Where the thread's elements begin in the slab that is read, how far it is from there to the other
            // slab, and which one is written.
            int readA = Quads.Row / 4, readB = 2 * SlabLength + Quads.Column / 4, other = SlabLength, write = 0;
            TA.Store(shared, placeA, TA.Load(a, row, m, start, end, k));
            TB.Store(shared.SubView(2 * SlabLength), placeB, TB.Load(b, column, n, start, end, k));
            Group.Barrier();
            Tile8x16 sum = default;
            for (; start < end; start += SlabDepth)
            {
                Part nextA, nextB;
                if (start + 2 * SlabDepth <= whole)
                {
                    nextA = new() { First = fromA[0], Second = fromA[secondA] };
                    nextB = new() { First = fromB[0], Second = fromB[secondB] };
                    fromA = fromA.SubView(TA.Next(m));
                    fromB = fromB.SubView(TB.Next(n));
                }
                else
                {
                    nextA = TA.Load(a, row, m, start + SlabDepth, end, k);
                    nextB = TB.Load(b, column, n, start + SlabDepth, end, k);
                }
                sum = Multiply(sum, shared.SubView(readA), shared.SubView(readB));
                readA += other;
                readB += other;
                other = -other;
                write = SlabLength - write;
                TA.Store(shared.SubView(write), placeA, nextA);
                TB.Store(shared.SubView(2 * SlabLength + write), placeB, nextB);
                Group.Barrier();
            }
            Store<Quads, TTarget>(target, sum, shared, row, column, m, n);
        }
    }
}
