namespace VaeCf.Ptx.Emulator.Tests;

public class ArithmeticTests
{
    private static readonly int[] left = [7, -7, int.MinValue, int.MaxValue, 0, 1, -1, 123456789],
        right = [3, 3, 5, 7, 9, -1, 31, -987654];

    [Theory]
    [InlineData("add.s32 %r4, %r1, %r2;", "+")]
    [InlineData("sub.u32 %r4, %r1, %r2;", "-")]
    [InlineData("mul.lo.s32 %r4, %r1, %r2;", "*")]
    [InlineData("div.s32 %r4, %r1, %r2;", "/")]
    [InlineData("rem.s32 %r4, %r1, %r2;", "%")]
    [InlineData("min.s32 %r4, %r1, %r2;", "min")]
    [InlineData("max.s32 %r4, %r1, %r2;", "max")]
    [InlineData("xor.b32 %r4, %r1, %r2;", "^")]
    [InlineData("mul.hi.s32 %r4, %r1, %r2;", "high")]
    [InlineData("mul.hi.u32 %r4, %r1, %r2;", "uhigh")]
    [InlineData("min.u32 %r4, %r1, %r2;", "umin")]
    [InlineData("shl.b32 %r4, %r1, %r2;", "<<")]
    [InlineData("shr.s32 %r4, %r1, %r2;", ">>")]
    [InlineData("shr.u32 %r4, %r1, %r2;", ">>>")]
    [InlineData("mad.lo.s32 %r4, %r1, %r2, 11;", "mad")]
    [InlineData("{ .reg .b32 %r5; not.b32 %r5, %r1; and.b32 %r4, %r5, %r2; }", "andnot")]
    [InlineData("clz.b32 %r4, %r1;", "clz")]
    [InlineData("popc.b32 %r4, %r1;", "popc")]
    [InlineData("cvt.u16.u32 %rs1, %r1; cvt.u16.u32 %rs2, %r2; max.s16 %rs3, %rs1, %rs2; cvt.s32.s16 %r4, %rs3;",
        "max16")]
    public void Integers_of_32_bits(string statement, string operation)
    {
        int[] expected = [.. left.Zip(right, (a, b) => operation switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a == int.MinValue && b == -1 ? a : a / b,
            "%" => a % b,
            "min" => Math.Min(a, b),
            "max" => Math.Max(a, b),
            "^" => a ^ b,
            "high" => (int)(((long)a * b) >> 32),
            "uhigh" => (int)(((ulong)(uint)a * (uint)b) >> 32),
            "umin" => (int)Math.Min((uint)a, (uint)b),
            "<<" => (uint)b > 31 ? 0 : a << b,
            ">>" => a >> (int)Math.Min((uint)b, 31),
            ">>>" => (uint)b > 31 ? 0 : a >>> b,
            "mad" => (a * b) + 11,
            "andnot" => ~a & b,
            "clz" => System.Numerics.BitOperations.LeadingZeroCount((uint)a),
            "popc" => System.Numerics.BitOperations.PopCount((uint)a),
            "max16" => Math.Max((short)a, (short)b),
            _ => throw new NotSupportedException(),
        })];

