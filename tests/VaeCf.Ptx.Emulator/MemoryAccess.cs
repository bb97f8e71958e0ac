using System.Numerics;
using System.Runtime.CompilerServices;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Loads, stores and atomic changes. Operand 0 is the address; a load's targets or a store's sources follow.
/// </summary>
internal static unsafe class MemoryAccess
{
    /// <summary>Loads T, as TLane in a register: a narrower integer is extended by its sign or by zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Load<T, TLane>(Warp w, Op* op)
        where T : unmanaged, INumberBase<T>
        where TLane : unmanaged, INumberBase<TLane>
    {
        byte** places = stackalloc byte*[Lanes.Count];
        var pattern = Addresses.Resolve(w, op, Access.Read, sizeof(T) * op->Vector, places);
        for (int v = 0; v < op->Vector; v++)
        {
            var target = w.At<TLane>(op->R[1 + v]);
            if (pattern == Pattern.Same)
            {
                new Span<TLane>(target, Lanes.Count).Fill(TLane.CreateTruncating(((T*)places[0])[v]));
            }
            else if (pattern == Pattern.Neighbours)
            {
                for (int lane = 0; lane < Lanes.Count; lane++)
                    target[lane] = TLane.CreateTruncating(((T*)places[0])[(lane * op->Vector) + v]);
            }
            else
            {
                for (uint left = w.Active; left != 0; left &= left - 1)
                {
                    int lane = BitOperations.TrailingZeroCount(left);
                    target[lane] = TLane.CreateTruncating(((T*)places[lane])[v]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store<T, TLane>(Warp w, Op* op)
        where T : unmanaged, INumberBase<T>
        where TLane : unmanaged, INumberBase<TLane>
    {
        byte** places = stackalloc byte*[Lanes.Count];
        int bytes = sizeof(T) * op->Vector;
        var pattern = Addresses.Resolve(w, op, Access.Write, bytes, places);
        for (int lane = 1; pattern != Pattern.Any && lane < Lanes.Count; lane++)
            places[lane] = places[0] + (pattern == Pattern.Neighbours ? lane * bytes : 0);
        for (int v = 0; v < op->Vector; v++)
        {
            var source = w.At<TLane>(op->R[1 + v]);
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int lane = BitOperations.TrailingZeroCount(left);
                ((T*)places[lane])[v] = T.CreateTruncating(source[lane]);
            }
        }
    }

    /// <summary>Loads a parameter, the same in all lanes: the op's number is its byte, R[0] the target.</summary>
    public static void LoadParameter<T, TLane>(Warp w, Op* op)
        where T : unmanaged, INumberBase<T>
        where TLane : unmanaged, INumberBase<TLane>
    {
        var value = TLane.CreateTruncating(Unsafe.ReadUnaligned<T>(ref w.Runner.Launch.Parameters[op->Number]));
        var target = w.At<TLane>(op->R[0]);
        for (uint left = w.Active; left != 0; left &= left - 1)
            target[BitOperations.TrailingZeroCount(left)] = value;
    }

    /// <summary>
    /// atom: R[1] gets the old value, R[2] is the operand, R[3] the value that cas stores. red has no target (R[1]
    /// negative).
    /// </summary>
    public static void Atomic<T, F>(Warp w, Op* op)
        where T : unmanaged
        where F : IAtomic<T>
    {
        byte** places = stackalloc byte*[Lanes.Count];
        Addresses.Resolve(w, op, Access.Atomic, sizeof(T), places);
        T* operand = w.At<T>(op->R[2]), second = w.At<T>(op->R[3]);
        T* target = op->R[1] < 0 ? null : w.At<T>(op->R[1]);
        lock (w.Runner.Memory.Atomics)
        {
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int lane = BitOperations.TrailingZeroCount(left);
                T* place = (T*)places[lane];
                var old = *place;
                *place = F.Of(old, operand[lane], second[lane]);
                if (target is not null)
                    target[lane] = old;
            }
        }
    }

    /// <summary>The code of atom.operation.type; null where there is none such.</summary>
    public static Code? FindAtomic(string operation, string type) => type switch
    {
        "u32" or "b32" => Integers<uint>(operation),
        "s32" => Integers<int>(operation),
        "u64" or "b64" => Integers<ulong>(operation),
        "s64" => Integers<long>(operation),
        "f32" when operation == "add" => new(&Atomic<float, AtomicAdd<float>>),
        "f64" when operation == "add" => new(&Atomic<double, AtomicAdd<double>>),
        _ => null,
    };

    private static Code? Integers<T>(string operation)
        where T : unmanaged, IBinaryInteger<T> => operation switch
        {
            "add" => new(&Atomic<T, AtomicAdd<T>>),
            "min" => new(&Atomic<T, AtomicMin<T>>),
            "max" => new(&Atomic<T, AtomicMax<T>>),
            "and" => new(&Atomic<T, AtomicAnd<T>>),
            "or" => new(&Atomic<T, AtomicOr<T>>),
            "xor" => new(&Atomic<T, AtomicXor<T>>),
            "exch" => new(&Atomic<T, AtomicExchange<T>>),
            "cas" => new(&Atomic<T, AtomicCompareExchange<T>>),
            _ => null,
        };
}

/// <summary>What an atomic instruction stores, from the old value and its operands.</summary>
internal interface IAtomic<T>
{
    static abstract T Of(T old, T a, T b);
}

internal readonly struct AtomicAdd<T> : IAtomic<T>
    where T : INumber<T>
{
    public static T Of(T old, T a, T b) => old + a;
}

internal readonly struct AtomicMin<T> : IAtomic<T>
    where T : INumber<T>
{
    public static T Of(T old, T a, T b) => T.Min(old, a);
}

internal readonly struct AtomicMax<T> : IAtomic<T>
    where T : INumber<T>
{
    public static T Of(T old, T a, T b) => T.Max(old, a);
}

internal readonly struct AtomicAnd<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Of(T old, T a, T b) => old & a;
}

internal readonly struct AtomicOr<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Of(T old, T a, T b) => old | a;
}

internal readonly struct AtomicXor<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Of(T old, T a, T b) => old ^ a;
}

internal readonly struct AtomicExchange<T> : IAtomic<T>
{
    public static T Of(T old, T a, T b) => a;
}

internal readonly struct AtomicCompareExchange<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Of(T old, T a, T b) => old == a ? b : old;
}
