using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels.Common;

/// <summary>
/// A vector of floats of one width. Every SIMD kernel is written once against this interface and compiled by the JIT
/// for each width; the scalar <see cref="Simd1"/> is the same code at width one. A kernel gives the same bits at every
/// width.
/// </summary>
internal unsafe interface ISimd<V> : IArithmetic<V> where V : unmanaged, ISimd<V>
{
    /// <summary>Lanes: 16, 8, 4 or 1.</summary>
    static abstract int Count { get; }

    static abstract V Load(float* source);
    static abstract void Store(V value, float* target);

    /// <summary>
    /// sum += a b, fused. The JIT keeps the sum in its register; of sum = FusedMultiplyAdd(a, b, sum) it makes copies.
    /// </summary>
    static abstract void MultiplyAdd(ref V sum, V a, V b);

    /// <summary>
    /// A bit for each lane, the first lane's lowest, set unless a &lt;= b: where a &gt; b or one of them is NaN.
    /// </summary>
    static abstract uint UnlessLessOrEqual(V a, V b);

    /// <summary>
    /// Four numbers of each of V.Count rows, at a stride, transposed: the rows' first numbers, their second ones, …
    /// </summary>
    static abstract void LoadTransposed(float* rows, nint stride, out V v0, out V v1, out V v2, out V v3);

    /// <summary>Per lane, a where b &lt; a, else b: a running maximum b that skips NaN.</summary>
    static virtual V Greater(V a, V b) => V.SelectLess(b, a, a, b);
}

/// <summary>The scalar path: width one, the same arithmetic.</summary>
internal unsafe struct Simd1(float v) : ISimd<Simd1>
{
    private float v = v;
    public readonly float Value => v;
    public static int Count => 1;
    public static Simd1 Broadcast(float value) => new(value);
    public static Simd1 Load(float* source) => new(*source);
    public static void Store(Simd1 value, float* target) => *target = value.v;
    public static void MultiplyAdd(ref Simd1 sum, Simd1 a, Simd1 b) => sum.v = MathF.FusedMultiplyAdd(a.v, b.v, sum.v);
    public static void LoadTransposed(float* rows, nint stride, out Simd1 v0, out Simd1 v1, out Simd1 v2,
        out Simd1 v3) => (v0, v1, v2, v3) = (new(rows[0]), new(rows[1]), new(rows[2]), new(rows[3]));

    public static Simd1 operator +(Simd1 a, Simd1 b) => new(a.v + b.v);
    public static Simd1 operator -(Simd1 a, Simd1 b) => new(a.v - b.v);
    public static Simd1 operator *(Simd1 a, Simd1 b) => new(a.v * b.v);
    public static Simd1 operator /(Simd1 a, Simd1 b) => new(a.v / b.v);
    public static Simd1 FusedMultiplyAdd(Simd1 a, Simd1 b, Simd1 c) => new(MathF.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Simd1 Max(Simd1 a, Simd1 b) => new(MathF.Max(a.v, b.v));
    public static Simd1 Sqrt(Simd1 a) => new(MathF.Sqrt(a.v));
    public static Simd1 Abs(Simd1 a) => new(MathF.Abs(a.v));
    public static Simd1 Round(Simd1 a) => new(MathF.Round(a.v));
    public static Simd1 SelectLess(Simd1 a, Simd1 b, Simd1 ifLess, Simd1 otherwise) => a.v < b.v ? ifLess : otherwise;
    public static uint UnlessLessOrEqual(Simd1 a, Simd1 b) => a.v <= b.v ? 0u : 1;
    public static Simd1 ScaleByPowerOfTwo(Simd1 x, Simd1 n) =>
        new(x.v * BitConverter.Int32BitsToSingle(((int)n.v + 127) << 23));
    public static Simd1 Exponent(Simd1 x) => new((BitConverter.SingleToInt32Bits(x.v) >> 23) - 127);
    public static Simd1 Mantissa(Simd1 x) =>
        new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(x.v) & 0x007FFFFF) | 0x3F800000));
}

