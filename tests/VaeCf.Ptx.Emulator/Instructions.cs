using static VaeCf.Ptx.Emulator.Functions;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// An instruction that needs nothing but its registers: what runs it, its kind, and its operands, targets first:
/// p(redicate), w(ord: 4 bytes a lane), d(ouble word).
/// </summary>
internal readonly record struct Simple(Code Code, Kind Kind, string Operands);

/// <summary>
/// The table of instructions that map lanes of registers to lanes of registers. The name is the opcode as written
/// without .rn, which is what arithmetic does unasked. An approximate function may be .ftz; other arithmetic keeps
/// subnormal numbers.
/// </summary>
internal static unsafe class Instructions
{
    public static readonly IReadOnlyDictionary<string, Simple> Table = Fill();

    private static Dictionary<string, Simple> Fill()
    {
        var table = new Dictionary<string, Simple>();
        void Add(string names, Kind kind, string operands, Code code)
        {
            foreach (string name in names.Split(' '))
                table.Add(name, new Simple(code, kind, operands));
        }

        Add("add.f32", Kind.FloatMath, "www", Map2<float, Add<float>>());
        Add("sub.f32", Kind.FloatMath, "www", Map2<float, Sub<float>>());
        Add("mul.f32", Kind.FloatMath, "www", Map2<float, Mul<float>>());
        Add("div.f32", Kind.SpecialMath, "www", Map2<float, DivFloat<float>>());
        Add("min.f32", Kind.FloatMath, "www", Map2<float, Min<float>>());
        Add("max.f32", Kind.FloatMath, "www", Map2<float, Max<float>>());
        Add("min.NaN.f32", Kind.FloatMath, "www", Map2<float, MinNaN>());
        Add("max.NaN.f32", Kind.FloatMath, "www", Map2<float, MaxNaN>());
        Add("fma.f32 mad.f32", Kind.FloatMath, "wwww", Map3<float, Fma>());
        Add("neg.f32", Kind.FloatMath, "ww", Map<float, Neg<float>>());
        Add("abs.f32", Kind.FloatMath, "ww", Map<float, Abs<float>>());
        Add("sqrt.f32", Kind.SpecialMath, "ww", Map<float, Sqrt<float>>());
        Add("rcp.f32", Kind.SpecialMath, "ww", Map<float, Reciprocal<float>>());

        Add("add.f64", Kind.FloatMath, "ddd", Map2<double, Add<double>>());
        Add("sub.f64", Kind.FloatMath, "ddd", Map2<double, Sub<double>>());
        Add("mul.f64", Kind.FloatMath, "ddd", Map2<double, Mul<double>>());
        Add("div.f64", Kind.SpecialMath, "ddd", Map2<double, DivFloat<double>>());
        Add("min.f64", Kind.FloatMath, "ddd", Map2<double, Min<double>>());
        Add("max.f64", Kind.FloatMath, "ddd", Map2<double, Max<double>>());
        Add("fma.f64", Kind.FloatMath, "dddd", Map3<double, FmaDouble>());
        Add("neg.f64", Kind.FloatMath, "dd", Map<double, Neg<double>>());
        Add("abs.f64", Kind.FloatMath, "dd", Map<double, Abs<double>>());
        Add("sqrt.f64", Kind.SpecialMath, "dd", Map<double, Sqrt<double>>());
        Add("rcp.f64", Kind.SpecialMath, "dd", Map<double, Reciprocal<double>>());

        Approximate<Approximations.Exp2>("ex2");
        Approximate<Approximations.Log2>("lg2");
        Approximate<Approximations.Rcp>("rcp");
        Approximate<Approximations.Sqrt>("sqrt");
        Approximate<Approximations.Rsqrt>("rsqrt");
        Approximate<Approximations.Sin>("sin");
        Approximate<Approximations.Cos>("cos");
        Approximate<Approximations.Tanh>("tanh");
        Add("div.approx.f32", Kind.SpecialMath, "www", Each2<float, float, float, Approximations.Div>());
        Add("div.full.f32", Kind.SpecialMath, "www", Each2<float, float, float, Approximations.DivFull>());
        void Approximate<F>(string name)
            where F : IEach<float, float>
        {
            Add($"{name}.approx.f32", Kind.SpecialMath, "ww", Each<float, float, F>());
            Add($"{name}.approx.ftz.f32", Kind.SpecialMath, "ww", Each<float, float, Approximations.Flushed<F>>());
        }

        Add("add.s32 add.u32 add.s16 add.u16", Kind.IntegerMath, "www", Map2<int, Add<int>>());
        Add("add.s64 add.u64", Kind.IntegerMath, "ddd", Map2<long, Add<long>>());
        Add("sub.s32 sub.u32 sub.s16 sub.u16", Kind.IntegerMath, "www", Map2<int, Sub<int>>());
        Add("sub.s64 sub.u64", Kind.IntegerMath, "ddd", Map2<long, Sub<long>>());
        Add("mul.lo.s32 mul.lo.u32 mul.lo.s16 mul.lo.u16", Kind.IntegerMath, "www", Map2<int, Mul<int>>());
        Add("mul.lo.s64 mul.lo.u64", Kind.IntegerMath, "ddd", Map2<long, Mul<long>>());
        Add("mad.lo.s32 mad.lo.u32 mad.lo.s16 mad.lo.u16", Kind.IntegerMath, "wwww", Map3<int, MulAdd<int>>());
        Add("mad.lo.s64 mad.lo.u64", Kind.IntegerMath, "dddd", Map3<long, MulAdd<long>>());
        Add("mul.hi.s32", Kind.IntegerMath, "www", Each2<int, int, int, MulHigh<int>>());
        Add("mul.hi.u32", Kind.IntegerMath, "www", Each2<uint, uint, uint, MulHigh<uint>>());
        Add("mul.hi.s64", Kind.IntegerMath, "ddd", Each2<long, long, long, MulHigh<long>>());
        Add("mul.hi.u64", Kind.IntegerMath, "ddd", Each2<ulong, ulong, ulong, MulHigh64>());
        Add("mul.wide.s32", Kind.IntegerMath, "dww", Each2<int, int, long, MulWide<int, long>>());
        Add("mul.wide.u32", Kind.IntegerMath, "dww", Each2<uint, uint, ulong, MulWide<uint, ulong>>());
        Add("mad.wide.s32", Kind.IntegerMath, "dwwd", Each3<int, int, long, long, MadWide<int, long>>());
        Add("mad.wide.u32", Kind.IntegerMath, "dwwd", Each3<uint, uint, ulong, ulong, MadWide<uint, ulong>>());
        Add("div.s32", Kind.IntegerMath, "www", new(&Lanes.Divide<int, Div<int>>));
        Add("div.u32", Kind.IntegerMath, "www", new(&Lanes.Divide<uint, Div<uint>>));
        Add("div.s64", Kind.IntegerMath, "ddd", new(&Lanes.Divide<long, Div<long>>));
        Add("div.u64", Kind.IntegerMath, "ddd", new(&Lanes.Divide<ulong, Div<ulong>>));
        Add("rem.s32", Kind.IntegerMath, "www", new(&Lanes.Divide<int, Rem<int>>));
        Add("rem.u32", Kind.IntegerMath, "www", new(&Lanes.Divide<uint, Rem<uint>>));
        Add("rem.s64", Kind.IntegerMath, "ddd", new(&Lanes.Divide<long, Rem<long>>));
        Add("rem.u64", Kind.IntegerMath, "ddd", new(&Lanes.Divide<ulong, Rem<ulong>>));
        Add("min.s32", Kind.IntegerMath, "www", Map2<int, Min<int>>());
        Add("min.u32", Kind.IntegerMath, "www", Map2<uint, Min<uint>>());
        Add("min.s64", Kind.IntegerMath, "ddd", Map2<long, Min<long>>());
        Add("min.u64", Kind.IntegerMath, "ddd", Map2<ulong, Min<ulong>>());
        Add("min.s16", Kind.IntegerMath, "www", Map2<int, Signed16<Min<int>>>());
        Add("min.u16", Kind.IntegerMath, "www", Map2<int, Unsigned16<Min<int>>>());
        Add("max.s32", Kind.IntegerMath, "www", Map2<int, Max<int>>());
        Add("max.u32", Kind.IntegerMath, "www", Map2<uint, Max<uint>>());
        Add("max.s64", Kind.IntegerMath, "ddd", Map2<long, Max<long>>());
        Add("max.u64", Kind.IntegerMath, "ddd", Map2<ulong, Max<ulong>>());
        Add("max.s16", Kind.IntegerMath, "www", Map2<int, Signed16<Max<int>>>());
        Add("max.u16", Kind.IntegerMath, "www", Map2<int, Unsigned16<Max<int>>>());
        Add("neg.s32 neg.s16", Kind.IntegerMath, "ww", Map<int, Neg<int>>());
        Add("neg.s64", Kind.IntegerMath, "dd", Map<long, Neg<long>>());
        Add("abs.s32", Kind.IntegerMath, "ww", Map<int, Abs<int>>());
        Add("abs.s64", Kind.IntegerMath, "dd", Map<long, Abs<long>>());

        Add("and.b32 and.b16", Kind.IntegerMath, "www", Map2<int, And<int>>());
        Add("and.b64", Kind.IntegerMath, "ddd", Map2<long, And<long>>());
        Add("or.b32 or.b16", Kind.IntegerMath, "www", Map2<int, Or<int>>());
        Add("or.b64", Kind.IntegerMath, "ddd", Map2<long, Or<long>>());
        Add("xor.b32 xor.b16", Kind.IntegerMath, "www", Map2<int, Xor<int>>());
        Add("xor.b64", Kind.IntegerMath, "ddd", Map2<long, Xor<long>>());
        Add("not.b32 not.b16", Kind.IntegerMath, "ww", Map<int, Complement<int>>());
        Add("not.b64", Kind.IntegerMath, "dd", Map<long, Complement<long>>());
        Add("and.pred", Kind.IntegerMath, "ppp", Predicates<AndBits>());
        Add("or.pred", Kind.IntegerMath, "ppp", Predicates<OrBits>());
        Add("xor.pred", Kind.IntegerMath, "ppp", Predicates<XorBits>());
        Add("shl.b32", Kind.IntegerMath, "www", Each2<uint, uint, uint, ShiftLeft<uint>>());
        Add("shl.b64", Kind.IntegerMath, "ddw", Each2<ulong, uint, ulong, ShiftLeft<ulong>>());
        Add("shl.b16", Kind.IntegerMath, "www", Each2<int, uint, int, ShiftLeft16>());
        Add("shr.b32 shr.u32", Kind.IntegerMath, "www", Each2<uint, uint, uint, ShiftRight<uint>>());
        Add("shr.s32", Kind.IntegerMath, "www", Each2<int, uint, int, ShiftRight<int>>());
        Add("shr.b64 shr.u64", Kind.IntegerMath, "ddw", Each2<ulong, uint, ulong, ShiftRight<ulong>>());
        Add("shr.s64", Kind.IntegerMath, "ddw", Each2<long, uint, long, ShiftRight<long>>());
        Add("shr.s16", Kind.IntegerMath, "www", Each2<int, uint, int, ShiftRightSigned16>());
        Add("shr.b16 shr.u16", Kind.IntegerMath, "www", Each2<int, uint, int, ShiftRightUnsigned16>());
        Add("popc.b32", Kind.IntegerMath, "ww", Each<uint, uint, PopCount<uint>>());
        Add("popc.b64", Kind.IntegerMath, "wd", Each<ulong, uint, PopCount<ulong>>());
        Add("clz.b32", Kind.IntegerMath, "ww", Each<uint, uint, LeadingZeros<uint>>());
        Add("clz.b64", Kind.IntegerMath, "wd", Each<ulong, uint, LeadingZeros<ulong>>());

        Add("selp.b32 selp.s32 selp.u32 selp.f32 selp.b16 selp.s16 selp.u16", Kind.Move, "wwwp",
            new(&Lanes.Select<int>));
        Add("selp.b64 selp.s64 selp.u64 selp.f64", Kind.Move, "dddp", new(&Lanes.Select<long>));
        Add("mov.b32 mov.s32 mov.u32 mov.f32 mov.b16 mov.s16 mov.u16", Kind.Move, "ww", new(&Lanes.Copy<int>));
        Add("mov.b64 mov.s64 mov.u64 mov.f64", Kind.Move, "dd", new(&Lanes.Copy<long>));
        Add("activemask.b32", Kind.Move, "w", new(&WarpWide.ActiveMask));
        return table;
    }