        Assert.Equal(expected, Run.Lanes<int, int>(statement, left, right));
    }

    [Fact]
    public void Products_of_64_bits()
    {
        ulong[] a = [3, ulong.MaxValue, 0x123456789ABCDEF0], b = [5, ulong.MaxValue, 0xFEDCBA9876543210];

        Assert.Equal(a.Zip(b, (x, y) => x * y), Run.Lanes<ulong, ulong>("mul.lo.u64 %rd4, %rd1, %rd2;", a, b));
        Assert.Equal(a.Zip(b, (x, y) => Math.BigMul(x, y, out _)),
            Run.Lanes<ulong, ulong>("mul.hi.u64 %rd4, %rd1, %rd2;", a, b));
        Assert.Equal(left.Zip(right, (x, y) => (long)x * y),
            Run.Lanes<int, long>("mul.wide.s32 %rd4, %r1, %r2;", left, right));
        Assert.Equal(left.Zip(right, (x, y) => ((long)(uint)x * (uint)y) + 5),
            Run.Lanes<int, long>("mad.wide.u32 %rd4, %r1, %r2, 5;", left, right));
        Assert.Equal(left.Zip(right, (x, y) => ((long)y << 32) | (uint)x),
            Run.Lanes<int, long>("mov.b64 %rd4, {%r1, %r2};", left, right));
        Assert.Equal(a.Select(x => (uint)(x >> 32)), Run.Lanes<ulong, uint>("mov.b64 {%r5, %r4}, %rd1;", a));
    }

    [Fact]
    public void Floats()
    {
        float[] a = [1.5f, -0.1f, 1e30f, float.NaN, float.PositiveInfinity, 3e-39f],
            b = [2.25f, 7f, -1e30f, 1f, 2f, 0.5f], c = [-3f, 0.7f, 1f, 1f, 1f, 1e-45f];
        float[] Each(Func<float, float, float, float> of) => [.. a.Select((x, i) => of(x, b[i], c[i]))];

        Assert.Equal(Each((x, y, z) => MathF.FusedMultiplyAdd(x, y, z)),
            Run.Lanes<float, float>("fma.rn.f32 %f4, %f1, %f2, %f3;", a, b, c));
        Assert.Equal(Each((x, y, z) => x + y), Run.Lanes<float, float>("add.rn.f32 %f4, %f1, %f2;", a, b));
        Assert.Equal(Each((x, y, z) => x / y), Run.Lanes<float, float>("div.rn.f32 %f4, %f1, %f2;", a, b));
        Assert.Equal(Each((x, y, z) => float.IsNaN(x) ? y : MathF.Max(x, y)),
            Run.Lanes<float, float>("max.f32 %f4, %f1, %f2;", a, b));
        Assert.Equal(Each((x, y, z) => MathF.Max(x, y)), Run.Lanes<float, float>("max.NaN.f32 %f4, %f1, %f2;", a, b));
        Assert.Equal(Each((x, y, z) => MathF.Sqrt(MathF.Abs(x))),
            Run.Lanes<float, float>("abs.f32 %f5, %f1; sqrt.rn.f32 %f4, %f5;", a));
        Assert.Equal(Each((x, y, z) => 1f), Run.Lanes<float, float>("mov.f32 %f4, 0f3F800000;", a));
    }

    [Theory]
    [InlineData("lt", false, true, false, false)]
    [InlineData("ge", true, false, true, false)]
    [InlineData("ne", true, true, false, false)]
    [InlineData("geu", true, false, true, true)]
    [InlineData("equ", false, false, true, true)]
    [InlineData("neu", true, true, false, true)]
    [InlineData("nan", false, false, false, true)]
    public void A_comparison_with_NaN_holds_where_unordered(string compare, params bool[] expected)
    {
        float[] a = [2, 1, 3, float.NaN], b = [1, 2, 3, 1];

        Assert.Equal(expected.Select(e => e ? 1 : 0),
            Run.Lanes<float, int>($"setp.{compare}.f32 %p1, %f1, %f2; selp.b32 %r4, 1, 0, %p1;", a, b));
    }

    [Fact]
    public void A_comparison_joins_a_predicate()
    {
        int[] a = [-1, 0, 5, 9];

        Assert.Equal([1, 0, 0, 1], Run.Lanes<int, int>(
            "setp.lt.s32 %p1, %r1, 0; setp.ge.or.s32 %p2, %r1, 7, %p1; selp.b32 %r4, 1, 0, %p2;", a));
        Assert.Equal([0, 0, 0, 1], Run.Lanes<int, int>("setp.lt.s32 %p1, %r1, 0; setp.ne.and.s32 %p2, %r1, 5, !%p1; "
            + "setp.ne.and.s32 %p2, %r1, 0, %p2; selp.b32 %r4, 1, 0, %p2;", a));
        Assert.Equal([1, 0, 1, 1], Run.Lanes<int, int>(
            "setp.lo.u32 %p1, 0, %r1; mov.pred %p2, %p1; not.pred %p3, %p2; selp.b32 %r4, 0, 1, %p3;", a));
    }

    [Fact]
    public void Conversions_truncate_round_and_saturate()
    {
        int[] ints = [300, -1, 65535, -129];
        Assert.Equal(ints.Select(i => (int)(sbyte)i), Run.Lanes<int, int>("cvt.s8.s32 %r4, %r1;", ints));
        Assert.Equal(ints.Select(i => (int)(ushort)i),
            Run.Lanes<int, int>("cvt.u16.u32 %rs1, %r1; cvt.u32.u16 %r4, %rs1;", ints));
        Assert.Equal(ints.Select(i => (long)i), Run.Lanes<int, long>("cvt.s64.s32 %rd4, %r1;", ints));
        Assert.Equal(ints.Select(i => (long)(uint)i), Run.Lanes<int, long>("cvt.u64.u32 %rd4, %r1;", ints));
        Assert.Equal(ints.Select(i => (float)(uint)i), Run.Lanes<int, float>("cvt.rn.f32.u32 %f4, %r1;", ints));

        float[] floats = [2.5f, -3.5f, 1e20f, float.NaN, -0.6f, 1.9f];
        Assert.Equal([2, -3, int.MaxValue, 0, 0, 1], Run.Lanes<float, int>("cvt.rzi.s32.f32 %r4, %f1;", floats));
        Assert.Equal([2, 0, uint.MaxValue, 0, 0, 1], Run.Lanes<float, uint>("cvt.rzi.u32.f32 %r4, %f1;", floats));
        Assert.Equal([2f, -4f, 1e20f, float.NaN, -1f, 2f],
            Run.Lanes<float, float>("cvt.rni.f32.f32 %f4, %f1;", floats));
        Assert.Equal([2f, -4f, 1e20f, float.NaN, -1f, 1f],
            Run.Lanes<float, float>("cvt.rmi.f32.f32 %f4, %f1;", floats));
        Assert.Equal(floats.Select(f => (double)f), Run.Lanes<float, double>("cvt.f64.f32 %fd4, %f1;", floats));
        Assert.Equal([0x3FC0_3F80u, 0x4049_3F80u],
            Run.Lanes<float, uint>("cvt.rn.bf16x2.f32 %r4, %f1, %f2;", [1.5f, MathF.PI], [1f, 1f]));
        Assert.Equal([0x3F80_2000u, 0x3F80_0000u], Run.Lanes<float, uint>("cvt.rna.tf32.f32 %r4, %f1;",
            [BitConverter.UInt32BitsToSingle(0x3F80_1000), BitConverter.UInt32BitsToSingle(0x3F80_0FFF)]));
    }

    [Theory]
    [InlineData("ex2.approx.f32", -30, 30, 22)]
    [InlineData("lg2.approx.f32", 2, 1000, 22.6)]
    [InlineData("rcp.approx.f32", 0.01, 100, 23)]
    [InlineData("sqrt.approx.f32", 0.01, 100, 23)]
    [InlineData("rsqrt.approx.f32", 0.01, 100, 22.9)]
    [InlineData("tanh.approx.f32", -3, 3, 11)]
    public void An_approximation_errs_up_to_its_bound_and_not_beyond(
        string instruction, double from, double to, double bits)
    {
        float[] arguments = [.. Enumerable.Range(0, 1000)
            .Select(i => (float)(from + ((to - from) * (i + 0.37) / 1000)))];
        Func<double, double> exact = instruction.Split('.')[0] switch
        {
            "ex2" => x => Math.Pow(2, x),
            "lg2" => Math.Log2,
            "rcp" => x => 1 / x,
            "sqrt" => Math.Sqrt,
            "rsqrt" => x => 1 / Math.Sqrt(x),
            _ => Math.Tanh,
        };

        float[] results = Run.Lanes<float, float>($"{instruction} %f4, %f1;", arguments);

        double worst = arguments.Zip(results, (x, y) => Math.Abs((y / exact(x)) - 1)).Max();
        Assert.InRange(worst, 0.5 * Math.Pow(2, -bits), Math.Pow(2, -bits));
    }
}
