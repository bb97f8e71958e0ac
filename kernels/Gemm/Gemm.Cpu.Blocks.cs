using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// How a product is cut to fit the caches. A slab of the sums: a panel of B of that depth, as wide as a tile,
        /// takes up to five eighths of the first-level cache, so that it stays there while the rows of A go by; sums of
        /// up to twice that many terms are not cut, since C then passes by only once. A strip of A's rows, of that
        /// depth, takes a quarter of the second-level cache, where it stays while B's panels go by. A chunk of B's
        /// columns takes 1 MB of the third level. A is packed too, in panels as high as a tile: in place, six of its
        /// elements are on six cache lines. With 512 bits, a tile has twelve rows for two vectors of B, which makes up
        /// for both: there A is read in place, and slabs are so deep that C passes by once.
        /// </summary>
        /// <param name="Slab">Most terms of the sums at a time.</param>
        /// <param name="Strip">Most rows of A at a time.</param>
        /// <param name="Chunk">Most columns of B at a time.</param>
        /// <param name="PacksA">Whether A is packed.</param>
        private readonly record struct Blocks(int Slab, int Strip, int Chunk, bool PacksA)
        {
            // What a chunk of B may take.
            private const int ThirdLevel = 1 << 20;

            /// <summary>For a product whose sums have some terms.</summary>
            /// <param name="terms">K.</param>
            /// <param name="smallA">Whether A stays in cache from chunk to chunk.</param>
            public static Blocks Of<V>(int terms, bool smallA) where V : unmanaged, ISimd<V>
            {
                if (V.Count == 16)
                    return new(Even(terms, 640), 120, smallA ? 160 : 640, false);
                int deepest = CacheSizes.First * 5 / 8 / (Tile<V>.Columns * sizeof(float)),
                    slab = terms <= 2 * deepest ? terms : Even(terms, deepest);
                return new(slab, Multiple(CacheSizes.Second / 4 / (slab * sizeof(float)), Tile<V>.Rows),
                    Multiple(ThirdLevel / (slab * sizeof(float)), Tile<V>.Columns), true);
            }

            private static int Even(int length, int most) => Parts(length, Parts(length, Math.Max(most, 1)));

            private static int Multiple(int most, int of) => Math.Max(most / of, 1) * of;
        }
    }
}