    /// <summary>
    /// The code of set.compare.u32.f32 (all bits or none into a register); null where there is none such.
    /// </summary>
    public static Code? SetFloat(string compare) => compare switch
    {
        "eq" => Map2<float, Eq<float>>(),
        "ne" => Map2<float, OrderedNe<float>>(),
        "lt" => Map2<float, Lt<float>>(),
        "le" => Map2<float, Le<float>>(),
        "gt" => Map2<float, Gt<float>>(),
        "ge" => Map2<float, Ge<float>>(),
        _ => null,
    };

    /// <summary>The code of setp.compare.type; null where there is none such.</summary>
    public static Code? Comparison(string compare, string type) => type switch
    {
        "f32" => Floats<float>(compare),
        "f64" => Floats<double>(compare),
        "s32" or "b32" => Integers<int>(compare),
        "u32" => Integers<uint>(compare),
        "s64" or "b64" => Integers<long>(compare),
        "u64" => Integers<ulong>(compare),
        "s16" or "b16" => compare switch
        {
            "eq" => Compare<int, Signed16<Eq<int>>>(),
            "ne" => Compare<int, Signed16<Not<int, Eq<int>>>>(),
            "lt" => Compare<int, Signed16<Lt<int>>>(),
            "le" => Compare<int, Signed16<Le<int>>>(),
            "gt" => Compare<int, Signed16<Gt<int>>>(),
            "ge" => Compare<int, Signed16<Ge<int>>>(),
            _ => null,
        },
        "u16" => compare switch
        {
            "eq" => Compare<int, Unsigned16<Eq<int>>>(),
            "ne" => Compare<int, Unsigned16<Not<int, Eq<int>>>>(),
            "lt" or "lo" => Compare<int, Unsigned16<Lt<int>>>(),
            "le" or "ls" => Compare<int, Unsigned16<Le<int>>>(),
            "gt" or "hi" => Compare<int, Unsigned16<Gt<int>>>(),
            "ge" or "hs" => Compare<int, Unsigned16<Ge<int>>>(),
            _ => null,
        },
        _ => null,
    };

