using System.Numerics;
using System.Runtime.Intrinsics;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// What single instructions compute. Sixteen-bit values lie in 32-bit lanes whose upper halves mean nothing.
/// </summary>
internal static class Functions
{
    public readonly struct Add<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a + b;
    }

    public readonly struct Sub<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a - b;
    }

    public readonly struct Mul<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a * b;
    }

    public readonly struct DivFloat<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a / b;
    }

    public readonly struct Min<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.MinNumber(a, b);
    }

    public readonly struct Max<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.MaxNumber(a, b);
    }

    /// <summary>The lesser; NaN if one is NaN.</summary>
    public readonly struct MinNaN : IBinary<float>
    {
        public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => Vector256.Min(a, b);
    }

    /// <summary>The greater; NaN if one is NaN.</summary>
    public readonly struct MaxNaN : IBinary<float>
    {
        public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => Vector256.Max(a, b);
    }

    public readonly struct And<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a & b;
    }

    public readonly struct Or<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a | b;
    }

    public readonly struct Xor<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a ^ b;
    }

    public readonly struct Complement<T> : IUnary<T>
    {
        public static Vector256<T> Of(Vector256<T> a) => ~a;
    }

    public readonly struct Neg<T> : IUnary<T>
    {
        public static Vector256<T> Of(Vector256<T> a) => -a;
    }

    public readonly struct Abs<T> : IUnary<T>
    {
        public static Vector256<T> Of(Vector256<T> a) => Vector256.Abs(a);
    }

    public readonly struct Sqrt<T> : IUnary<T>
    {
        public static Vector256<T> Of(Vector256<T> a) => Vector256.Sqrt(a);
    }

    public readonly struct Reciprocal<T> : IUnary<T>
        where T : INumberBase<T>
    {
        public static Vector256<T> Of(Vector256<T> a) => Vector256.Create(T.One) / a;
    }

    public readonly struct MulAdd<T> : ITernary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b, Vector256<T> c) => (a * b) + c;
    }

    public readonly struct Fma : ITernary<float>
    {
        public static Vector256<float> Of(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
            Vector256.FusedMultiplyAdd(a, b, c);
    }

    public readonly struct FmaDouble : ITernary<double>
    {
        public static Vector256<double> Of(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
            Vector256.FusedMultiplyAdd(a, b, c);
    }

    /// <summary>F of the low halves of the lanes, sign-extended.</summary>
    public readonly struct Signed16<F> : IBinary<int>
        where F : IBinary<int>
    {
        public static Vector256<int> Of(Vector256<int> a, Vector256<int> b) => F.Of((a << 16) >> 16, (b << 16) >> 16);
    }

    /// <summary>F of the low halves of the lanes, zero-extended.</summary>
    public readonly struct Unsigned16<F> : IBinary<int>
        where F : IBinary<int>
    {
        public static Vector256<int> Of(Vector256<int> a, Vector256<int> b) => F.Of((a << 16) >>> 16, (b << 16) >>> 16);
    }

    public readonly struct Eq<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
    }

    public readonly struct Lt<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
    }

    public readonly struct Le<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
    }

    public readonly struct Gt<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThan(a, b);
    }

    public readonly struct Ge<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThanOrEqual(a, b);
    }

    /// <summary>Neither is a NaN.</summary>
    public readonly struct Ordered<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) =>
            Vector256.Equals(a, a) & Vector256.Equals(b, b);
    }

    /// <summary>Different, and neither is a NaN.</summary>
    public readonly struct OrderedNe<T> : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b) & Ordered<T>.Of(a, b);
    }

    public readonly struct Not<T, F> : IBinary<T>
        where F : IBinary<T>
    {
        public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => ~F.Of(a, b);
    }

    /// <summary>A quotient; by zero it is a fault. The smallest number by -1 is itself, as on a card.</summary>
    public readonly struct Div<T> : IEach2<T, T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => T.IsNegative(b) && b + T.One == T.Zero ? T.Zero - a : a / b;
    }

    public readonly struct Rem<T> : IEach2<T, T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => T.IsNegative(b) && b + T.One == T.Zero ? T.Zero : a % b;
    }

    /// <summary>The upper half of the product.</summary>
    public readonly struct MulHigh<T> : IEach2<T, T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => T.CreateTruncating(
            (Int128.CreateTruncating(a) * Int128.CreateTruncating(b)) >> (T.Zero.GetByteCount() * 8));
    }

    /// <summary>The upper half of the product of unsigned 64-bit numbers.</summary>
    public readonly struct MulHigh64 : IEach2<ulong, ulong, ulong>
    {
        public static ulong Of(ulong a, ulong b) => Math.BigMul(a, b, out _);
    }

    public readonly struct MulWide<T, TWide> : IEach2<T, T, TWide>
        where T : IBinaryInteger<T>
        where TWide : IBinaryInteger<TWide>
    {
        public static TWide Of(T a, T b) => TWide.CreateTruncating(a) * TWide.CreateTruncating(b);
    }

    public readonly struct MadWide<T, TWide> : IEach3<T, T, TWide, TWide>
        where T : IBinaryInteger<T>
        where TWide : IBinaryInteger<TWide>
    {
        public static TWide Of(T a, T b, TWide c) => (TWide.CreateTruncating(a) * TWide.CreateTruncating(b)) + c;
    }

    /// <summary>a &lt;&lt; b, where 32 (64) and more shift everything out.</summary>
    public readonly struct ShiftLeft<T> : IEach2<T, uint, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, uint b) => b >= T.Zero.GetByteCount() * 8 ? T.Zero : a << (int)b;
    }

    /// <summary>a >> b, arithmetic for a signed type; 32 (64) and more leave the sign only.</summary>
    public readonly struct ShiftRight<T> : IEach2<T, uint, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, uint b)
        {
            int bits = T.Zero.GetByteCount() * 8;
            return b >= bits ? (T.IsNegative(a) ? T.Zero - T.One : T.Zero) : a >> (int)b;
        }
    }

    public readonly struct ShiftLeft16 : IEach2<int, uint, int>
    {
        public static int Of(int a, uint b) => b >= 16 ? 0 : a << (int)b;
    }

    public readonly struct ShiftRightSigned16 : IEach2<int, uint, int>
    {
        public static int Of(int a, uint b) => (short)a >> (int)Math.Min(b, 15);
    }

    public readonly struct ShiftRightUnsigned16 : IEach2<int, uint, int>
    {
        public static int Of(int a, uint b) => b >= 16 ? 0 : (ushort)a >> (int)b;
    }

    public readonly struct PopCount<T> : IEach<T, uint>
        where T : IBinaryInteger<T>
    {
        public static uint Of(T a) => uint.CreateTruncating(T.PopCount(a));
    }

    public readonly struct LeadingZeros<T> : IEach<T, uint>
        where T : IBinaryInteger<T>
    {
        public static uint Of(T a) => uint.CreateTruncating(T.LeadingZeroCount(a));
    }

    /// <summary>b above a.</summary>
    public readonly struct Pair : IEach2<uint, uint, ulong>
    {
        public static ulong Of(uint a, uint b) => a | ((ulong)b << 32);
    }

    /// <summary>The low half of b above that of a.</summary>
    public readonly struct Pair16 : IEach2<uint, uint, uint>
    {
        public static uint Of(uint a, uint b) => (a & 0xFFFF) | (b << 16);
    }
}
