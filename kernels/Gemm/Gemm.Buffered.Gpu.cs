using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        /// <summary>
        /// RegisterTile with two slabs: while one is multiplied, the next is on its way from memory. The products of training, for each transposition.
        /// Grid (ceil(n / 128), ceil(m / 128), splits), block 256. Split z sums over k from z depth … on, depth of them (a multiple of 16), and writes
        /// its own C, the z-th [M, N]; with accumulate it adds to C. A, B and C lie at addresses that are multiples of 16.
        /// </summary>
        public static void None(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Single, Across<Single>, Along<Single>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        public static void A(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Single, Along<Single>, Along<Single>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        public static void B(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Single, Across<Single>, Across<Single>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>Adam's update of w [M, N] by the gradient A^T B, A [K, M], which is used up in registers. Grid (ceil(n / 128), ceil(m / 128)), block 256.</summary>
        public static void Update(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1, ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            Run<Single, Along<Single>, Along<Single>, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        /// <summary>c [count] (+)= the sum of the splits' parts, [splits, count], in their order. A thread an element.</summary>
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

        private static void Run<TFormat, TA, TB, TTarget>(ArrayView<float> a, ArrayView<float> b, TTarget target, int m, int n, int k, int depth)
            where TFormat : struct, IFormat
            where TA : struct, IOperand
            where TB : struct, IOperand
            where TTarget : struct, ITarget
        {
            var shared = SharedMemory.Allocate<Float4>(SharedLength);
            ArrayView<Float4> slabsA = shared.SubView(0, 2 * SlabLength), slabsB = shared.SubView(2 * SlabLength, 2 * SlabLength);
            int row = Grid.IdxY * TileSide, column = Grid.IdxX * TileSide;
            int start = Grid.IdxZ * depth, end = start + depth < k ? start + depth : k, current = 0;
            Tile8x8 sum = default;
            TA.Store(slabsA, TA.Load(a, row, m, start, end, k));
            TB.Store(slabsB, TB.Load(b, column, n, start, end, k));
            Group.Barrier();
            for (; start < end; start += TFormat.Depth)
            {
                Float4 nextA = TA.Load(a, row, m, start + TFormat.Depth, end, k), nextB = TB.Load(b, column, n, start + TFormat.Depth, end, k);
                sum = TFormat.Multiply(sum, slabsA.SubView(current, SlabLength), slabsB.SubView(current, SlabLength));
                current = SlabLength - current;
                TA.Store(slabsA.SubView(current, SlabLength), nextA);
                TB.Store(slabsB.SubView(current, SlabLength), nextB);
                Group.Barrier();
            }
            Store<TFormat, TTarget>(target, sum, shared, row, column, m, n);
        }

        /// <summary>What the slabs hold and how a block multiplies them: words of one element (float, TF32) or two (bfloat16) of a sum's length.</summary>
        private interface IFormat
        {
            /// <summary>Elements of a sum in a slab.</summary>
            static abstract int Depth { get; }

            /// <summary>Float4s of a row of a slab.</summary>
            static abstract int Stride { get; }

            /// <summary>The words of four neighbours of a side, of an operand that lies [length of the sums, side].</summary>
            /// <param name="operand">The operand.</param>
            /// <param name="at">Its element of the first neighbour and the word's first element.</param>
            /// <param name="rowLength">The side's length.</param>
            /// <param name="left">How many neighbours there are.</param>
            /// <param name="rows">How many elements of the sum there are from the word's first on.</param>
            static abstract Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows);

            /// <summary>Four words of one element of a side, of an operand that lies [side, length of the sums].</summary>
            /// <param name="operand">The operand.</param>
            /// <param name="at">The first word's first element.</param>
            /// <param name="rowLength">Length of the sums.</param>
            /// <param name="left">How many elements of the sum there are from it on.</param>
            static abstract Float4 Across(ArrayView<float> operand, long at, int rowLength, int left);

            /// <summary>The sum plus the product of the slabs.</summary>
            static abstract Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB);

            /// <summary>The thread's elements in the order in which they are stored: first rows 0 and 4, then 1 and 5 …</summary>
            static abstract Tile8x8 Arrange(Tile8x8 sum);

            /// <summary>Lays two of them down in the 32 rows of a round.</summary>
            static abstract void Stage(ArrayView<Float4> rows, Row8 upper, Row8 lower);

            /// <summary>Which row of the tile lies in a row of a round.</summary>
            static abstract int RowOf(int staged, int round);
        }

        /// <summary>How an operand lies: loading a thread's Float4 of words of a slab, and laying it down, [words, side].</summary>
        private interface IOperand
        {
            static abstract Float4 Load(ArrayView<float> operand, int first, int side, int start, int end, int length);
            static abstract void Store(ArrayView<Float4> slab, Float4 words);
        }

        /// <summary>[length of the sums, side]: a warp a word, a thread four neighbours.</summary>
        private readonly struct Along<TFormat> : IOperand where TFormat : struct, IFormat
        {
            public static Float4 Load(ArrayView<float> operand, int first, int side, int start, int end, int length)
            {
                int p = start + (Group.IdxX >> 5) * (TFormat.Depth / SlabWords), x = first + 4 * (Group.IdxX & 31);
                return TFormat.Along(operand, (long)p * side + x, side, side - x, end - p);
            }

            public static void Store(ArrayView<Float4> slab, Float4 words) => slab[(Group.IdxX >> 5) * TFormat.Stride + (Group.IdxX & 31)] = words;
        }

        /// <summary>[side, length of the sums]: two threads an element of the side, four words each.</summary>
        private readonly struct Across<TFormat> : IOperand where TFormat : struct, IFormat
        {
            public static Float4 Load(ArrayView<float> operand, int first, int side, int start, int end, int length)
            {
                int x = first + (Group.IdxX >> 1), p = start + (Group.IdxX & 1) * (TFormat.Depth / 2);
                return x < side ? TFormat.Across(operand, (long)x * length + p, length, end - p) : default;
            }

            public static void Store(ArrayView<Float4> slab, Float4 words)
            {
                ArrayView<float> elements = slab.SubView((Group.IdxX & 1) * 4 * TFormat.Stride, 4 * TFormat.Stride).Cast<float>();
                elements = elements.SubView(Group.IdxX >> 1, 1);
                elements[0] = words.X;
                elements[4 * TFormat.Stride] = words.Y;
                elements[8 * TFormat.Stride] = words.Z;
                elements[12 * TFormat.Stride] = words.W;
            }
        }

        /// <summary>What becomes of the elements of C.</summary>
        private interface ITarget
        {
            void Put(long at, float value);

            /// <summary>Four at once, at a multiple of four.</summary>
            void Put(long at, Float4 value);
        }

        /// <summary>C, overwritten or added to.</summary>
        private readonly struct Plain(ArrayView<float> c, long offset, int accumulate) : ITarget
        {
            public void Put(long at, float value) => c[offset + at] = accumulate != 0 ? c[offset + at] + value : value;

            public void Put(long at, Float4 value)
            {
                ArrayView<Float4> fours = c.Cast<Float4>();
                at = (offset + at) >> 2;
                if (accumulate != 0)
                {
                    Float4 old = fours[at];
                    value = new() { X = old.X + value.X, Y = old.Y + value.Y, Z = old.Z + value.Z, W = old.W + value.W };
                }
                fours[at] = value;
            }
        }

        /// <summary>Weights, of which C is the gradient.</summary>
        private readonly struct Updated(ArrayView<float> w, ArrayView<float> m, ArrayView<float> v, AdamConstants step) : ITarget
        {
            public void Put(long at, float value) => step.Update(at, value, w, m, v);
            public void Put(long at, Float4 value) => step.Update(at >> 2, value, w.Cast<Float4>(), m.Cast<Float4>(), v.Cast<Float4>());
        }
    }
}
