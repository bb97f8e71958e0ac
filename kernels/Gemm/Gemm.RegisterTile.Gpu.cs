using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        // A block of 256 threads computes a tile of C of 128 x 128 from slabs of the sums' length, eight words of an element of each side deep.
        private const int TileSide = 128, SlabWords = 8;

        /// <summary>
        /// SharedTile with 8 x 8 elements of C per thread, in registers: an element is read from shared memory once for eight uses, by v4 loads.
        /// Grid (ceil(n / 128), ceil(m / 128)), block 256.
        /// </summary>
        public static void RegisterTile(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            var slabA = SharedMemory.Allocate<Float4>(SlabWords * Single.Stride);
            var slabB = SharedMemory.Allocate<Float4>(SlabWords * Single.Stride);
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
            Single.Store(new Plain(c, 0, 0), sum, row, column, m, n);
        }

        /// <summary>Floats as they are. The 8 warps of a block cover 4 x 2 tiles of 32 x 64, their threads 4 x 8 of 8 x 8: rows 4 y … and 16 + 4 y …,
        /// columns 4 x … and 32 + 4 x …, so that 8 threads read or write 128 consecutive bytes.</summary>
        private readonly struct Single : IFormat
        {
            public static int Depth => SlabWords;

            // One more than the tile has: then the words of a row of A, stored to eight rows of the slab, fall on different banks.
            public static int Stride => TileSide / 4 + 1;

            public static Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows) => rows > 0 ? Load(operand, at, left, rowLength) : default;

            public static Float4 Across(ArrayView<float> operand, long at, int rowLength, int left) => Load(operand, at, left, rowLength);

            public static int Row => (Group.IdxX >> 6) * 32 + ((Group.IdxX & 31) >> 3) * 4;

            public static int Column => ((Group.IdxX >> 5) & 1) * 64 + (Group.IdxX & 7) * 4;

            public static Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB)
            {
                ArrayView<Float4> a = slabA.SubView(Row / 4, SlabWords * Stride), b = slabB.SubView(Column / 4, SlabWords * Stride);
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

            public static void Store<TTarget>(TTarget target, Tile8x8 sum, int row, int column, int m, int n) where TTarget : struct, ITarget
            {
                row += Row;
                column += Column;
                StoreRow(target, sum.R0, row, column, m, n);
                StoreRow(target, sum.R1, row + 1, column, m, n);
                StoreRow(target, sum.R2, row + 2, column, m, n);
                StoreRow(target, sum.R3, row + 3, column, m, n);
                StoreRow(target, sum.R4, row + 16, column, m, n);
                StoreRow(target, sum.R5, row + 17, column, m, n);
                StoreRow(target, sum.R6, row + 18, column, m, n);
                StoreRow(target, sum.R7, row + 19, column, m, n);
            }

            private static void StoreRow<TTarget>(TTarget target, Row8 value, int row, int column, int m, int n) where TTarget : struct, ITarget
            {
                if (row >= m)
                    return;
                StoreFour(target, value.Low, (long)row * n + column, n - column, n);
                StoreFour(target, value.High, (long)row * n + column + 32, n - column - 32, n);
            }
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

        /// <summary>Puts the first <paramref name="left"/> of four neighbours of a row of C; at once where its rows are whole Float4s.</summary>
        private static void StoreFour<TTarget>(TTarget target, Float4 value, long at, int left, int rowLength) where TTarget : struct, ITarget
        {
            if (left <= 0)
                return;
            if ((rowLength & 3) == 0)
            {
                target.Put(at, value);
                return;
            }
            target.Put(at, value.X);
            if (left > 1)
                target.Put(at + 1, value.Y);
            if (left > 2)
                target.Put(at + 2, value.Z);
            if (left > 3)
                target.Put(at + 3, value.W);
        }
    }
}
