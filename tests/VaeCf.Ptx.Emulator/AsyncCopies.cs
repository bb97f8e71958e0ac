using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// A warp's copies from global to shared memory that are on their way (cp.async). A lane's copies belong to the group
/// that its next commit closes; they are made when the lane waits for that group, the latest time a card may make them,
/// and until then nobody may touch what they write. Other threads may once a barrier follows the wait.
/// </summary>
internal sealed unsafe class AsyncCopies
{
    private readonly record struct Copy(int Lane, int Group, int To, nint From, int Bytes);

    private readonly List<Copy> flying = [];
    private readonly int[] committed = new int[Lanes.Count];

    /// <summary>Forgets those of the block before.</summary>
    public void Clear(SharedMemory shared)
    {
        foreach (var copy in flying)
            shared.EndCopy(copy.To, copy.Bytes, 0);
        flying.Clear();
        Array.Clear(committed);
    }

    /// <summary>
    /// R: addresses in shared memory, in global memory, the latter's offset and width, bytes to read: all of them
    /// (op->Vector) or 0, then zeros are written.
    /// </summary>
    public static void Begin(Warp w, Op* op)
    {
        int bytes = op->Vector;
        byte** from = stackalloc byte*[Lanes.Count], to = stackalloc byte*[Lanes.Count];
        uint active = w.Active, reading = 0;
        int* sizes = w.At<int>(op->R[4]);
        for (uint left = active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (sizes[lane] != 0 && sizes[lane] != bytes)
                throw new NotSupportedException($"cp.async of {sizes[lane]} of {bytes} bytes");
            reading |= sizes[lane] == 0 ? 0 : 1u << lane;
        }

        if (reading != 0)
        {
            var source = *op;
            (source.R[0], source.Number, source.WideAddress, source.Space) = (
                op->R[1], op->R[2], op->R[3] == 1, Space.Global);
            w.Active = reading;
            var pattern = Addresses.Resolve(w, &source, Access.Read, bytes, from);
            for (int lane = 1; pattern != Pattern.Any && lane < Lanes.Count; lane++)
                from[lane] = from[0] + (pattern == Pattern.Neighbours ? lane * bytes : 0);
            w.Active = active;
        }

        Addresses.Resolve(w, op, Access.Copy, bytes, to);
        for (uint left = active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            w.Copies.flying.Add(new Copy(lane, w.Copies.committed[lane], (int)(to[lane] - w.Runner.Shared.Data),
                (reading >> lane & 1) == 0 ? 0 : (nint)from[lane], bytes));
        }
    }

    public static void Commit(Warp w, Op* op)
    {
        for (uint left = w.Active; left != 0; left &= left - 1)
            w.Copies.committed[BitOperations.TrailingZeroCount(left)]++;
    }

    /// <summary>Makes the copies of all groups but the last op->Number.</summary>
    public static void Wait(Warp w, Op* op)
    {
        var shared = w.Runner.Shared;
        ulong stamp = shared.Stamp(w.Interval, w.Number * Lanes.Count);
        w.Copies.flying.RemoveAll(copy =>
        {
            if ((w.Active >> copy.Lane & 1) == 0 || copy.Group + op->Number >= w.Copies.committed[copy.Lane])
                return false;
            shared.EndCopy(copy.To, copy.Bytes, stamp + (uint)copy.Lane);
            var target = new Span<byte>(shared.Data + copy.To, copy.Bytes);
            if (copy.From == 0)
                target.Clear();
            else
                new ReadOnlySpan<byte>((byte*)copy.From, copy.Bytes).CopyTo(target);
            return true;
        });
    }
}