/// <summary>4 lanes.</summary>
internal unsafe struct Simd4(Vector128<float> v) : ISimd<Simd4>
{
    private Vector128<float> v = v;
    public static int Count => 4;
    public static Simd4 Broadcast(float value) => new(Vector128.Create(value));
    public static Simd4 Load(float* source) => new(Vector128.Load(source));
    public static void Store(Simd4 value, float* target) => value.v.Store(target);
    public static void MultiplyAdd(ref Simd4 sum, Simd4 a, Simd4 b) =>
        sum.v = Vector128.FusedMultiplyAdd(a.v, b.v, sum.v);
    public static void LoadTransposed(float* rows, nint stride, out Simd4 v0, out Simd4 v1, out Simd4 v2,
        out Simd4 v3)
    {
        Vector128<float> r0 = Vector128.Load(rows), r1 = Vector128.Load(rows + stride),
            r2 = Vector128.Load(rows + 2 * stride), r3 = Vector128.Load(rows + 3 * stride);
        if (Sse.IsSupported)
        {
            Vector128<float> low01 = Sse.UnpackLow(r0, r1), high01 = Sse.UnpackHigh(r0, r1),
                low23 = Sse.UnpackLow(r2, r3), high23 = Sse.UnpackHigh(r2, r3);
            v0 = new(Sse.MoveLowToHigh(low01, low23));
            v1 = new(Sse.MoveHighToLow(low23, low01));
            v2 = new(Sse.MoveLowToHigh(high01, high23));
            v3 = new(Sse.MoveHighToLow(high23, high01));
        }
        else
        {
            v0 = new(Vector128.Create(r0[0], r1[0], r2[0], r3[0]));
            v1 = new(Vector128.Create(r0[1], r1[1], r2[1], r3[1]));
            v2 = new(Vector128.Create(r0[2], r1[2], r2[2], r3[2]));
            v3 = new(Vector128.Create(r0[3], r1[3], r2[3], r3[3]));
        }
    }

    /// <summary>Its vector.</summary>
    public readonly Vector128<float> Vector => v;