    private static Code? Floats<T>(string compare)
        where T : unmanaged => compare switch
        {
            "eq" => Compare<T, Eq<T>>(),
            "ne" => Compare<T, OrderedNe<T>>(),
            "lt" => Compare<T, Lt<T>>(),
            "le" => Compare<T, Le<T>>(),
            "gt" => Compare<T, Gt<T>>(),
            "ge" => Compare<T, Ge<T>>(),
            "equ" => Compare<T, Not<T, OrderedNe<T>>>(),
            "neu" => Compare<T, Not<T, Eq<T>>>(),
            "ltu" => Compare<T, Not<T, Ge<T>>>(),
            "leu" => Compare<T, Not<T, Gt<T>>>(),
            "gtu" => Compare<T, Not<T, Le<T>>>(),
            "geu" => Compare<T, Not<T, Lt<T>>>(),
            "num" => Compare<T, Ordered<T>>(),
            "nan" => Compare<T, Not<T, Ordered<T>>>(),
            _ => null,
        };

    private static Code? Integers<T>(string compare)
        where T : unmanaged => compare switch
        {
            "eq" => Compare<T, Eq<T>>(),
            "ne" => Compare<T, Not<T, Eq<T>>>(),
            "lt" or "lo" => Compare<T, Lt<T>>(),
            "le" or "ls" => Compare<T, Le<T>>(),
            "gt" or "hi" => Compare<T, Gt<T>>(),
            "ge" or "hs" => Compare<T, Ge<T>>(),
            _ => null,
        };

