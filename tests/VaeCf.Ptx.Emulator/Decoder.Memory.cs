using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>Instructions of memory and of warps.</summary>
internal sealed unsafe partial class Decoder
{
    /// <summary>Words of ld and st that change nothing here: caching, and orders that hold anyway.</summary>
    private static bool IsHint(string part) => part is "volatile" or "relaxed" or "weak" or "gpu" or "cta" or "sys"
        or "nc" or "ca" or "cg" or "cs" or "cv" or "wb" or "wt" or "lu" or "acquire" or "release"
        || part.StartsWith("L1::", StringComparison.Ordinal) || part.StartsWith("L2::", StringComparison.Ordinal);

    private static Space? SpaceOf(string part) => part switch
    {
        "global" => Space.Global,
        "shared" => Space.Shared,
        "local" => Space.Local,
        "param" => Space.Parameter,
        _ => null,
    };

    private Kind Memory(ref Op op, string[] parts)
    {
        bool load = parts[0] == "ld";
        var type = Type(parts[^1]);
        op.Space = Space.Generic;
        op.Vector = 1;
        foreach (string part in parts[1..^1])
        {
            if (SpaceOf(part) is { } space)
                op.Space = space;
            else if (part is "v2" or "v4")
                op.Vector = part[1] - '0';
            else if (!IsHint(part))
                throw Unknown();
        }

        var (address, value) = load ? (Operands[1], Operands[0]) : (Operands[0], Operands[1]);
        if (op.Space == Space.Parameter)
        {
            if (!load || op.Vector != 1 || address.Symbol is not { Space: Space.Parameter } parameter)
                throw Unknown();
            op.Number = parameter.Place + address.Value;
            if (op.Number + type.Bytes > text.ParameterBytes)
                throw new PtxTextException(instruction.Line, $"'{instruction.Text}' reads past the parameters.");
            op.R[0] = Target(value, ValueWidth(value));
            op.Run = AccessCode(type, ValueWidth(value), parameter: true, load).Run;
            return Kind.Move;
        }

        Address(ref op, address);
        var values = op.Vector == 1 ? [value] : value.Parts ?? [];
        if (values.Length != op.Vector)
            throw Unknown();
        char width = ValueWidth(values[0], type);
        for (int i = 0; i < values.Length; i++)
            op.R[i + 1] = load ? Target(values[i], width) : Source(values[i], width);
        op.Run = AccessCode(type, width, parameter: false, load).Run;
        SharedWords &= type.Bytes >= 4 || op.Space is Space.Global or Space.Local;
        return (op.Space, load) switch
        {
            (Space.Shared, true) => Kind.SharedLoad,
            (Space.Shared, false) => Kind.SharedStore,
            (Space.Local, true) => Kind.LocalLoad,
            (Space.Local, false) => Kind.LocalStore,
            (_, true) => Kind.GlobalLoad,
            (_, false) => Kind.GlobalStore,
        };
    }

    /// <summary>A register may be wider than what is loaded into it or stored from it.</summary>
    private static char ValueWidth(Operand operand, PtxType? type = null) =>
        operand.Symbol is { } register ? Width(register.Type) : type is { } t ? Width(t) : 'w';

    private void Address(ref Op op, Operand address)
    {
        if (address.Kind != OperandKind.Address)
            throw Wrong(address);
        op.Number = address.Value;
        if (address.Symbol is { Space: Space.Register } register)
        {
            op.WideAddress = register.Type.LaneBytes == 8;
            op.R[0] = register.Place;
        }
        else
        {
            op.WideAddress = true;
            op.R[0] = Number(address.Symbol is { } variable ? Place(variable) : 0, 'd');
        }
    }

