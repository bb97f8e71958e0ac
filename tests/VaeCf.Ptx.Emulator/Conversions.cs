using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>The conversions (cvt): from a source type's value to a target type's, in lanes of 4 or 8 bytes.</summary>
internal static unsafe class Conversions
{
    /// <summary>The code of cvt[.rounding].target.source; null where there is none such.</summary>
    public static Code? Find(string rounding, string target, string source) => (rounding, target, source) switch
    {
        ("rn", "f32", "f16") or ("", "f32", "f16") => Each<uint, float, FromHalf>(),
        ("rn", "f16", "f32") => Each<float, uint, ToHalf>(),
        ("rn", "bf16", "f32") => Each<float, uint, ToBfloat16>(),
        ("rna", "tf32", "f32") => Each<float, uint, ToTf32>(),
        ("rn", "bf16x2", "f32") => Each2<float, float, uint, ToBfloat16Pair>(),
        ("rn", "f32", "f64") => Each<double, float, Narrow>(),
        ("", "f64", "f32") => Each<float, double, Widen>(),
        (_, "f32", "f32") => RoundTo(rounding),
        _ => source switch
        {
            "s8" => FromInteger<sbyte, int>(rounding, target),
            "u8" or "b8" => FromInteger<byte, int>(rounding, target),
            "s16" => FromInteger<short, int>(rounding, target),
            "u16" => FromInteger<ushort, int>(rounding, target),
            "s32" => FromInteger<int, int>(rounding, target),
            "u32" => FromInteger<uint, uint>(rounding, target),
            "s64" => FromInteger<long, long>(rounding, target),
            "u64" => FromInteger<ulong, ulong>(rounding, target),
            "f32" => FromFloat<float>(rounding, target),
            "f64" => FromFloat<double>(rounding, target),
            _ => null,
        },
    };

    private static Code Each<T, TResult, F>()
        where T : unmanaged
        where TResult : unmanaged
        where F : IEach<T, TResult> => new(&Lanes.Each<T, TResult, F>);

    private static Code Each2<T, T2, TResult, F>()
        where T : unmanaged
        where T2 : unmanaged
        where TResult : unmanaged
        where F : IEach2<T, T2, TResult> => new(&Lanes.Each2<T, T2, TResult, F>);

    private static Code? FromInteger<T, TLane>(string rounding, string target)
        where T : unmanaged, IBinaryInteger<T>
        where TLane : unmanaged, IBinaryInteger<TLane> => (rounding, target) switch
        {
            ("", "s8") => Each<TLane, int, Truncate<T, TLane, sbyte, int>>(),
            ("", "u8") => Each<TLane, int, Truncate<T, TLane, byte, int>>(),
            ("", "s16") => Each<TLane, int, Truncate<T, TLane, short, int>>(),
            ("", "u16") => Each<TLane, int, Truncate<T, TLane, ushort, int>>(),
            ("", "s32") => Each<TLane, int, Truncate<T, TLane, int, int>>(),
            ("", "u32") => Each<TLane, uint, Truncate<T, TLane, uint, uint>>(),
            ("", "s64") => Each<TLane, long, Truncate<T, TLane, long, long>>(),
            ("", "u64") => Each<TLane, ulong, Truncate<T, TLane, ulong, ulong>>(),
            ("rn", "f32") => Each<TLane, float, Truncate<T, TLane, float, float>>(),
            ("rn", "f64") => Each<TLane, double, Truncate<T, TLane, double, double>>(),
            _ => null,
        };

    private static Code? FromFloat<T>(string rounding, string target)
        where T : unmanaged, IFloatingPoint<T> => target switch
        {
            "s8" => To<T, sbyte, int>(rounding),
            "u8" => To<T, byte, int>(rounding),
            "s16" => To<T, short, int>(rounding),
            "u16" => To<T, ushort, int>(rounding),
            "s32" => To<T, int, int>(rounding),
            "u32" => To<T, uint, uint>(rounding),
            "s64" => To<T, long, long>(rounding),
            "u64" => To<T, ulong, ulong>(rounding),
            _ => null,
        };

