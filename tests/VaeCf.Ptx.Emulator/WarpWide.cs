using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>How shfl.sync finds the lane it reads.</summary>
internal enum ShuffleMode
{
    Up,
    Down,
    Butterfly,
    Index,
}

/// <summary>
/// Instructions in which the lanes of a warp look at one another: shuffles, votes, reductions at a barrier.
/// </summary>
internal static unsafe class WarpWide
{
    /// <summary>What a vote or a bar.red gives: the op's number.</summary>
    public const int None = 0, AllVote = 1, AnyVote = 2, Ballot = 3, Uniform = 4, PopCount = 5;

    public static void ActiveMask(Warp w, Op* op) => Fill(w, op->R[0], w.Active);

    /// <summary>bar.warp.sync and the wait of every .sync: all lanes named that still live must be here.</summary>
    private static void MeetLanes(Warp w, Op* op, int maskPlace)
    {
        uint* masks = w.At<uint>(maskPlace);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            uint missing = masks[lane] & w.Alive & ~w.Active;
            if (missing != 0)
                throw w.Fail(Fault.DivergentBarrier, op, BitOperations.TrailingZeroCount(missing), null,
                    $"the mask 0x{masks[lane]:X} names this thread, which is not at the instruction that others of its "
                        + "warp reached.");
            if ((masks[lane] >> lane & 1) == 0)
                throw w.Fail(Fault.DivergentBarrier, op, lane, null,
                    $"the mask 0x{masks[lane]:X} does not name this thread, which runs the instruction.");
        }
    }

    /// <summary>R: mask.</summary>
    public static void Synchronise(Warp w, Op* op)
    {
        MeetLanes(w, op, op->R[0]);
        // Order is kept per warp: a barrier of some lanes only orders nothing here.
        if (w.Active == w.Alive)
            w.Interval++;
    }

    /// <summary>R: target, predicate target or -1, source, lane operand, clamp and segment mask, mask.</summary>
    public static void Shuffle(Warp w, Op* op)
    {
        MeetLanes(w, op, op->R[5]);
        uint* target = w.At<uint>(op->R[0]), source = w.At<uint>(op->R[2]);
        int* operand = w.At<int>(op->R[3]), limits = w.At<int>(op->R[4]);
        uint* results = stackalloc uint[Lanes.Count];
        uint inRange = 0;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int b = operand[lane] & 31, clamp = limits[lane] & 31, segment = (limits[lane] >> 8) & 31;
            int last = (lane & segment) | (clamp & ~segment);
            int from = (ShuffleMode)op->Number switch
            {
                ShuffleMode.Up => lane - b,
                ShuffleMode.Down => lane + b,
                ShuffleMode.Butterfly => lane ^ b,
                _ => (lane & segment) | (b & ~segment),
            };
            if ((ShuffleMode)op->Number == ShuffleMode.Up ? from >= last : from <= last)
                inRange |= 1u << lane;
            else
                from = lane;
            if ((w.Active >> from & 1) == 0)
                throw w.Fail(Fault.ShuffleSource, op, lane, null, $"it reads lane {from}, which does not take part.");
            results[lane] = source[from];
        }

        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            target[lane] = results[lane];
        }

        if (op->R[1] >= 0)
            w.SetBits(op->R[1], inRange);
    }

    /// <summary>
    /// R: target (a register for ballot, else a predicate), predicate, mask. R[3] is 1 where the predicate is negated.
    /// </summary>
    public static void Vote(Warp w, Op* op)
    {
        MeetLanes(w, op, op->R[2]);
        uint votes = w.Bits(op->R[1]);
        votes = (op->R[3] == 1 ? ~votes : votes) & w.Active;
        if (op->Number == Ballot)
        {
            Fill(w, op->R[0], votes);
            return;
        }

        bool result = op->Number switch
        {
            AllVote => votes == w.Active,
            AnyVote => votes != 0,
            _ => votes == 0 || votes == w.Active,
        };
        w.SetBits(op->R[0], result ? Warp.All : 0);
    }

    /// <summary>
    /// bar.red, when all warps of a block have come: R is the target and the predicate, negated where R[2] is 1.
    /// </summary>
    public static void ReduceAtBarrier(Warp[] warps, Op* op)
    {
        if (op->Number == None)
            return;
        int threads = 0, votes = 0;
        foreach (var warp in warps)
        {
            uint bits = warp.Bits(op->R[1]);
            threads += BitOperations.PopCount(warp.Alive);
            votes += BitOperations.PopCount((op->R[2] == 1 ? ~bits : bits) & warp.Alive);
        }

        foreach (var warp in warps)
        {
            warp.Active = warp.Alive;
            if (op->Number == PopCount)
                Fill(warp, op->R[0], (uint)votes);
            else
                warp.SetBits(op->R[0], (op->Number == AllVote ? votes == threads : votes != 0) ? Warp.All : 0);
        }
    }

    private static void Fill(Warp w, int place, uint value)
    {
        uint* target = w.At<uint>(place);
        for (uint left = w.Active; left != 0; left &= left - 1)
            target[BitOperations.TrailingZeroCount(left)] = value;
    }
}
