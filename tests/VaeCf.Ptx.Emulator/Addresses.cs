using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>What an instruction does with memory.</summary>
enum Access
{
    Read,
    Write,
    Atomic,
}

/// <summary>
/// Turns the active lanes' addresses into places in this process, with every check: bounds, alignment, whether a read was written,
/// races in shared memory. Counts what a card would do: sectors of 32 bytes per request, passes over the 32 banks.
/// </summary>
static unsafe class Addresses
{
    /// <summary>Generic addresses of shared and local memory begin here; those of global memory are themselves.</summary>
    public const ulong SharedWindow = 0x1000_0000_0000, LocalWindow = 0x2000_0000_0000, WindowBytes = 1 << 30;

    /// <summary>The lanes' places for an access of so many bytes each; inactive lanes' are left as they are.</summary>
    public static void Resolve(Warp w, Op* op, Access access, int bytes, byte** places)
    {
        ulong* addresses = stackalloc ulong[Lanes.Count];
        ulong low = 0;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = (op->WideAddress ? w.At<ulong>(op->R[0])[lane] : w.At<uint>(op->R[0])[lane]) + (ulong)op->Number;
            addresses[lane] = address;
            low |= address;
        }

        if ((low & (ulong)(bytes - 1)) != 0)
            throw Misaligned(w, op, bytes, addresses);

