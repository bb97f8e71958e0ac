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
            public static int Stride => TensorStride;
            public static Float4 Along(ArrayView<float> operand, long at, int rowLength, int left, int rows) => rows > 0 ? Round(Load(operand, at, left, rowLength)) : default;
            public static Float4 Across(ArrayView<float> operand, long at, int rowLength, int left) => Round(Load(operand, at, left, rowLength));
            public static Tile8x8 Multiply(Tile8x8 sum, ArrayView<Float4> slabA, ArrayView<Float4> slabB) => MultiplyTensor<Tf32>(sum, slabA, slabB);
            public static void Store<TTarget>(TTarget target, Tile8x8 sum, int row, int column, int m, int n) where TTarget : struct, ITarget =>
                StoreTensor(target, sum, row, column, m, n);

            public static Float4 Mma(Fragment a, uint b0, uint b1, Float4 c) => Ptx.MmaTf32(a.X, a.Y, a.Z, a.W, b0, b1, c.X, c.Y, c.Z, c.W);

            private static Float4 Round(Float4 value) => Words(Ptx.Tf32(value.X), Ptx.Tf32(value.Y), Ptx.Tf32(value.Z), Ptx.Tf32(value.W));
        }

        /// <summary>A word is two elements of a sum, rounded to bfloat16.</summary>
        private readonly struct Bf16 : IFormat, IMma
        {
            public static int Depth => 2 * SlabWords;
            public static int Stride => TensorStride;

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
            public static void Store<TTarget>(TTarget target, Tile8x8 sum, int row, int column, int m, int n) where TTarget : struct, ITarget =>
                StoreTensor(target, sum, row, column, m, n);

            public static Float4 Mma(Fragment a, uint b0, uint b1, Float4 c) => Ptx.MmaBf16(a.X, a.Y, a.Z, a.W, b0, b1, c.X, c.Y, c.Z, c.W);
        }

        // Rows of a slab are two Float4s longer than the tile: the words of a fragment, four rows by eight, then lie on 32 different banks.
        private const int TensorStride = TileSide / 4 + 2;

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
            int warp = Group.IdxX >> 5, lane = Group.IdxX & 31, at = (lane & 3) * 4 * TensorStride + (lane >> 2);
            ArrayView<uint> a = slabA.Cast<uint>().SubView(at + (warp >> 1) * 32, 8 * TensorStride), b = slabB.Cast<uint>().SubView(at + (warp & 1) * 64, 8 * TensorStride);
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
            new() { X = a[at], Y = a[at + 8], Z = a[at + 16 * TensorStride], W = a[at + 16 * TensorStride + 8] };

        private static void TwoColumns<TMma>(ref Row8 upperSum, ref Row8 lowerSum, Fragment upper, Fragment lower, ArrayView<uint> b, int at) where TMma : struct, IMma
        {
            uint first = b[at], second = b[at + 16 * TensorStride];
            upperSum.Low = TMma.Mma(upper, first, second, upperSum.Low);
            lowerSum.Low = TMma.Mma(lower, first, second, lowerSum.Low);
            first = b[at + 8];
            second = b[at + 8 + 16 * TensorStride];
            upperSum.High = TMma.Mma(upper, first, second, upperSum.High);
            lowerSum.High = TMma.Mma(lower, first, second, lowerSum.High);
        }

        private static void StoreTensor<TTarget>(TTarget target, Tile8x8 sum, int row, int column, int m, int n) where TTarget : struct, ITarget
        {
            row += (Group.IdxX >> 6) * 32;
            column += ((Group.IdxX >> 5) & 1) * 64;
            StoreTwoColumns(target, sum.R0, row, column, m, n);
            StoreTwoColumns(target, sum.R1, row, column + 16, m, n);
            StoreTwoColumns(target, sum.R2, row, column + 32, m, n);
            StoreTwoColumns(target, sum.R3, row, column + 48, m, n);
            StoreTwoColumns(target, sum.R4, row + 16, column, m, n);
            StoreTwoColumns(target, sum.R5, row + 16, column + 16, m, n);
            StoreTwoColumns(target, sum.R6, row + 16, column + 32, m, n);
            StoreTwoColumns(target, sum.R7, row + 16, column + 48, m, n);
        }

        private static void StoreTwoColumns<TTarget>(TTarget target, Row8 value, int row, int column, int m, int n) where TTarget : struct, ITarget
        {
            StoreProduct(target, value.Low, row, column, m, n);
            StoreProduct(target, value.High, row, column + 8, m, n);
        }

        /// <summary>A thread has two neighbours of row g and two of row g + 8. Pairs of threads change half of them, so that each has four neighbours of one row.</summary>
        private static void StoreProduct<TTarget>(TTarget target, Float4 value, int row, int column, int m, int n) where TTarget : struct, ITarget
        {
            int lane = Group.IdxX & 31;
            bool isOdd = (lane & 1) != 0;
            float first = Warp.ShuffleXor(isOdd ? value.X : value.Z, 1), second = Warp.ShuffleXor(isOdd ? value.Y : value.W, 1);
            Float4 four = isOdd ? new() { X = first, Y = second, Z = value.Z, W = value.W } : new() { X = value.X, Y = value.Y, Z = first, W = second };
            row += (lane >> 2) + (isOdd ? 8 : 0);
            column += (lane & 2) * 2;
            if (row < m)
                StoreFour(target, four, (long)row * n + column, n - column, n);
        }
    }
}
