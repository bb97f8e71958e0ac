using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
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
                    value = new()
                    {
                        X = old.X + value.X,
                        Y = old.Y + value.Y,
                        Z = old.Z + value.Z,
                        W = old.W + value.W,
                    };
                }
                fours[at] = value;
            }
        }

        /// <summary>Weights whose gradient is C.</summary>
        private readonly struct Updated(ArrayView<float> w, ArrayView<float> m, ArrayView<float> v,
            AdamConstants step) : ITarget
        {
            public void Put(long at, float value) => step.Update(at, value, w, m, v);
            public void Put(long at, Float4 value) =>
                step.Update(at >> 2, value, w.Cast<Float4>(), m.Cast<Float4>(), v.Cast<Float4>());
        }

        /// <summary>
        /// Where a thread's 8 x 16 elements lie in the block's tile: four rows from Row on and four from Row + 32 on;
        /// four columns from Column on, and so on.
        /// </summary>
        private interface ILanes
        {
            static abstract int Row { get; }
            static abstract int Column { get; }

            /// <summary>
            /// How far the second four columns lie from the first; the fourth lie as far from the third.
            /// </summary>
            static abstract int Column1 { get; }

            /// <summary>How far the third lie from the first.</summary>
            static abstract int Column2 { get; }

            /// <summary>
            /// Float4s from one staged row to the next, so that the eight threads that store at once fall on different
            /// banks.
            /// </summary>
            static abstract int StagedStride { get; }
        }

        // The number of staged rows, and the most Float4s from one to the next.
        private const int StagedRows = TileSide / 4, MostStagedStride = TileSide / 4 + 4;

        /// <summary>
        /// Puts the block's tile of C where it belongs, every fourth row at a time: the rows meet in shared memory,
        /// from which a warp takes one row of 512 bytes.
        /// </summary>
        private static void Store<TLanes, TTarget>(TTarget target, Tile8x16 sum, ArrayView<Float4> shared, int row,
            int column, int m, int n)
            where TLanes : struct, ILanes
            where TTarget : struct, ITarget
        {
            StoreRows<TLanes, TTarget>(target, sum.R0, sum.R4, shared, row, column, m, n);
            StoreRows<TLanes, TTarget>(target, sum.R1, sum.R5, shared, row + 1, column, m, n);
            StoreRows<TLanes, TTarget>(target, sum.R2, sum.R6, shared, row + 2, column, m, n);
            StoreRows<TLanes, TTarget>(target, sum.R3, sum.R7, shared, row + 3, column, m, n);
        }

        private static void StoreRows<TLanes, TTarget>(TTarget target, Row16 upper, Row16 lower,
            ArrayView<Float4> shared, int row, int column, int m, int n)
            where TLanes : struct, ILanes
            where TTarget : struct, ITarget
        {
            Stage<TLanes>(shared.SubView(TLanes.Row / 4 * TLanes.StagedStride + TLanes.Column / 4), upper);
            Stage<TLanes>(shared.SubView((TLanes.Row / 4 + 8) * TLanes.StagedStride + TLanes.Column / 4), lower);
            Group.Barrier();
            for (int staged = Group.IdxX >> 5; staged < StagedRows; staged += TileThreads / 32)
            {
                int four = Group.IdxX & 31, r = row + 4 * staged, left = n - column - 4 * four;
                long to = (long)r * n + column + 4 * four;
                if (r < m && left > 0)
                {
                    if ((n & 3) == 0)
                        target.Put(to, shared[staged * TLanes.StagedStride + four]);
                    else
                        for (int i = 0; i < left && i < 4; i++)
                            target.Put(to + i, shared.Cast<float>()[(staged * TLanes.StagedStride + four) * 4 + i]);
                }
            }
            Group.Barrier();
        }

        private static void Stage<TLanes>(ArrayView<Float4> staged, Row16 value) where TLanes : struct, ILanes
        {
            staged[0] = value.Q0;
            staged[TLanes.Column1 / 4] = value.Q1;
            staged[TLanes.Column2 / 4] = value.Q2;
            staged[(TLanes.Column1 + TLanes.Column2) / 4] = value.Q3;
        }
    }
}