    public static Simd4 operator +(Simd4 a, Simd4 b) => new(a.v + b.v);
    public static Simd4 operator -(Simd4 a, Simd4 b) => new(a.v - b.v);
    public static Simd4 operator *(Simd4 a, Simd4 b) => new(a.v * b.v);
    public static Simd4 operator /(Simd4 a, Simd4 b) => new(a.v / b.v);
    public static Simd4 FusedMultiplyAdd(Simd4 a, Simd4 b, Simd4 c) => new(Vector128.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Simd4 Max(Simd4 a, Simd4 b) => new(Vector128.Max(a.v, b.v));
    public static Simd4 Sqrt(Simd4 a) => new(Vector128.Sqrt(a.v));
    public static Simd4 Abs(Simd4 a) => new(Vector128.Abs(a.v));
    public static Simd4 Round(Simd4 a) => new(Vector128.Round(a.v));
    public static Simd4 SelectLess(Simd4 a, Simd4 b, Simd4 ifLess, Simd4 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(a.v, b.v), ifLess.v, otherwise.v));
    public static uint UnlessLessOrEqual(Simd4 a, Simd4 b) =>
        ~Vector128.LessThanOrEqual(a.v, b.v).ExtractMostSignificantBits() & 0xF;
    public static Simd4 ScaleByPowerOfTwo(Simd4 x, Simd4 n) =>
        new(x.v * ((Vector128.ConvertToInt32Native(n.v) + Vector128.Create(127)) << 23).AsSingle());
    public static Simd4 Exponent(Simd4 x) =>
        new(Vector128.ConvertToSingle((x.v.AsInt32() >> 23) - Vector128.Create(127)));
    public static Simd4 Mantissa(Simd4 x) =>
        new(((x.v.AsInt32() & Vector128.Create(0x007FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());
}

/// <summary>8 lanes.</summary>
internal unsafe struct Simd8(Vector256<float> v) : ISimd<Simd8>
{
    private Vector256<float> v = v;
    public static int Count => 8;
    public static Simd8 Broadcast(float value) => new(Vector256.Create(value));
    public static Simd8 Load(float* source) => new(Vector256.Load(source));
    public static void Store(Simd8 value, float* target) => value.v.Store(target);
    public static void MultiplyAdd(ref Simd8 sum, Simd8 a, Simd8 b) =>
        sum.v = Vector256.FusedMultiplyAdd(a.v, b.v, sum.v);
    public static void LoadTransposed(float* rows, nint stride, out Simd8 v0, out Simd8 v1, out Simd8 v2,
        out Simd8 v3)
    {
        if (Avx.IsSupported)
        {
            Vector256<float> r0 = Every4(rows, stride), r1 = Every4(rows + stride, stride),
                r2 = Every4(rows + 2 * stride, stride), r3 = Every4(rows + 3 * stride, stride);
            Vector256<float> low01 = Avx.UnpackLow(r0, r1), high01 = Avx.UnpackHigh(r0, r1),
                low23 = Avx.UnpackLow(r2, r3), high23 = Avx.UnpackHigh(r2, r3);
            v0 = new(Avx.Shuffle(low01, low23, 0x44));
            v1 = new(Avx.Shuffle(low01, low23, 0xEE));
            v2 = new(Avx.Shuffle(high01, high23, 0x44));
            v3 = new(Avx.Shuffle(high01, high23, 0xEE));
        }
        else
        {
            Simd4.LoadTransposed(rows, stride, out Simd4 a0, out Simd4 a1, out Simd4 a2, out Simd4 a3);
            Simd4.LoadTransposed(rows + 4 * stride, stride, out Simd4 b0, out Simd4 b1, out Simd4 b2, out Simd4 b3);
            v0 = new(Vector256.Create(a0.Vector, b0.Vector));
            v1 = new(Vector256.Create(a1.Vector, b1.Vector));
            v2 = new(Vector256.Create(a2.Vector, b2.Vector));
            v3 = new(Vector256.Create(a3.Vector, b3.Vector));
        }
    }

    // 4 numbers of a row, and of the fourth after it.
    private static Vector256<float> Every4(float* row, nint stride) =>
        Vector256.Create(Vector128.Load(row), Vector128.Load(row + 4 * stride));

    /// <summary>Its vector.</summary>
    public readonly Vector256<float> Vector => v;

    public static Simd8 operator +(Simd8 a, Simd8 b) => new(a.v + b.v);
    public static Simd8 operator -(Simd8 a, Simd8 b) => new(a.v - b.v);
    public static Simd8 operator *(Simd8 a, Simd8 b) => new(a.v * b.v);
    public static Simd8 operator /(Simd8 a, Simd8 b) => new(a.v / b.v);
    public static Simd8 FusedMultiplyAdd(Simd8 a, Simd8 b, Simd8 c) => new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Simd8 Max(Simd8 a, Simd8 b) => new(Vector256.Max(a.v, b.v));
    public static Simd8 Sqrt(Simd8 a) => new(Vector256.Sqrt(a.v));
    public static Simd8 Abs(Simd8 a) => new(Vector256.Abs(a.v));
    public static Simd8 Round(Simd8 a) => new(Vector256.Round(a.v));
    public static Simd8 SelectLess(Simd8 a, Simd8 b, Simd8 ifLess, Simd8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a.v, b.v), ifLess.v, otherwise.v));
    public static uint UnlessLessOrEqual(Simd8 a, Simd8 b) =>
        ~Vector256.LessThanOrEqual(a.v, b.v).ExtractMostSignificantBits() & 0xFF;
    public static Simd8 ScaleByPowerOfTwo(Simd8 x, Simd8 n) =>
        new(x.v * ((Vector256.ConvertToInt32Native(n.v) + Vector256.Create(127)) << 23).AsSingle());
    public static Simd8 Exponent(Simd8 x) =>
        new(Vector256.ConvertToSingle((x.v.AsInt32() >> 23) - Vector256.Create(127)));
    public static Simd8 Mantissa(Simd8 x) =>
        new(((x.v.AsInt32() & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());
}

/// <summary>16 lanes.</summary>
internal unsafe struct Simd16(Vector512<float> v) : ISimd<Simd16>
{
    private Vector512<float> v = v;
    public static int Count => 16;
    public static Simd16 Broadcast(float value) => new(Vector512.Create(value));
    public static Simd16 Load(float* source) => new(Vector512.Load(source));
    public static void Store(Simd16 value, float* target) => value.v.Store(target);
    public static void MultiplyAdd(ref Simd16 sum, Simd16 a, Simd16 b) =>
        sum.v = Vector512.FusedMultiplyAdd(a.v, b.v, sum.v);
    public static void LoadTransposed(float* rows, nint stride, out Simd16 v0, out Simd16 v1, out Simd16 v2,
        out Simd16 v3)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<float> r0 = Every4(rows, stride), r1 = Every4(rows + stride, stride),
                r2 = Every4(rows + 2 * stride, stride), r3 = Every4(rows + 3 * stride, stride);
            Vector512<float> low01 = Avx512F.UnpackLow(r0, r1), high01 = Avx512F.UnpackHigh(r0, r1),
                low23 = Avx512F.UnpackLow(r2, r3), high23 = Avx512F.UnpackHigh(r2, r3);
            v0 = new(Avx512F.Shuffle(low01, low23, 0x44));
            v1 = new(Avx512F.Shuffle(low01, low23, 0xEE));
            v2 = new(Avx512F.Shuffle(high01, high23, 0x44));
            v3 = new(Avx512F.Shuffle(high01, high23, 0xEE));
        }
        else
        {
            Simd8.LoadTransposed(rows, stride, out Simd8 a0, out Simd8 a1, out Simd8 a2, out Simd8 a3);
            Simd8.LoadTransposed(rows + 8 * stride, stride, out Simd8 b0, out Simd8 b1, out Simd8 b2, out Simd8 b3);
            v0 = new(Vector512.Create(a0.Vector, b0.Vector));
            v1 = new(Vector512.Create(a1.Vector, b1.Vector));
            v2 = new(Vector512.Create(a2.Vector, b2.Vector));
            v3 = new(Vector512.Create(a3.Vector, b3.Vector));
        }
    }

    // 4 numbers of a row, and of every fourth after it.
    private static Vector512<float> Every4(float* row, nint stride)
    {
        Vector512<float> v = Vector128.Load(row).ToVector256Unsafe().ToVector512Unsafe();
        v = Avx512F.InsertVector128(v, Vector128.Load(row + 4 * stride), 1);
        v = Avx512F.InsertVector128(v, Vector128.Load(row + 8 * stride), 2);
        return Avx512F.InsertVector128(v, Vector128.Load(row + 12 * stride), 3);
    }

    public static Simd16 operator +(Simd16 a, Simd16 b) => new(a.v + b.v);
    public static Simd16 operator -(Simd16 a, Simd16 b) => new(a.v - b.v);
    public static Simd16 operator *(Simd16 a, Simd16 b) => new(a.v * b.v);
    public static Simd16 operator /(Simd16 a, Simd16 b) => new(a.v / b.v);
    public static Simd16 FusedMultiplyAdd(Simd16 a, Simd16 b, Simd16 c) =>
        new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Simd16 Max(Simd16 a, Simd16 b) => new(Vector512.Max(a.v, b.v));
    public static Simd16 Sqrt(Simd16 a) => new(Vector512.Sqrt(a.v));
    public static Simd16 Abs(Simd16 a) => new(Vector512.Abs(a.v));
    public static Simd16 Round(Simd16 a) => new(Vector512.Round(a.v));
    public static Simd16 SelectLess(Simd16 a, Simd16 b, Simd16 ifLess, Simd16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a.v, b.v), ifLess.v, otherwise.v));
    // One instruction each, in place of two (a comparison and a choice) and of four.
    public static Simd16 Greater(Simd16 a, Simd16 b) =>
        Avx512F.IsSupported ? new(Avx512F.Max(a.v, b.v)) : SelectLess(b, a, a, b);
    public static uint UnlessLessOrEqual(Simd16 a, Simd16 b) =>
        (uint)~Vector512.LessThanOrEqual(a.v, b.v).ExtractMostSignificantBits() & 0xFFFF;
    public static Simd16 ScaleByPowerOfTwo(Simd16 x, Simd16 n) =>
        new(Avx512F.IsSupported ? Avx512F.Scale(x.v, n.v)
            : x.v * ((Vector512.ConvertToInt32Native(n.v) + Vector512.Create(127)) << 23).AsSingle());
    public static Simd16 Exponent(Simd16 x) =>
        new(Vector512.ConvertToSingle((x.v.AsInt32() >> 23) - Vector512.Create(127)));
    public static Simd16 Mantissa(Simd16 x) =>
        new(((x.v.AsInt32() & Vector512.Create(0x007FFFFF)) | Vector512.Create(0x3F800000)).AsSingle());
}
