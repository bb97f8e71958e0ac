using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        /// <summary>
        /// None, with the elements rounded to TF32 (relative error 2^-11 each) and multiplied by tensor cores, which
        /// add in float.
        /// </summary>
        [Block(TileThreads, TileBlocks)]
        public static void NoneTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Tf32, CopiedAcross, CopiedAlong, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void ATf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Tf32, CopiedAlong, CopiedAlong, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void BTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Tf32, CopiedAcross, CopiedAcross, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>Update, with the gradient computed in TF32.</summary>
        [Block(TileThreads, TileBlocks)]
        public static void UpdateTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1,
            ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            RunTensor<Tf32, CopiedAlong, CopiedAlong, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        /// <summary>
        /// None, with the elements rounded to bfloat16 (relative error 2^-8 each) and multiplied by tensor
        /// cores, which add in float.
        /// </summary>
        [Block(TileThreads, TileBlocks)]
        public static void NoneBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Bf16, CopiedAcross, CopiedAlong, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void ABf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Bf16, CopiedAlong, CopiedAlong, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        [Block(TileThreads, TileBlocks)]
        public static void BBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k,
            int depth, int accumulate) =>
            RunTensor<Bf16, CopiedAcross, CopiedAcross, Plain>(
                a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>Update, with the gradient computed in bfloat16.</summary>
        [Block(TileThreads, TileBlocks)]
        public static void UpdateBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1,
            ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            RunTensor<Bf16, CopiedAlong, CopiedAlong, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        // While one pair of slabs is multiplied, the next two pairs are on their way: three slabs of each operand.
        private const int Stages = 3;

        private static void RunTensor<TFormat, TA, TB, TTarget>(ArrayView<float> a, ArrayView<float> b, TTarget target,
            int m, int n, int k, int depth)
            where TFormat : struct, IFormat
            where TA : struct, ICopied
            where TB : struct, ICopied
            where TTarget : struct, ITarget
        {
            var shared = SharedMemory.Allocate<Float4>(2 * Stages * CopyLength);
            int row = Grid.IdxY * TileSide, column = Grid.IdxX * TileSide;
            int start = Grid.IdxZ * depth, end = IntrinsicMath.Min(start + depth, k);
            long toA = TA.To(shared), toB = TB.To(shared.SubView(Stages * CopyLength));
            long fromA = TA.From(a, row, m, start, k), fromB = TB.From(b, column, n, start, k);
            ArrayView<Float4> slabsA = TA.Fragments(shared, FragmentLanes.WarpRow);
            ArrayView<Float4> slabsB = TB.Fragments(shared.SubView(Stages * CopyLength), FragmentLanes.WarpColumn);
            int read = 0, write = 0;
            for (int ahead = 0; ahead < Stages - 1; ahead++)
            {
                TA.Copy(toA + write, fromA + ahead * TA.Next(m), row, m, start + ahead * CopyDepth, end, k);
                TB.Copy(toB + write, fromB + ahead * TB.Next(n), column, n, start + ahead * CopyDepth, end, k);
                Ptx.CommitCopies();
                write += CopyLength * 16;
            }
            fromA += (Stages - 1) * TA.Next(m);
            fromB += (Stages - 1) * TB.Next(n);
            Tile8x16 sum = default;
            for (; start < end; start += CopyDepth)
            {
                Ptx.WaitForAllCopiesButOne();
                Group.Barrier();
                TA.Copy(toA + write, fromA, row, m, start + (Stages - 1) * CopyDepth, end, k);
                TB.Copy(toB + write, fromB, column, n, start + (Stages - 1) * CopyDepth, end, k);
                Ptx.CommitCopies();
                fromA += TA.Next(m);
                fromB += TB.Next(n);
                write = write == (Stages - 1) * CopyLength * 16 ? 0 : write + CopyLength * 16;
                Ptx.SyncWarp();
                sum = Multiply<TFormat, TA, TB>(sum, slabsA.SubView(read), slabsB.SubView(read));
                read = read == (Stages - 1) * CopyLength ? 0 : read + CopyLength;
            }
            Ptx.WaitForAllCopies();
            Group.Barrier();
            Store<FragmentLanes, TTarget>(target, sum, shared, row, column, m, n);
        }

        /// <summary>
        /// The 4 warps of a block cover 2 x 2 tiles of 64 x 64. With g = lane / 4 and t = lane % 4, a thread has the
        /// rows 4 g … and 32 + 4 g …, and the columns 8 t … and 32 + 8 t ….
        /// </summary>
        private readonly struct FragmentLanes : ILanes
        {
            public static int WarpRow => (Group.IdxX >> 6) * 64;
            public static int WarpColumn => ((Group.IdxX >> 5) & 1) * 64;
            public static int Row => WarpRow + Group4 * 4;
            public static int Column => WarpColumn + Lane4 * 8;
            public static int Column1 => 4;
            public static int Column2 => 32;
            public static int StagedStride => TileSide / 4 + 1;
        }

        /// <summary>
        /// The sum plus the product of a pair of slabs. A product of 16 x 8 takes the tile's rows 4 g + j and
        /// 4 g + j + 1 as its rows g and g + 8, the tile's column 4 g + j as its column g, and the four elements
        /// 4 t … of the sums as those of t: just what a thread has in its Float4s.
        /// </summary>
        private static Tile8x16 Multiply<TFormat, TA, TB>(Tile8x16 sum, ArrayView<Float4> slabA,
            ArrayView<Float4> slabB)
            where TFormat : struct, IFormat
            where TA : struct, ICopied
            where TB : struct, ICopied
        {
            Fragments left = Round<TFormat>(TB.Load(slabB, 0)), right = Round<TFormat>(TB.Load(slabB, 1));
            Fragments a = Round<TFormat>(TA.Load(slabA, 0));
            TwoRows<TFormat>(ref sum.R0, ref sum.R1, a.E0, a.E1, left, right);
            TwoRows<TFormat>(ref sum.R2, ref sum.R3, a.E2, a.E3, left, right);
            a = Round<TFormat>(TA.Load(slabA, 1));
            TwoRows<TFormat>(ref sum.R4, ref sum.R5, a.E0, a.E1, left, right);
            TwoRows<TFormat>(ref sum.R6, ref sum.R7, a.E2, a.E3, left, right);
            return sum;
        }

        private static void TwoRows<TFormat>(ref Row16 upper, ref Row16 lower, Words a0, Words a1, Fragments left,
            Fragments right)
            where TFormat : struct, IFormat
        {
            FourProducts<TFormat>(ref upper.Q0, ref upper.Q1, ref lower.Q0, ref lower.Q1, a0, a1, left);
            FourProducts<TFormat>(ref upper.Q2, ref upper.Q3, ref lower.Q2, ref lower.Q3, a0, a1, right);
        }

        private static void FourProducts<TFormat>(ref Float4 upper0, ref Float4 upper1, ref Float4 lower0,
            ref Float4 lower1, Words a0, Words a1, Fragments b)
            where TFormat : struct, IFormat
        {
            Product<TFormat>(ref upper0.X, ref upper1.X, ref lower0.X, ref lower1.X, a0, a1, b.E0);
            Product<TFormat>(ref upper0.Y, ref upper1.Y, ref lower0.Y, ref lower1.Y, a0, a1, b.E1);
            Product<TFormat>(ref upper0.Z, ref upper1.Z, ref lower0.Z, ref lower1.Z, a0, a1, b.E2);
            Product<TFormat>(ref upper0.W, ref upper1.W, ref lower0.W, ref lower1.W, a0, a1, b.E3);
        }

        private static void Product<TFormat>(ref float upper0, ref float upper1, ref float lower0, ref float lower1,
            Words a0, Words a1, Words b)
            where TFormat : struct, IFormat
        {
            Float4 c = TFormat.Multiply(new() { X = upper0, Y = upper1, Z = lower0, W = lower1 }, a0, a1, b);
            upper0 = c.X;
            upper1 = c.Y;
            lower0 = c.Z;
            lower1 = c.W;
        }

        /// <summary>The format of the numbers that tensor cores multiply.</summary>
        private interface IFormat
        {
            /// <summary>Four elements of the sums, rounded.</summary>
            static abstract Words Round(Float4 elements);

            /// <summary>
            /// c plus a product by the whole warp: of the two rows of A and the column of B of which the thread holds
            /// these elements.
            /// </summary>
            static abstract Float4 Multiply(Float4 c, Words a0, Words a1, Words b);
        }

        /// <summary>Four elements of the sums, one per word (TF32) or two (bfloat16).</summary>
        private struct Words
        {
            public uint X, Y, Z, W;
        }

        private readonly struct Tf32 : IFormat
        {
            public static Words Round(Float4 elements) =>
                new() { X = Round(elements.X), Y = Round(elements.Y), Z = Round(elements.Z), W = Round(elements.W) };

            // Tensor cores read the upper 19 bits only. Adding half of the last of these rounds to nearest, ties away
            // from zero. Where the sum would carry into the sign, as for the NaN that GPUs produce, the element stays
            // as it is. Sum and maximum are one instruction on newer GPUs.
            private static uint Round(float element)
            {
                int bits = (int)Interop.FloatAsInt(element);
                return (uint)IntrinsicMath.Max(bits + 0x1000, bits);
            }

            public static Float4 Multiply(Float4 c, Words a0, Words a1, Words b)
            {
                c = Ptx.MmaTf32(a0.X, a1.X, a0.Y, a1.Y, b.X, b.Y, c.X, c.Y, c.Z, c.W);
                return Ptx.MmaTf32(a0.Z, a1.Z, a0.W, a1.W, b.Z, b.W, c.X, c.Y, c.Z, c.W);
            }
        }

        private readonly struct Bf16 : IFormat
        {
            public static Words Round(Float4 elements) =>
                new() { X = Ptx.Bf16(elements.X, elements.Y), Y = Ptx.Bf16(elements.Z, elements.W) };

            public static Float4 Multiply(Float4 c, Words a0, Words a1, Words b) =>
                Ptx.MmaBf16(a0.X, a1.X, a0.Y, a1.Y, b.X, b.Y, c.X, c.Y, c.Z, c.W);
        }

        /// <summary>Four neighbours of a side, each with four elements of the sums.</summary>
        private struct Four
        {
            public Float4 E0, E1, E2, E3;
        }

        /// <summary>The same, rounded.</summary>
        private struct Fragments
        {
            public Words E0, E1, E2, E3;
        }

        private static Fragments Round<TFormat>(Four four) where TFormat : struct, IFormat =>
            new()
            {
                E0 = TFormat.Round(four.E0),
                E1 = TFormat.Round(four.E1),
                E2 = TFormat.Round(four.E2),
                E3 = TFormat.Round(four.E3),
            };
    }
}
