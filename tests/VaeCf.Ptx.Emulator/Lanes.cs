using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VaeCf.Ptx.Emulator;

/// <summary>A function of one vector of lanes.</summary>
internal interface IUnary<T>
{
    static abstract Vector256<T> Of(Vector256<T> a);
}

/// <summary>A function of two vectors of lanes; a comparison gives all bits or none.</summary>
internal interface IBinary<T>
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b);
}

/// <summary>A function of three vectors of lanes.</summary>
internal interface ITernary<T>
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b, Vector256<T> c);
}

/// <summary>A function of one lane's value.</summary>
internal interface IEach<T, TResult>
{
    static abstract TResult Of(T a);
}

/// <summary>A function of two values of one lane.</summary>
internal interface IEach2<T, T2, TResult>
{
    static abstract TResult Of(T a, T2 b);
}

/// <summary>A function of three values of one lane.</summary>
internal interface IEach3<T, T2, T3, TResult>
{
    static abstract TResult Of(T a, T2 b, T3 c);
}

/// <summary>Runs a function over the 32 lanes of registers and stores the active lanes' results.</summary>
internal static unsafe class Lanes
{
    public const int Count = 32;

    /// <summary>All bits in the lanes, from lane i on, whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mask<T>(uint bits, int i)
    {
        if (Unsafe.SizeOf<T>() == 8)
        {
            var each = Vector256.Create(1L, 2, 4, 8);
            return Vector256.Equals(Vector256.Create((long)(bits >> i)) & each, each).As<long, T>();
        }
        else
        {
            var each = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
            return Vector256.Equals(Vector256.Create((int)(bits >> i)) & each, each).As<int, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(uint active, Vector256<T> value, T* target, int i)
        where T : unmanaged
    {
        if (active != Warp.All)
            value = Vector256.ConditionalSelect(Mask<T>(active, i), value, Vector256.Load(target + i));
        value.Store(target + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Map<T, F>(Warp w, Op* op)
        where T : unmanaged
        where F : IUnary<T>
    {
        T* d = w.At<T>(op->R[0]), a = w.At<T>(op->R[1]);
        uint active = w.Active;
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            Put(active, F.Of(Vector256.Load(a + i)), d, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Map2<T, F>(Warp w, Op* op)
        where T : unmanaged
        where F : IBinary<T>
    {
        T* d = w.At<T>(op->R[0]), a = w.At<T>(op->R[1]), b = w.At<T>(op->R[2]);
        uint active = w.Active;
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            Put(active, F.Of(Vector256.Load(a + i), Vector256.Load(b + i)), d, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Map3<T, F>(Warp w, Op* op)
        where T : unmanaged
        where F : ITernary<T>
    {
        T* d = w.At<T>(op->R[0]), a = w.At<T>(op->R[1]), b = w.At<T>(op->R[2]), c = w.At<T>(op->R[3]);
        uint active = w.Active;
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            Put(active, F.Of(Vector256.Load(a + i), Vector256.Load(b + i), Vector256.Load(c + i)), d, i);
    }

    /// <summary>Chooses a where the predicate holds, else b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Select<T>(Warp w, Op* op)
        where T : unmanaged
    {
        T* d = w.At<T>(op->R[0]), a = w.At<T>(op->R[1]), b = w.At<T>(op->R[2]);
        uint active = w.Active, choice = w.Bits(op->R[3]);
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            Put(active, Vector256.ConditionalSelect(Mask<T>(choice, i), Vector256.Load(a + i), Vector256.Load(b + i)),
                d, i);
    }

    /// <summary>
    /// Sets a predicate by comparing, joined with another predicate as the op's number says (see <see cref="Join"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compare<T, F>(Warp w, Op* op)
        where T : unmanaged
        where F : IBinary<T>
    {
        T* a = w.At<T>(op->R[1]), b = w.At<T>(op->R[2]);
        uint bits = 0;
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            bits |= F.Of(Vector256.Load(a + i), Vector256.Load(b + i)).ExtractMostSignificantBits() << i;
        if (op->Number != 0)
        {
            uint other = w.Bits(op->R[3]);
            if ((op->Number & (long)Join.Negated) != 0)
                other = ~other;
            bits = ((Join)op->Number & ~Join.Negated) switch
            {
                Join.And => bits & other,
                Join.Or => bits | other,
                _ => bits ^ other,
            };
        }

        w.SetBits(op->R[0], bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Each<T, TResult, F>(Warp w, Op* op)
        where T : unmanaged
        where TResult : unmanaged
        where F : IEach<T, TResult>
    {
        T* a = w.At<T>(op->R[1]);
        var d = w.At<TResult>(op->R[0]);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            d[lane] = F.Of(a[lane]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Each2<T, T2, TResult, F>(Warp w, Op* op)
        where T : unmanaged
        where T2 : unmanaged
        where TResult : unmanaged
        where F : IEach2<T, T2, TResult>
    {
        T* a = w.At<T>(op->R[1]);
        T2* b = w.At<T2>(op->R[2]);
        var d = w.At<TResult>(op->R[0]);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            d[lane] = F.Of(a[lane], b[lane]);
        }
    }

    /// <summary>As <see cref="Each2"/>, for quotients: a divisor of zero is a fault.</summary>
    public static void Divide<T, F>(Warp w, Op* op)
        where T : unmanaged, INumberBase<T>
        where F : IEach2<T, T, T>
    {
        T* b = w.At<T>(op->R[2]);
        for (uint left = w.Active; left != 0; left &= left - 1)
            if (b[BitOperations.TrailingZeroCount(left)] == T.Zero)
                throw w.Fail(Fault.DivisionByZero, op, BitOperations.TrailingZeroCount(left), null,
                    "the divisor is 0.");
        Each2<T, T, T, F>(w, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Each3<T, T2, T3, TResult, F>(Warp w, Op* op)
        where T : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TResult : unmanaged
        where F : IEach3<T, T2, T3, TResult>
    {
        T* a = w.At<T>(op->R[1]);
        T2* b = w.At<T2>(op->R[2]);
        T3* c = w.At<T3>(op->R[3]);
        var d = w.At<TResult>(op->R[0]);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            d[lane] = F.Of(a[lane], b[lane], c[lane]);
        }
    }

    /// <summary>A function of predicates: bitwise over the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Predicates<F>(Warp w, Op* op)
        where F : IEach2<uint, uint, uint> =>
        w.SetBits(op->R[0], F.Of(w.Bits(op->R[1]), w.Bits(op->R[2])));

    /// <summary>A copy; of a predicate, negated where the op's number is 1.</summary>
    public static void CopyPredicate(Warp w, Op* op) =>
        w.SetBits(op->R[0], op->Number == 1 ? ~w.Bits(op->R[1]) : w.Bits(op->R[1]));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy<T>(Warp w, Op* op)
        where T : unmanaged
    {
        T* d = w.At<T>(op->R[0]), a = w.At<T>(op->R[1]);
        uint active = w.Active;
        for (int i = 0; i < Count; i += Vector256<T>.Count)
            Put(active, Vector256.Load(a + i), d, i);
    }

    /// <summary>{low, high} = a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack<T, TWide>(Warp w, Op* op)
        where T : unmanaged, IBinaryInteger<T>
        where TWide : unmanaged, IBinaryInteger<TWide>
    {
        var low = w.At<T>(op->R[0]);
        var high = w.At<T>(op->R[1]);
        var a = w.At<TWide>(op->R[2]);
        int half = Unsafe.SizeOf<TWide>() * 4;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            var value = a[lane];
            low[lane] = T.CreateTruncating(value);
            high[lane] = T.CreateTruncating(value >>> half);
        }
    }
}

/// <summary>How setp joins its comparison with a predicate.</summary>
[Flags]
internal enum Join
{
    None = 0,
    And = 1,
    Or = 2,
    Xor = 3,
    Negated = 4,
}