    private Code AccessCode(PtxType type, char width, bool parameter, bool load)
    {
        return (type.Kind == 's', type.Bits, width) switch
        {
            (true, 8, 'w') => Of<sbyte, int>(),
            (true, 16, 'w') => Of<short, int>(),
            (false, 8, 'w') => Of<byte, uint>(),
            (false, 16, 'w') => Of<ushort, uint>(),
            (_, 32, 'w') => Of<uint, uint>(),
            (true, 32, 'd') => Of<int, long>(),
            (false, 32, 'd') => Of<uint, ulong>(),
            (_, 64, 'd') => Of<ulong, ulong>(),
            _ => throw Unknown(),
        };

        Code Of<T, TLane>()
            where T : unmanaged, INumberBase<T>
            where TLane : unmanaged, INumberBase<TLane> =>
            parameter ? new(&MemoryAccess.LoadParameter<T, TLane>)
            : load ? new(&MemoryAccess.Load<T, TLane>) : new(&MemoryAccess.Store<T, TLane>);
    }

    private Kind Atomic(ref Op op, string[] parts)
    {
        string operation = "";
        op.Space = Space.Generic;
        foreach (string part in parts[1..^1])
        {
            if (SpaceOf(part) is { } space)
                op.Space = space;
            else if (!IsHint(part))
                operation = operation.Length == 0 ? part : throw Unknown();
        }

        bool target = parts[0] == "atom";
        var rest = Operands.AsSpan(target ? 1 : 0);
        if (op.Space is Space.Local or Space.Parameter || rest.Length != (operation == "cas" ? 3 : 2))
            throw Unknown();
        char width = Width(Type(parts[^1]));
        op.Run = (MemoryAccess.FindAtomic(operation, parts[^1]) ?? throw Unknown()).Run;
        Address(ref op, rest[0]);
        op.R[1] = target ? Target(Operands[0], width) : -1;
        op.R[2] = Source(rest[1], width);
        op.R[3] = Source(rest[^1], width);
        return Kind.Atomic;
    }

    /// <summary>
    /// cp.async.ca or .cg.shared.global [to], [from], bytes, bytes to read; cp.async.commit_group; cp.async.wait_group
    /// n.
    /// </summary>
    private Kind AsyncCopy(ref Op op, string[] parts)
    {
        switch (parts)
        {
            case ["cp", "async", "commit_group"] when Operands.Length == 0:
                op.Run = &AsyncCopies.Commit;
                return Kind.Barrier;
            case ["cp", "async", "wait_group"] when Operands is [{ Kind: OperandKind.Integer } groups]:
                op.Run = &AsyncCopies.Wait;
                op.Number = groups.Value;
                return Kind.Barrier;
            case ["cp", "async", "ca" or "cg", "shared", "global"] when Operands is [_,
                _, { Kind: OperandKind.Integer, Value: 4 or 8 or 16 }, ..] and { Length: 3 or 4 }
                && (parts[2] == "ca" || Operands[2].Value == 16):
                Address(ref op, Operands[1]);
                (op.R[1], op.R[2], op.R[3]) = (op.R[0], checked((int)op.Number), op.WideAddress ? 1 : 0);
                Address(ref op, Operands[0]);
                op.R[4] = Source(Operands[^1], 'w');
                op.Run = &AsyncCopies.Begin;
                op.Space = Space.Shared;
                op.Vector = (int)Operands[2].Value;
                return Kind.GlobalLoad;
            default:
                throw Unknown();
        }
    }

    /// <summary>cvta: from a space's address to a generic one, or with .to back.</summary>
    private Kind AddressConversion(ref Op op, string[] parts)
    {
        bool back = parts[1] == "to";
        long window = SpaceOf(parts[back ? 2 : 1]) switch
        {
            Space.Global => 0,
            Space.Shared => (long)Addresses.SharedWindow,
            Space.Local => (long)Addresses.LocalWindow,
            _ => throw Unknown(),
        };
        if (parts[^1] is not ("u64" or "s64") || parts.Length != (back ? 4 : 3))
            throw Unknown();
        op.Run = window == 0 ? &Lanes.Copy<long> : &Lanes.Map2<long, Functions.Add<long>>;
        op.R[0] = Target(Operands[0], 'd');
        op.R[1] = Source(Operands[1], 'd');
        op.R[2] = Number(back ? -window : window, 'd');
        return Kind.IntegerMath;
    }