    private static Code Compare<T, F>()
        where T : unmanaged
        where F : IBinary<T> => new(&Lanes.Compare<T, F>);

    private static Code Map<T, F>()
        where T : unmanaged
        where F : IUnary<T> => new(&Lanes.Map<T, F>);

    private static Code Map2<T, F>()
        where T : unmanaged
        where F : IBinary<T> => new(&Lanes.Map2<T, F>);

    private static Code Map3<T, F>()
        where T : unmanaged
        where F : ITernary<T> => new(&Lanes.Map3<T, F>);

    private static Code Each<T, TResult, F>()
        where T : unmanaged
        where TResult : unmanaged
        where F : IEach<T, TResult> => new(&Lanes.Each<T, TResult, F>);

    private static Code Each2<T, T2, TResult, F>()
        where T : unmanaged
        where T2 : unmanaged
        where TResult : unmanaged
        where F : IEach2<T, T2, TResult> => new(&Lanes.Each2<T, T2, TResult, F>);

    private static Code Each3<T, T2, T3, TResult, F>()
        where T : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TResult : unmanaged
        where F : IEach3<T, T2, T3, TResult> => new(&Lanes.Each3<T, T2, T3, TResult, F>);

    private static Code Predicates<F>()
        where F : IEach2<uint, uint, uint> => new(&Lanes.Predicates<F>);

    private readonly struct AndBits : IEach2<uint, uint, uint>
    {
        public static uint Of(uint a, uint b) => a & b;
    }

    private readonly struct OrBits : IEach2<uint, uint, uint>
    {
        public static uint Of(uint a, uint b) => a | b;
    }

    private readonly struct XorBits : IEach2<uint, uint, uint>
    {
        public static uint Of(uint a, uint b) => a ^ b;
    }
}