    private static Code? To<T, TTarget, TLane>(string rounding)
        where T : unmanaged, IFloatingPoint<T>
        where TTarget : unmanaged, IBinaryInteger<TTarget>
        where TLane : unmanaged, IBinaryInteger<TLane> => rounding switch
        {
            "rzi" => Each<T, TLane, Saturate<T, TTarget, TLane, TowardZero>>(),
            "rni" => Each<T, TLane, Saturate<T, TTarget, TLane, ToNearest>>(),
            "rmi" => Each<T, TLane, Saturate<T, TTarget, TLane, Down>>(),
            "rpi" => Each<T, TLane, Saturate<T, TTarget, TLane, Up>>(),
            _ => null,
        };

    private static Code? RoundTo(string rounding) => rounding switch
    {
        "rzi" => Each<float, float, Rounded<TowardZero>>(),
        "rni" => Each<float, float, Rounded<ToNearest>>(),
        "rmi" => Each<float, float, Rounded<Down>>(),
        "rpi" => Each<float, float, Rounded<Up>>(),
        _ => null,
    };

    private readonly struct Truncate<T, TLane, TTarget, TTargetLane> : IEach<TLane, TTargetLane>
        where T : INumberBase<T>
        where TLane : INumberBase<TLane>
        where TTarget : INumberBase<TTarget>
        where TTargetLane : INumberBase<TTargetLane>
    {
        public static TTargetLane Of(TLane a) =>
            TTargetLane.CreateTruncating(TTarget.CreateTruncating(T.CreateTruncating(a)));
    }

    /// <summary>Out of range goes to the nearest end, a NaN to 0.</summary>
    private readonly struct Saturate<T, TTarget, TTargetLane, TRounding> : IEach<T, TTargetLane>
        where T : IFloatingPoint<T>
        where TTarget : INumberBase<TTarget>
        where TTargetLane : INumberBase<TTargetLane>
        where TRounding : IMode
    {
        public static TTargetLane Of(T a) =>
            TTargetLane.CreateTruncating(TTarget.CreateSaturating(T.Round(a, TRounding.Mode)));
    }

    private readonly struct Rounded<TRounding> : IEach<float, float>
        where TRounding : IMode
    {
        public static float Of(float a) => MathF.Round(a, TRounding.Mode);
    }

    private interface IMode
    {
        static abstract MidpointRounding Mode { get; }
    }

    private readonly struct TowardZero : IMode
    {
        public static MidpointRounding Mode => MidpointRounding.ToZero;
    }

    private readonly struct ToNearest : IMode
    {
        public static MidpointRounding Mode => MidpointRounding.ToEven;
    }

    private readonly struct Down : IMode
    {
        public static MidpointRounding Mode => MidpointRounding.ToNegativeInfinity;
    }

    private readonly struct Up : IMode
    {
        public static MidpointRounding Mode => MidpointRounding.ToPositiveInfinity;
    }

    private readonly struct Narrow : IEach<double, float>
    {
        public static float Of(double a) => (float)a;
    }

    private readonly struct Widen : IEach<float, double>
    {
        public static double Of(float a) => a;
    }

    private readonly struct FromHalf : IEach<uint, float>
    {
        public static float Of(uint a) => (float)BitConverter.UInt16BitsToHalf((ushort)a);
    }

    private readonly struct ToHalf : IEach<float, uint>
    {
        public static uint Of(float a) => BitConverter.HalfToUInt16Bits((Half)a);
    }

    private readonly struct ToBfloat16 : IEach<float, uint>
    {
        public static uint Of(float a)
        {
            uint bits = BitConverter.SingleToUInt32Bits(a);
            return float.IsNaN(a) ? 0x7FFFu : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        }
    }

    /// <summary>The first value in the upper half, the second in the lower.</summary>
    private readonly struct ToBfloat16Pair : IEach2<float, float, uint>
    {
        public static uint Of(float a, float b) => (ToBfloat16.Of(a) << 16) | ToBfloat16.Of(b);
    }

    /// <summary>To 10 bits of fraction, a half away from zero.</summary>
    private readonly struct ToTf32 : IEach<float, uint>
    {
        public static uint Of(float a)
        {
            uint bits = BitConverter.SingleToUInt32Bits(a);
            return float.IsFinite(a) ? (bits + 0x1000) & 0xFFFFE000 : bits;
        }
    }
}
