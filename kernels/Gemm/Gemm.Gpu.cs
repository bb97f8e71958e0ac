using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    /// <summary>
    /// C [M, N] = A [M, K] B [K, N], as a ladder: each rung adds one idea. In every rung an element of C is one chain
    /// of fused multiply-adds over ascending k, so all give the same bits, which are the CPU's.
    /// </summary>
    public static partial class Gpu
    {
        /// <summary>
        /// One thread per element of C, with neighbouring threads on neighbouring rows: a warp reads 32 rows of A at a
        /// time. Block (16, 16), X over rows.
        /// </summary>
        public static void Naive(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            int row = Grid.GlobalIndex.X, column = Grid.GlobalIndex.Y;
            if (row >= m || column >= n)
                return;
            float sum = 0;
            for (int p = 0; p < k; p++)
                sum = Ptx.Fma(a[(long)row * k + p], b[(long)p * n + column], sum);
            c[(long)row * n + column] = sum;
        }

        /// <summary>
        /// Naive with X over columns: a warp reads neighbouring elements of B and writes neighbouring ones of C.
        /// Block (32, 8).
        /// </summary>
        public static void Coalesced(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            int column = Grid.GlobalIndex.X, row = Grid.GlobalIndex.Y;
            if (row >= m || column >= n)
                return;
            float sum = 0;
            for (int p = 0; p < k; p++)
                sum = Ptx.Fma(a[(long)row * k + p], b[(long)p * n + column], sum);
            c[(long)row * n + column] = sum;
        }

        // Side of the tiles of SharedTile.
        private const int Side = GemmLaunch.SharedSide;

        /// <summary>
        /// Tiles of A and B, 32 x 32, are read once into shared memory and used 32 times.
        /// Block (32, 32), X over columns.
        /// </summary>
        [Block(Side * Side)]
        public static void SharedTile(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k)
        {
            var tileA = SharedMemory.Allocate<float>(Side * Side);
            var tileB = SharedMemory.Allocate<float>(Side * Side);
            int x = Group.IdxX, y = Group.IdxY;
            int column = Grid.IdxX * Side + x, row = Grid.IdxY * Side + y;
            float sum = 0;
            for (int start = 0; start < k; start += Side)
            {
                tileA[y * Side + x] = row < m && start + x < k ? a[(long)row * k + start + x] : 0;
                tileB[y * Side + x] = start + y < k && column < n ? b[(long)(start + y) * n + column] : 0;
                Group.Barrier();
                for (int p = 0; p < Side; p++)
                    sum = Ptx.Fma(tileA[y * Side + p], tileB[p * Side + x], sum);
                Group.Barrier();
            }
            if (row < m && column < n)
                c[(long)row * n + column] = sum;
        }
    }
}