    /// <summary>bar.sync 0, bar.red.and/or.pred, bar.red.popc.u32 and bar.warp.sync mask.</summary>
    private Kind Barrier(ref Op op)
    {
        string name = instruction.Opcode.Replace(".aligned", "", StringComparison.Ordinal);
        if (name == "bar.warp.sync")
        {
            op.Run = &WarpWide.Synchronise;
            op.R[0] = Source(Operands[0], 'w');
            return Kind.Barrier;
        }

        int barrier = name.StartsWith("bar.red", StringComparison.Ordinal) ? 1 : 0;
        if (instruction.Guard is not null || Operands.Length != (barrier == 1 ? 3 : 1)
            || Operands[barrier] is not { Kind: OperandKind.Integer, Value: 0 })
            throw Unknown();
        op.Number = name switch
        {
            "bar.sync" or "barrier.sync" => WarpWide.None,
            "bar.red.and.pred" => WarpWide.AllVote,
            "bar.red.or.pred" => WarpWide.AnyVote,
            "bar.red.popc.u32" => WarpWide.PopCount,
            _ => throw Unknown(),
        };
        if (barrier == 1)
        {
            op.R[0] = Target(Operands[0], op.Number == WarpWide.PopCount ? 'w' : 'p');
            (op.R[1], bool negated) = PredicateSource(Operands[2]);
            op.R[2] = negated ? 1 : 0;
        }

        return Kind.Barrier;
    }

    private Kind Shuffle(ref Op op, string[] parts)
    {
        if (parts is not ["shfl", "sync", _, "b32"] || Operands.Length != 5)
            throw Unknown();
        op.Number = (long)(parts[2] switch
        {
            "up" => ShuffleMode.Up,
            "down" => ShuffleMode.Down,
            "bfly" => ShuffleMode.Butterfly,
            "idx" => ShuffleMode.Index,
            _ => throw Unknown(),
        });
        op.Run = &WarpWide.Shuffle;
        bool pair = Operands[0].Kind == OperandKind.Pair;
        op.R[0] = Target(pair ? Operands[0].Parts![0] : Operands[0], 'w');
        op.R[1] = pair ? Target(Operands[0].Parts![1], 'p') : -1;
        for (int i = 1; i < 5; i++)
            op.R[i + 1] = Source(Operands[i], 'w');
        return Kind.Shuffle;
    }

    private Kind Vote(ref Op op, string[] parts)
    {
        op.Number = parts switch
        {
            ["vote", "sync", "all", "pred"] => WarpWide.AllVote,
            ["vote", "sync", "any", "pred"] => WarpWide.AnyVote,
            ["vote", "sync", "uni", "pred"] => WarpWide.Uniform,
            ["vote", "sync", "ballot", "b32"] => WarpWide.Ballot,
            _ => throw Unknown(),
        };
        op.Run = &WarpWide.Vote;
        op.R[0] = Target(Operands[0], op.Number == WarpWide.Ballot ? 'w' : 'p');
        (op.R[1], bool negated) = PredicateSource(Operands[1]);
        op.R[2] = Source(Operands[2], 'w');
        op.R[3] = negated ? 1 : 0;
        return Kind.Shuffle;
    }

    /// <summary>mma.sync: registers of D (4), A (4), B (2), C (4).</summary>
    private Kind TensorCore(ref Op op)
    {
        op.Run = instruction.Opcode switch
        {
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32" => &TensorCores.Run<TensorCores.Tf32>,
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32" => &TensorCores.Run<TensorCores.Bfloat16>,
            _ => throw Unknown(),
        };
        if (Operands is not [{ Parts: [_, _, _, _] d }, { Parts: [_, _, _, _] a }, { Parts: [_, _] b },
            { Parts: [_, _, _, _] c }])
            throw Unknown();
        int at = 0;
        foreach (var target in d)
            op.R[at++] = Target(target, 'w');
        foreach (var source in (Operand[])[.. a, .. b, .. c])
            op.R[at++] = Source(source, 'w');
        return Kind.TensorCore;
    }
}
