using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gemm
{
    public static partial class Gpu
    {
        /// <summary>None, with the elements rounded to TF32 (relative error 2^-11 each) and multiplied by tensor cores, which add in float.</summary>
        public static void NoneTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Tf32, Across<Tf32>, Along<Tf32>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        public static void ATf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Tf32, Along<Tf32>, Along<Tf32>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        public static void BTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Tf32, Across<Tf32>, Across<Tf32>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>Update, with the gradient from TF32.</summary>
        public static void UpdateTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1, ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            Run<Tf32, Along<Tf32>, Along<Tf32>, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        /// <summary>None, with the elements rounded to bfloat16 (relative error 2^-8 each) and multiplied by tensor cores, which add in float.</summary>
        public static void NoneBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Bf16, Across<Bf16>, Along<Bf16>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for A [K, M].</summary>
        public static void ABf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Bf16, Along<Bf16>, Along<Bf16>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>The same for B [N, K].</summary>
        public static void BBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int m, int n, int k, int depth, int accumulate) =>
            Run<Bf16, Across<Bf16>, Across<Bf16>, Plain>(a, b, new Plain(c, (long)Grid.IdxZ * m * n, accumulate), m, n, k, depth);

        /// <summary>Update, with the gradient from bfloat16.</summary>
        public static void UpdateBf16(ArrayView<float> a, ArrayView<float> b, ArrayView<float> w, ArrayView<float> m1, ArrayView<float> v, int m, int n, int k, AdamConstants step) =>
            Run<Bf16, Along<Bf16>, Along<Bf16>, Updated>(a, b, new Updated(w, m1, v, step), m, n, k, k);

        /// <summary>A word is an element rounded to TF32.</summary>
        private readonly struct Tf32 : IFormat, IMma
        {
            public static int Depth => SlabWords;
            public static int Stride => MostStride;
            public static Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows) => rows > 0 ? Round(Load(operand, at, left, rowLength)) : default;
            public static Float4 Across(ArrayView<float> operand, long at, int rowLength, int left) => Round(Load(operand, at, left, rowLength));
            public static Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB) => MultiplyTensor<Tf32>(sum, slabA, slabB);
            public static Tile8x8 Arrange(Tile8x8 sum) => ArrangeTensor(sum);
            public static void Stage(ArrayView<Float4> rows, Row8 upper, Row8 lower) => StageTensor(rows, upper, lower);
            public static int RowOf(int staged, int round) => (staged >> 3) * 32 + round * 8 + (staged & 7);

            public static Float4 Mma(Fragment a, uint b0, uint b1, Float4 c) => Ptx.MmaTf32(a.X, a.Y, a.Z, a.W, b0, b1, c.X, c.Y, c.Z, c.W);

            private static Float4 Round(Float4 value) => Words(Ptx.Tf32(value.X), Ptx.Tf32(value.Y), Ptx.Tf32(value.Z), Ptx.Tf32(value.W));
        }

        /// <summary>A word is two elements of a sum, rounded to bfloat16.</summary>
        private readonly struct Bf16 : IFormat, IMma
        {
            public static int Depth => 2 * SlabWords;
            public static int Stride => MostStride;

            public static Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows)
            {
                Float4 low = rows > 0 ? Load(operand, at, left, rowLength) : default, high = rows > 1 ? Load(operand, at + rowLength, left, rowLength) : default;
                return Words(Ptx.Bf16(low.X, high.X), Ptx.Bf16(low.Y, high.Y), Ptx.Bf16(low.Z, high.Z), Ptx.Bf16(low.W, high.W));
            }

            public static Float4 Across(ArrayView<float> operand, long at, int rowLength, int left)
            {
                Float4 low = Load(operand, at, left, rowLength), high = Load(operand, at + 4, left - 4, rowLength);
                return Words(Ptx.Bf16(low.X, low.Y), Ptx.Bf16(low.Z, low.W), Ptx.Bf16(high.X, high.Y), Ptx.Bf16(high.Z, high.W));
            }

            public static Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB) => MultiplyTensor<Bf16>(sum, slabA, slabB);
            public static Tile8x8 Arrange(Tile8x8 sum) => ArrangeTensor(sum);
            public static void Stage(ArrayView<Float4> rows, Row8 upper, Row8 lower) => StageTensor(rows, upper, lower);
            public static int RowOf(int staged, int round) => (staged >> 3) * 32 + round * 8 + (staged & 7);

            public static Float4 Mma(Fragment a, uint b0, uint b1, Float4 c) => Ptx.MmaBf16(a.X, a.Y, a.Z, a.W, b0, b1, c.X, c.Y, c.Z, c.W);
        }

        // The stride of a slab is two Float4s more than the tile has: then the words of a fragment, four rows by eight, lie on 32 different banks.
        private interface IMma
        {
            /// <summary>c + a b of the warp's 16 x 8 elements.</summary>
            static abstract Float4 Mma(Fragment a, uint b0, uint b1, Float4 c);
        }

        /// <summary>A thread's words of a warp's 16 x 8 words of A.</summary>
        private struct Fragment
        {
            public uint X, Y, Z, W;
        }

        private static Float4 Words(uint x, uint y, uint z, uint w) =>
            new() { X = Interop.IntAsFloat(x), Y = Interop.IntAsFloat(y), Z = Interop.IntAsFloat(z), W = Interop.IntAsFloat(w) };

        // The 8 warps of a block cover 4 x 2 tiles of 32 x 64: of products of 16 x 8, two by eight; two columns of them share a row of Tile8x8.
        private static Tile8x8 MultiplyTensor<TMma>(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB) where TMma : struct, IMma
        {
            int warp = Group.IdxX >> 5, lane = Group.IdxX & 31, at = (lane & 3) * 4 * MostStride + (lane >> 2);
            ArrayView<uint> a = slabA.Cast<uint>().SubView(at + (warp >> 1) * 32, 8 * MostStride), b = slabB.Cast<uint>().SubView(at + (warp & 1) * 64, 8 * MostStride);
            // Loads before may have gone different ways.
            Warp.Barrier();
            Fragment upper = FragmentAt(a, 0), lower = FragmentAt(a, 16);
            TwoColumns<TMma>(ref sum.R0, ref sum.R4, upper, lower, b, 0);
            TwoColumns<TMma>(ref sum.R1, ref sum.R5, upper, lower, b, 16);
            TwoColumns<TMma>(ref sum.R2, ref sum.R6, upper, lower, b, 32);
            TwoColumns<TMma>(ref sum.R3, ref sum.R7, upper, lower, b, 48);
            return sum;
        }

        private static Fragment FragmentAt(ArrayView<uint> a, int at) =>
            new() { X = a[at], Y = a[at + 8], Z = a[at + 16 * MostStride], W = a[at + 16 * MostStride + 8] };

        private static void TwoColumns<TMma>(ref Row8 upperSum, ref Row8 lowerSum, Fragment upper, Fragment lower, ArrayView<uint> b, int at) where TMma : struct, IMma
        {
            uint first = b[at], second = b[at + 16 * MostStride];
            upperSum.Low = TMma.Mma(upper, first, second, upperSum.Low);
            lowerSum.Low = TMma.Mma(lower, first, second, lowerSum.Low);
            first = b[at + 8];
            second = b[at + 8 + 16 * MostStride];
            upperSum.High = TMma.Mma(upper, first, second, upperSum.High);
            lowerSum.High = TMma.Mma(lower, first, second, lowerSum.High);
        }

        // A thread has of each product two neighbours of row g and two of row g + 8: round 2 i + j stores those of the j-th of the i-th sixteen rows.
        private static Tile8x8 ArrangeTensor(Tile8x8 sum) => new()
        {
            R0 = Upper(sum.R0, sum.R1),
            R4 = Upper(sum.R2, sum.R3),
            R1 = Lower(sum.R0, sum.R1),
            R5 = Lower(sum.R2, sum.R3),
            R2 = Upper(sum.R4, sum.R5),
            R6 = Upper(sum.R6, sum.R7),
            R3 = Lower(sum.R4, sum.R5),
            R7 = Lower(sum.R6, sum.R7),
        };

        private static Row8 Upper(Row8 a, Row8 b) => new()
        {
            Low = new() { X = a.Low.X, Y = a.Low.Y, Z = a.High.X, W = a.High.Y },
            High = new() { X = b.Low.X, Y = b.Low.Y, Z = b.High.X, W = b.High.Y },
        };

        private static Row8 Lower(Row8 a, Row8 b) => new()
        {
            Low = new() { X = a.Low.Z, Y = a.Low.W, Z = a.High.Z, W = a.High.W },
            High = new() { X = b.Low.Z, Y = b.Low.W, Z = b.High.Z, W = b.High.W },
        };

        private static void StageTensor(ArrayView<Float4> rows, Row8 upper, Row8 lower)
        {
            int warp = Group.IdxX >> 5, lane = Group.IdxX & 31;
            ArrayView<Float2> pairs = rows.Cast<Float2>().SubView(((warp >> 1) * 8 + (lane >> 2)) * 2 * MostStride + (warp & 1) * 32 + (lane & 3), 32);
            StagePairs(pairs, upper, 0);
            StagePairs(pairs, lower, 16);
        }

        private static void StagePairs(ArrayView<Float2> pairs, Row8 value, int at)
        {
            pairs[at] = new() { X = value.Low.X, Y = value.Low.Y };
            pairs[at + 4] = new() { X = value.Low.Z, Y = value.Low.W };
            pairs[at + 8] = new() { X = value.High.X, Y = value.High.Y };
            pairs[at + 12] = new() { X = value.High.Z, Y = value.High.W };
        }
    }
}