        var space = op->Space;
        if (space == Space.Generic)
            space = FromGeneric(w, op, addresses);
        switch (space)
        {
            case Space.Global:
                Global(w, op, access, bytes, addresses, places);
                break;
            case Space.Shared:
                Shared(w, op, access, bytes, addresses, places);
                break;
            default:
                Local(w, op, access, bytes, addresses, places);
                break;
        }
    }

    static PtxFaultException Misaligned(Warp w, Op* op, int bytes, ulong* addresses)
    {
        int lane = BitOperations.TrailingZeroCount(w.Active);
        while ((addresses[lane] & (ulong)(bytes - 1)) == 0)
            lane++;
        return w.Fail(Fault.Misaligned, op, lane, addresses[lane], $"it accesses {bytes} bytes at a multiple of something less.");
    }

    /// <summary>The space of a generic address, which all lanes must share; turns the addresses into that space's.</summary>
    static Space FromGeneric(Warp w, Op* op, ulong* addresses)
    {
        Space? space = null;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            var its = address - SharedWindow < WindowBytes ? Space.Shared : address - LocalWindow < WindowBytes ? Space.Local : Space.Global;
            if ((space ??= its) != its)
                throw w.Fail(Fault.OutOfBounds, op, lane, address, "one instruction accesses more than one kind of memory.");
            addresses[lane] -= its == Space.Shared ? SharedWindow : its == Space.Local ? LocalWindow : 0;
        }

        return space!.Value;
    }

    static void Global(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
    {
        ref var last = ref w.Runner.LastAllocations[op->Index];
        var allocation = last;
        ulong start = allocation?.Address ?? 0, size = (ulong)(allocation?.Size ?? 0);

        ulong* seen = stackalloc ulong[Lanes.Count];
        int sectors = 0;
        ulong sector = ulong.MaxValue;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            ulong offset = address - start;
            if (offset >= size || offset + (ulong)bytes > size)
            {
                last = allocation = w.Runner.Memory.Find(address, bytes)
                    ?? throw w.Fail(Fault.OutOfBounds, op, lane, address, $"{bytes} bytes there lie in no allocation; {w.Runner.Memory.Describe(address)}");
                (start, size) = (allocation.Address, (ulong)allocation.Size);
                offset = address - start;
            }

            byte* written = allocation!.Written + offset;
            if (access != Access.Write && !Written(written, bytes))
                throw w.Fail(Fault.Unwritten, op, lane, address, $"nothing has written these {bytes} bytes (allocation 0x{start:X}, byte {offset}).");
            if (access != Access.Read)
                new Span<byte>(written, bytes).Fill(0xFF);
            places[lane] = allocation.Data + offset;

            if (address >> 5 != sector)
            {
                sector = address >> 5;
                if (!new ReadOnlySpan<ulong>(seen, sectors).Contains(sector))
                    seen[sectors++] = sector;
            }
        }

        int lanes = BitOperations.PopCount(w.Active);
        w.Runner.Counts.Sites[op->Index].Add(lanes * bytes, sectors);
    }

    static void Shared(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
    {
        var shared = w.Runner.Shared;
        byte* data = shared.Data;
        int firstThread = w.Number * Lanes.Count;
        ulong stamp = shared.Stamp(w.Interval, firstThread);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            if (address + (ulong)bytes > (ulong)shared.Size || address > (ulong)shared.Size)
                throw w.Fail(Fault.OutOfBounds, op, lane, address, $"the block has {shared.Size} bytes of shared memory.");
            var fault = access == Access.Read
                ? shared.Read((int)address, bytes, stamp + (uint)lane, out int other)
                : shared.Write((int)address, bytes, stamp + (uint)lane, access == Access.Atomic, out other);
            if (fault == Fault.Unwritten)
                throw w.Fail(Fault.Unwritten, op, lane, address, $"nothing in this block has written these {bytes} bytes of shared memory yet (if another warp will: a barrier is missing, for each runs up to one alone).");
            if (fault == Fault.SharedRace)
                throw w.Fail(Fault.SharedRace, op, lane, address, $"thread {w.ThreadName(other)} accessed it too, with no barrier between.");
            places[lane] = data + address;
        }

        w.Runner.Counts.Sites[op->Index].Add(BitOperations.PopCount(w.Active) * bytes, BankPasses(w.Active, bytes, addresses));
    }

    /// <summary>
    /// How often the banks must be read for one access: lanes in groups of 128 bytes (8 bytes a lane: two groups, 16: four), and
    /// in a group as often as the busiest bank has different words.
    /// </summary>
    static int BankPasses(uint active, int bytes, ulong* addresses)
    {
        int words = Math.Max(1, bytes / 4), group = Lanes.Count / words, passes = 0;
        ulong* distinct = stackalloc ulong[Lanes.Count];
        byte* perBank = stackalloc byte[Lanes.Count];
        for (int from = 0; from < Lanes.Count; from += group)
        {
            uint lanes = active & (group == Lanes.Count ? Warp.All : ((1u << group) - 1) << from);
            if (lanes == 0)
                continue;
            new Span<byte>(perBank, Lanes.Count).Clear();
            int count = 0, most = 1;
            for (; lanes != 0; lanes &= lanes - 1)
            {
                // A lane's words lie in neighbouring banks, so that its first word stands for all.
                ulong word = addresses[BitOperations.TrailingZeroCount(lanes)] >> 2;
                if (count > 0 && (distinct[count - 1] == word || new ReadOnlySpan<ulong>(distinct, count).Contains(word)))
                    continue;
                distinct[count++] = word;
                most = Math.Max(most, ++perBank[word % Lanes.Count]);
            }

            passes += most;
        }

        return passes;
    }

    static void Local(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
    {
        int size = w.Runner.Program.Text.LocalBytes;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            if (address + (ulong)bytes > (ulong)size || address > (ulong)size)
                throw w.Fail(Fault.OutOfBounds, op, lane, address, $"a thread has {size} bytes of local memory.");
            int offset = (lane * size) + (int)address;
            if (access == Access.Read && !Written(w.LocalWritten + offset, bytes))
                throw w.Fail(Fault.Unwritten, op, lane, address, $"this thread has not written these {bytes} bytes of local memory.");
            if (access == Access.Write)
                new Span<byte>(w.LocalWritten + offset, bytes).Fill(0xFF);
            places[lane] = w.Local + offset;
        }

        int all = BitOperations.PopCount(w.Active) * bytes;
        w.Runner.Counts.Sites[op->Index].Add(all, (all + 31) / 32);
    }

    static bool Written(byte* written, int bytes) => bytes switch
    {
        1 => *written == 0xFF,
        2 => *(ushort*)written == 0xFFFF,
        4 => *(uint*)written == ~0u,
        8 => *(ulong*)written == ~0ul,
        _ => !new ReadOnlySpan<byte>(written, bytes).ContainsAnyExcept((byte)0xFF),
    };
}
