using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        // A block of 128 threads computes a 128 x 128 tile of C from slabs of A and B that are eight elements of the
        // sums deep, [SlabDepth, TileSide].
        private const int TileSide = GemmLaunch.TileSide, SlabDepth = GemmLaunch.SlabDepth;
        private const int TileThreads = GemmLaunch.TileThreads, TileBlocks = GemmLaunch.TileBlocks;

        // Float4s for the rows of C that are stored together; the two slabs of each operand take fewer.
        private const int SharedLength = StagedRows * MostStagedStride;

        /// <summary>
        /// SharedTile with 8 x 16 elements of C per thread, in registers: of what its v4 loads read from shared memory,
        /// A is used sixteen times and B eight times. Grid (ceil(n / 128), ceil(m / 128)), block 128.
        /// </summary>
        [Block(TileThreads, TileBlocks)]
        public static void RegisterTile(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            var shared = SharedMemory.Allocate<Float4>(SharedLength);
            int row = Grid.IdxY * TileSide, column = Grid.IdxX * TileSide;
            Tile8x16 sum = default;
            for (int start = 0; start < k; start += SlabDepth)
            {
                Across.Store(shared, Across.Place, Across.Load(a, row, m, start, k, k));
                Along.Store(shared.SubView(SlabLength), Along.Place, Along.Load(b, column, n, start, k, k));
                Group.Barrier();
                sum = Multiply(sum, shared.SubView(Quads.Row / 4), shared.SubView(SlabLength + Quads.Column / 4));
                Group.Barrier();
            }
            Store<Quads, Plain>(new Plain(c, 0, 0), sum, shared, row, column, m, n);
        }

        /// <summary>
        /// The 4 warps of a block cover 2 x 2 tiles of 64 x 64; the threads of a warp cover 8 x 4 of 8 x 16, in
        /// squares of 4 x 4. Neighbouring threads, and those two apart, share an operand's Float4, so that shared
        /// memory can serve half a warp at once.
        /// </summary>
        private readonly struct Quads : ILanes
        {
            public static int Row => (Group.IdxX >> 6) * 64 + (((Group.IdxX & 24) >> 2) + (Group.IdxX & 1)) * 4;
            public static int Column => ((Group.IdxX >> 5) & 1) * 64 + ((Group.IdxX & 6) >> 1) * 4;
            public static int Column1 => 16;
            public static int Column2 => 32;
            public static int StagedStride => TileSide / 4 + 4;
        }

        /// <summary>The sum plus the product of the slabs, which begin where the thread's elements do.</summary>
        private static Tile8x16 Multiply(Tile8x16 sum, ArrayView<Float4> a, ArrayView<Float4> b)
        {
            sum = Multiply(sum, a, b, 0);
            sum = Multiply(sum, a, b, SlabStride);
            sum = Multiply(sum, a, b, 2 * SlabStride);
            sum = Multiply(sum, a, b, 3 * SlabStride);
            sum = Multiply(sum, a, b, 4 * SlabStride);
            sum = Multiply(sum, a, b, 5 * SlabStride);
            sum = Multiply(sum, a, b, 6 * SlabStride);
            return Multiply(sum, a, b, 7 * SlabStride);
        }

        private static Tile8x16 Multiply(Tile8x16 sum, ArrayView<Float4> a, ArrayView<Float4> b, int at) =>
            sum.Fma(a[at], a[at + 8], new Row16 { Q0 = b[at], Q1 = b[at + 4], Q2 = b[at + 8], Q3 = b[at + 12] });
    }
}
