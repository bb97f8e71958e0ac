using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        // Of a slab that is copied as it lies: its depth, sixteen elements of the sums; its Float4s; and the bytes of a
        // quarter of these.
        private const int CopyDepth = GemmLaunch.CopyDepth, CopyLength = CopyDepth * TileSide / 4;
        private const int QuarterBytes = CopyLength / 4 * 16;

        /// <summary>
        /// How an operand lies, for slabs that the GPU copies while threads compute. Each thread of a block copies four
        /// Float4s to a slab and loads four times four from it, both so that eight threads fall on different banks: the
        /// Float4s of a slab are shuffled, not padded.
        /// </summary>
        private interface ICopied
        {
            /// <summary>Address in shared memory of the first Float4 that a thread writes.</summary>
            static abstract long To(ArrayView<Float4> slab);

            /// <summary>Address in global memory of that Float4.</summary>
            static abstract long From(ArrayView<float> operand, int first, int side, int start, int length);

            /// <summary>How many bytes further that of the next slab lies.</summary>
            static abstract long Next(int side);

            /// <summary>
            /// Starts the copies of the slab that begins with element <paramref name="start"/> of the sums; 0 past the
            /// end of the operand or of the sums.
            /// </summary>
            static abstract void Copy(long to, long from, int first, int side, int start, int end, int length);

            /// <summary>
            /// Where in a slab the elements lie that a thread multiplies, of the 64 of the side from
            /// <paramref name="x"/> on.
            /// </summary>
            static abstract ArrayView<Float4> Fragments(ArrayView<Float4> slab, int x);

            /// <summary>
            /// Four neighbours, among the first or second 32 of these, each with its elements 4 t … 4 t + 3
            /// of the sums, where t = lane % 4.
            /// </summary>
            static abstract Four Load(ArrayView<Float4> fragments, int half);
        }

        private static int Group4 => (Group.IdxX & 31) >> 2;
        private static int Lane4 => Group.IdxX & 3;

        /// <summary>
        /// [side, length of the sums]: of every eight rows of a slab, the first four alternate with the last four,
        /// 0, 4, 1, 5 …; four threads copy a row's sixteen elements.
        /// </summary>
        private readonly struct CopiedAcross : ICopied
        {
            // Of the thread's first Float4; the others are 32, 64 and 96 rows further.
            private static int Row => (Group.IdxX >> 5) * 8 + ((Group.IdxX & 4) >> 2) * 4 + ((Group.IdxX & 24) >> 3);
            private static int Column => Lane4 * 4;

            public static long To(ArrayView<Float4> slab) => Ptx.SharedAddress(ref slab[Group.IdxX]);

            public static long From(ArrayView<float> operand, int first, int side, int start, int length) =>
                Ptx.GlobalAddress(ref operand[0]) + ((long)(first + Row) * length + start + Column) * sizeof(float);

            public static long Next(int side) => CopyDepth * sizeof(float);

            public static void Copy(long to, long from, int first, int side, int start, int end, int length)
            {
                int p = start + Column, x = first + Row;
                long rows = 32L * sizeof(float) * length;
                if ((length & 3) == 0)
                {
                    Gpu.Copy(to, from, x < side & p < end);
                    Gpu.Copy(to + QuarterBytes, from + rows, x + 32 < side & p < end);
                    Gpu.Copy(to + 2 * QuarterBytes, from + 2 * rows, x + 64 < side & p < end);
                    Gpu.Copy(to + 3 * QuarterBytes, from + 3 * rows, x + 96 < side & p < end);
                }
                else
                {
                    CopyEach(to, from, x < side ? end - p : 0);
                    CopyEach(to + QuarterBytes, from + rows, x + 32 < side ? end - p : 0);
                    CopyEach(to + 2 * QuarterBytes, from + 2 * rows, x + 64 < side ? end - p : 0);
                    CopyEach(to + 3 * QuarterBytes, from + 3 * rows, x + 96 < side ? end - p : 0);
                }
            }

            public static ArrayView<Float4> Fragments(ArrayView<Float4> slab, int x) =>
                slab.SubView((x + (Group4 >> 1) * 8 + (Group4 & 1)) * 4 + Lane4);

            public static Four Load(ArrayView<Float4> fragments, int half)
            {
                int at = half * 128;
                return new()
                {
                    E0 = fragments[at],
                    E1 = fragments[at + 8],
                    E2 = fragments[at + 16],
                    E3 = fragments[at + 24],
                };
            }
        }

        /// <summary>
        /// [length of the sums, side]: row p of a slab has its Float4 x at x ^ (2 (p / 4)); a warp copies a row
        /// and those 4, 8 and 12 further.
        /// </summary>
        private readonly struct CopiedAlong : ICopied
        {
            private static int Row => Group.IdxX >> 5;
            private static int Column => Group.IdxX & 31;

            public static long To(ArrayView<Float4> slab) => Ptx.SharedAddress(ref slab[Group.IdxX]);

            public static long From(ArrayView<float> operand, int first, int side, int start, int length) =>
                Ptx.GlobalAddress(ref operand[0]) + ((long)(start + Row) * side + first + 4 * Column) * sizeof(float);

            public static long Next(int side) => (long)CopyDepth * sizeof(float) * side;

            public static void Copy(long to, long from, int first, int side, int start, int end, int length)
            {
                int p = start + Row, left = side - first - 4 * Column;
                long rows = 4L * sizeof(float) * side;
                long to1 = to + QuarterBytes + Shuffled(2), to2 = to + 2 * QuarterBytes + Shuffled(4),
                    to3 = to + 3 * QuarterBytes + Shuffled(6);
                if ((side & 3) == 0)
                {
                    Gpu.Copy(to, from, left > 0 & p < end);
                    Gpu.Copy(to1, from + rows, left > 0 & p + 4 < end);
                    Gpu.Copy(to2, from + 2 * rows, left > 0 & p + 8 < end);
                    Gpu.Copy(to3, from + 3 * rows, left > 0 & p + 12 < end);
                }
                else
                {
                    CopyEach(to, from, p < end ? left : 0);
                    CopyEach(to1, from + rows, p + 4 < end ? left : 0);
                    CopyEach(to2, from + 2 * rows, p + 8 < end ? left : 0);
                    CopyEach(to3, from + 3 * rows, p + 12 < end ? left : 0);
                }
            }

            private static int Shuffled(int with) => ((Column ^ with) - Column) * 16;

            public static ArrayView<Float4> Fragments(ArrayView<Float4> slab, int x) =>
                slab.SubView(Lane4 * TileSide + x / 4 + (Group4 ^ (2 * Lane4)));

            public static Four Load(ArrayView<Float4> fragments, int half)
            {
                int at = half * 8;
                Float4 p0 = fragments[at], p1 = fragments[at + TileSide / 4], p2 = fragments[at + TileSide / 2],
                    p3 = fragments[at + TileSide / 4 * 3];
                return new()
                {
                    E0 = new() { X = p0.X, Y = p1.X, Z = p2.X, W = p3.X },
                    E1 = new() { X = p0.Y, Y = p1.Y, Z = p2.Y, W = p3.Y },
                    E2 = new() { X = p0.Z, Y = p1.Z, Z = p2.Z, W = p3.Z },
                    E3 = new() { X = p0.W, Y = p1.W, Z = p2.W, W = p3.W },
                };
            }
        }

        /// <summary>
        /// Copies a Float4 of an operand whose rows are whole Float4s; 0 if the operand does not have it.
        /// </summary>
        private static void Copy(long to, long from, bool there) => Ptx.CopyAsync16(to, from, there ? 16 : 0);

        /// <summary>
        /// Copies the first <paramref name="count"/> of four elements one by one; the others become 0.
        /// </summary>
        private static void CopyEach(long to, long from, int count)
        {
            Ptx.CopyAsync4(to, from, count > 0 ? 4 : 0);
            Ptx.CopyAsync4(to + 4, from + 4, count > 1 ? 4 : 0);
            Ptx.CopyAsync4(to + 8, from + 8, count > 2 ? 4 : 0);
            Ptx.CopyAsync4(to + 12, from + 12, count > 3 ? 4 : 0);
        }
    }
}
