using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        // A block of 256 threads computes a tile of C of 128 x 128 from slabs of the sums' length, eight words of an element of each side deep.
        private const int TileSide = 128, SlabWords = 8;

        // Float4s of a row of a slab at most, and of one of the 32 rows of C that are stored together; of a slab; and of the two slabs of each side, as
        // many as of those rows.
        private const int MostStride = TileSide / 4 + 2, SlabLength = SlabWords * MostStride, SharedLength = 4 * SlabLength;

        /// <summary>
        /// SharedTile with 8 x 8 elements of C per thread, in registers: an element is read from shared memory once for eight uses, by v4 loads.
        /// Grid (ceil(n / 128), ceil(m / 128)), block 256.
        /// </summary>
        public static void RegisterTile(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            var shared = SharedMemory.Allocate<Float4>(SharedLength);
            ArrayView<Float4> slabA = shared.SubView(0, SlabLength), slabB = shared.SubView(SlabLength, SlabLength);
            int row = Grid.IdxY * TileSide, column = Grid.IdxX * TileSide;
            Tile8x8 sum = default;
            for (int start = 0; start < k; start += Single.Depth)
            {
                Across<Single>.Store(slabA, Across<Single>.Load(a, row, m, start, k, k));
                Along<Single>.Store(slabB, Along<Single>.Load(b, column, n, start, k, k));
                Group.Barrier();
                sum = Single.Multiply(sum, slabA, slabB);
                Group.Barrier();
            }
            Store<Single, Plain>(new Plain(c, 0, 0), sum, shared, row, column, m, n);
        }

        /// <summary>Floats as they are. The 8 warps of a block cover 4 x 2 tiles of 32 x 64, their threads 4 x 8 of 8 x 8: rows 4 y … and 16 + 4 y …,
        /// columns 4 x … and 32 + 4 x …, so that 8 threads read or write 128 consecutive bytes.</summary>
        private readonly struct Single : IFormat
        {
            public static int Depth => SlabWords;

            // One more than the tile has: then the words of a row of an operand, which Across stores to eight rows of the slab, fall on different banks.
            public static int Stride => TileSide / 4 + 1;

            public static Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows) => rows > 0 ? Load(operand, at, left, rowLength) : default;

            public static Float4 Across(ArrayView<float> operand, long at, int rowLength, int left) => Load(operand, at, left, rowLength);

            public static int Row => (Group.IdxX >> 6) * 32 + ((Group.IdxX & 31) >> 3) * 4;

            public static int Column => ((Group.IdxX >> 5) & 1) * 64 + (Group.IdxX & 7) * 4;

            public static Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB)
            {
                ArrayView<Float4> a = slabA.SubView(Row / 4, SlabLength), b = slabB.SubView(Column / 4, SlabLength);
                sum = sum.Fma(Eight(a, 0, 4), Eight(b, 0, 8));
                sum = sum.Fma(Eight(a, Stride, 4), Eight(b, Stride, 8));
                sum = sum.Fma(Eight(a, 2 * Stride, 4), Eight(b, 2 * Stride, 8));
                sum = sum.Fma(Eight(a, 3 * Stride, 4), Eight(b, 3 * Stride, 8));
                sum = sum.Fma(Eight(a, 4 * Stride, 4), Eight(b, 4 * Stride, 8));
                sum = sum.Fma(Eight(a, 5 * Stride, 4), Eight(b, 5 * Stride, 8));
                sum = sum.Fma(Eight(a, 6 * Stride, 4), Eight(b, 6 * Stride, 8));
                return sum.Fma(Eight(a, 7 * Stride, 4), Eight(b, 7 * Stride, 8));
            }

            private static Row8 Eight(ArrayView<Float4> slab, int at, int further) => new() { Low = slab[at], High = slab[at + further] };

            public static Tile8x8 Arrange(Tile8x8 sum) => sum;

            // Rows 16 i + 4 j + round of the tile are rows 4 i + j.
            public static void Stage(ArrayView<Float4> rows, Row8 upper, Row8 lower)
            {
                int at = ((Row >> 4) * 4 + ((Row & 15) >> 2)) * MostStride + Column / 4;
                rows[at] = upper.Low;
                rows[at + 8] = upper.High;
                rows[at + 4 * MostStride] = lower.Low;
                rows[at + 4 * MostStride + 8] = lower.High;
            }

            public static int RowOf(int staged, int round) => (staged >> 2) * 16 + (staged & 3) * 4 + round;
        }

        /// <summary>Four elements from at on, the first <paramref name="left"/> of them, else 0; at once where the rows are whole Float4s.</summary>
        private static Float4 Load(ArrayView<float> operand, long at, int left, int rowLength)
        {
            Float4 value = default;
            if (left <= 0)
                return value;
            if ((rowLength & 3) == 0)
                return operand.Cast<Float4>()[at >> 2];
            value.X = operand[at];
            if (left > 1)
                value.Y = operand[at + 1];
            if (left > 2)
                value.Z = operand[at + 2];
            if (left > 3)
                value.W = operand[at + 3];
            return value;
        }

        /// <summary>
        /// Puts the block's tile of C where it belongs, 32 rows at a time: they meet in shared memory, whence a warp takes a row of 512 bytes.
        /// </summary>
        private static void Store<TFormat, TTarget>(TTarget target, Tile8x8 sum, ArrayView<Float4> shared, int row, int column, int m, int n)
            where TFormat : struct, IFormat
            where TTarget : struct, ITarget
        {
            sum = TFormat.Arrange(sum);
            StoreRows<TFormat, TTarget>(target, sum.R0, sum.R4, shared, 0, row, column, m, n);
            StoreRows<TFormat, TTarget>(target, sum.R1, sum.R5, shared, 1, row, column, m, n);
            StoreRows<TFormat, TTarget>(target, sum.R2, sum.R6, shared, 2, row, column, m, n);
            StoreRows<TFormat, TTarget>(target, sum.R3, sum.R7, shared, 3, row, column, m, n);
        }

        private static void StoreRows<TFormat, TTarget>(TTarget target, Row8 upper, Row8 lower, ArrayView<Float4> shared, int round, int row, int column, int m, int n)
            where TFormat : struct, IFormat
            where TTarget : struct, ITarget
        {
            TFormat.Stage(shared, upper, lower);
            Group.Barrier();
            for (int staged = Group.IdxX >> 5; staged < 32; staged += 8)
            {
                int four = Group.IdxX & 31, r = row + TFormat.RowOf(staged, round), left = n - column - 4 * four;
                long at = (long)r * n + column + 4 * four;
                if (r < m && left > 0)
                {
                    if ((n & 3) == 0)
                        target.Put(at, shared[staged * MostStride + four]);
                    else
                        for (int i = 0; i < left && i < 4; i++)
                            target.Put(at + i, shared.Cast<float>()[(staged * MostStride + four) * 4 + i]);
                }
            }
            Group.Barrier();
        }
    }
}
