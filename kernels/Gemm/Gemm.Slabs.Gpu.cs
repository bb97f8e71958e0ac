using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        // Float4s in a row of a slab, one more than the tile has, so that the elements of an operand's row, which
        // Across stores to eight rows of the slab, fall on different banks; and in a slab.
        private const int SlabStride = TileSide / 4 + 1, SlabLength = SlabDepth * SlabStride;

        /// <summary>How an operand lies. Each of a block's threads brings two Float4s of it to a slab.</summary>
        private interface IOperand
        {
            /// <summary>
            /// The thread's part of the slab that begins with element <paramref name="start"/> of the sums; 0 past the
            /// end of the operand or of the sums.
            /// </summary>
            static abstract Part Load(ArrayView<float> operand, int first, int side, int start, int end, int length);

            /// <summary>Where that part lies in a slab.</summary>
            static abstract int Place { get; }

            /// <summary>Stores it there.</summary>
            static abstract void Store(ArrayView<Float4> slab, int place, Part part);

            /// <summary>Length of the operand's rows.</summary>
            static abstract int RowLength(int side, int length);

            /// <summary>
            /// The thread's first Float4, where rows are whole Float4s. Past the end of the side it is one of the last,
            /// which counts in no element of C.
            /// </summary>
            static abstract ArrayView<Float4> First(ArrayView<float> operand, int first, int side, int start,
                int length);

            /// <summary>How much further the thread's second lies.</summary>
            static abstract int Second(int first, int side, int length);

            /// <summary>And how much further that of the next slab.</summary>
            static abstract int Next(int side);
        }

        /// <summary>What a thread brings from an operand to a slab.</summary>
        private struct Part
        {
            public Float4 First, Second;
        }

        /// <summary>
        /// [length of the sums, side]: a warp brings one element of the sums and the fourth after it,
        /// a thread four neighbours of each.
        /// </summary>
        private readonly struct Along : IOperand
        {
            private static int Row => Group.IdxX >> 5;
            private static int X(int first) => first + 4 * (Group.IdxX & 31);

            public static Part Load(ArrayView<float> operand, int first, int side, int start, int end, int length) =>
                new()
                {
                    First = Four(operand, X(first), side, start + Row, end),
                    Second = Four(operand, X(first), side, start + Row + 4, end),
                };

            private static Float4 Four(ArrayView<float> operand, int x, int side, int p, int end) =>
                p < end ? Gpu.Load(operand, (long)p * side + x, side - x, side) : default;

            public static int Place => Row * SlabStride + (Group.IdxX & 31);

            public static void Store(ArrayView<Float4> slab, int place, Part part)
            {
                slab[place] = part.First;
                slab[place + 4 * SlabStride] = part.Second;
            }

            public static int RowLength(int side, int length) => side;

            public static ArrayView<Float4> First(ArrayView<float> operand, int first, int side, int start,
                int length) =>
                operand.Cast<Float4>()
                    .SubView(((long)(start + Row) * side + IntrinsicMath.Min(X(first), side - 4)) >> 2);

            public static int Second(int first, int side, int length) => side;

            public static int Next(int side) => side * (SlabDepth / 4);
        }

        /// <summary>
        /// [side, length of the sums]: two threads bring one element of the side and the 64th after it,
        /// four elements of the sums each.
        /// </summary>
        private readonly struct Across : IOperand
        {
            private static int X(int first) => first + (Group.IdxX >> 1);
            private static int Column => (Group.IdxX & 1) * 4;

            public static Part Load(ArrayView<float> operand, int first, int side, int start, int end, int length) =>
                new()
                {
                    First = Four(operand, X(first), side, start + Column, end, length),
                    Second = Four(operand, X(first) + 64, side, start + Column, end, length),
                };

            private static Float4 Four(ArrayView<float> operand, int x, int side, int p, int end, int length) =>
                x < side ? Gpu.Load(operand, (long)x * length + p, end - p, length) : default;

            public static int Place => Column * SlabStride * 4 + (Group.IdxX >> 1);

            public static void Store(ArrayView<Float4> slab, int place, Part part)
            {
                ArrayView<float> floats = slab.Cast<float>().SubView(place);
                Store(floats, part.First);
                Store(floats.SubView(64), part.Second);
            }

            private static void Store(ArrayView<float> place, Float4 four)
            {
                place[0] = four.X;
                place[4 * SlabStride] = four.Y;
                place[8 * SlabStride] = four.Z;
                place[12 * SlabStride] = four.W;
            }

            public static int RowLength(int side, int length) => length;

            public static ArrayView<Float4> First(ArrayView<float> operand, int first, int side, int start,
                int length) =>
                operand.Cast<Float4>()
                    .SubView(((long)IntrinsicMath.Min(X(first), side - 1) * length + start + Column) >> 2);

            public static int Second(int first, int side, int length) =>
                (IntrinsicMath.Min(X(first) + 64, side - 1) - IntrinsicMath.Min(X(first), side - 1)) * (length / 4);

            public static int Next(int side) => SlabDepth / 4;
        }

        /// <summary>
        /// Four elements from <paramref name="at"/> on, of which <paramref name="left"/> exist and the others are 0; in
        /// one load where rows are whole Float4s.
        /// </summary>
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
    }
}
