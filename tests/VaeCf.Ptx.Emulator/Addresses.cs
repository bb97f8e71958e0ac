using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VaeCf.Ptx.Emulator;

/// <summary>What an instruction does with memory.</summary>
internal enum Access
{
    Read,
    Write,
    Atomic,

    /// <summary>The write of an asynchronous copy.</summary>
    Copy,
}

/// <summary>How the addresses of a warp's lanes lie: anyhow; all 32 the same; all 32 one behind the other.</summary>
internal enum Pattern
{
    Any,
    Same,
    Neighbours,
}

/// <summary>
/// Turns the active lanes' addresses into places in this process, with every check: bounds, alignment, whether a read
/// was written, races in shared memory. Counts what a card would do: sectors of 32 bytes per request, passes over the
/// 32 banks.
/// </summary>
internal static unsafe class Addresses
{
    /// <summary>
    /// Generic addresses of shared and local memory begin here; those of global memory are themselves.
    /// </summary>
    public const ulong SharedWindow = 0x1000_0000_0000, LocalWindow = 0x2000_0000_0000, WindowBytes = 1 << 30;

    private const int SectorShift = 5;

    /// <summary>
    /// The lanes' places for an access of so many bytes each; inactive lanes' are left as they are, and with a pattern
    /// all but lane 0's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Pattern Resolve(Warp w, Op* op, Access access, int bytes, byte** places)
    {
        ulong* addresses = stackalloc ulong[Lanes.Count];
        Read(w, op, addresses);
        var pattern = w.Active == Warp.All && access != Access.Atomic ? Find(addresses, bytes) : Pattern.Any;
        ulong low = 0;
        for (uint left = pattern == Pattern.Any ? w.Active : 1; left != 0; left &= left - 1)
            low |= addresses[BitOperations.TrailingZeroCount(left)];
        if ((low & (ulong)(bytes - 1)) != 0)
            throw Misaligned(w, op, bytes, addresses);

        switch (op->Space == Space.Generic ? FromGeneric(w, op, addresses) : op->Space)
        {
            case Space.Global:
                if (pattern != Pattern.Any && Global(w, op, access, bytes, addresses[0], pattern, places))
                    return pattern;
                Global(w, op, access, bytes, addresses, places);
                return Pattern.Any;
            case Space.Shared:
                if (pattern != Pattern.Any && access == Access.Read
                    && Shared(w, op, bytes, addresses[0], pattern, places))
                    return pattern;
                Shared(w, op, access, bytes, addresses, places);
                return Pattern.Any;
            default:
                Local(w, op, access, bytes, addresses, places);
                return Pattern.Any;
        }
    }

    /// <summary>The addresses as the instruction gives them, of all lanes.</summary>
    private static void Read(Warp w, Op* op, ulong* addresses)
    {
        var offset = Vector256.Create((ulong)op->Number);
        if (op->WideAddress)
        {
            ulong* register = w.At<ulong>(op->R[0]);
            for (int i = 0; i < Lanes.Count; i += Vector256<ulong>.Count)
                (Vector256.Load(register + i) + offset).Store(addresses + i);
        }
        else
        {
            uint* register = w.At<uint>(op->R[0]);
            for (int i = 0; i < Lanes.Count; i++)
                addresses[i] = register[i] + (ulong)op->Number;
        }
    }

    private static Pattern Find(ulong* addresses, int bytes)
    {
        ulong apart = addresses[1] - addresses[0];
        if (apart != 0 && apart != (ulong)bytes)
            return Pattern.Any;
        var each = Vector256.Create(addresses[0]) + (Vector256<ulong>.Indices * apart);
        var step = Vector256.Create(apart * 4);
        for (int i = 0; i < Lanes.Count; i += Vector256<ulong>.Count)
        {
            if (Vector256.Load(addresses + i) != each)
                return Pattern.Any;
            each += step;
        }

        return apart == 0 ? Pattern.Same : Pattern.Neighbours;
    }

    private static PtxFaultException Misaligned(Warp w, Op* op, int bytes, ulong* addresses)
    {
        uint left = w.Active;
        while ((addresses[BitOperations.TrailingZeroCount(left)] & (ulong)(bytes - 1)) == 0)
            left &= left - 1;
        int lane = BitOperations.TrailingZeroCount(left);
        return w.Fail(Fault.Misaligned, op, lane, addresses[lane],
            $"it accesses {bytes} bytes at a multiple of something less.");
    }

    /// <summary>
    /// The space of a generic address, which all lanes must share; turns the addresses into that space's.
    /// </summary>
    private static Space FromGeneric(Warp w, Op* op, ulong* addresses)
    {
        Space? space = null;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            var its = address - SharedWindow < WindowBytes ? Space.Shared
                : address - LocalWindow < WindowBytes ? Space.Local : Space.Global;
            if ((space ??= its) != its)
                throw w.Fail(Fault.OutOfBounds, op, lane, address,
                    "one instruction accesses more than one kind of memory.");
            addresses[lane] -= its == Space.Shared ? SharedWindow : its == Space.Local ? LocalWindow : 0;
        }

        return space!.Value;
    }

    /// <summary>
    /// All lanes of a pattern in one allocation, and a read all written; false where it must be looked at lane by lane.
    /// </summary>
    private static bool Global(Warp w, Op* op, Access access, int bytes, ulong first, Pattern pattern, byte** places)
    {
        ref var last = ref w.Runner.LastAllocations[op->Index];
        int all = pattern == Pattern.Same ? bytes : bytes * Lanes.Count;
        if (last is null || first < last.Address || first - last.Address + (ulong)all > (ulong)last.Size)
        {
            if (w.Runner.Memory.Find(first, all) is not { } found)
                return false;
            last = found;
        }

        int offset = (int)(first - last.Address);
        var written = new Span<byte>(last.Written + offset, all);
        if (access != Access.Read)
            written.Fill(0xFF);
        else if (!w.Runner.Memory.Trusted && written.ContainsAnyExcept((byte)0xFF))
            return false;
        places[0] = last.Data + offset;
        w.Runner.Counts.Sites[op->Index]
            .Add(bytes * Lanes.Count, (int)(((first + (ulong)all - 1) >> SectorShift) - (first >> SectorShift)) + 1);
        return true;
    }

    private static void Global(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
    {
        ref var last = ref w.Runner.LastAllocations[op->Index];
        var allocation = last;
        ulong start = allocation?.Address ?? 0, size = (ulong)(allocation?.Size ?? 0);
        ulong* seen = stackalloc ulong[Lanes.Count];
        int sectors = 0;
        bool trusted = w.Runner.Memory.Trusted;
        ulong sector = ulong.MaxValue;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            ulong offset = address - start;
            if (offset >= size || offset + (ulong)bytes > size)
            {
                last = allocation = w.Runner.Memory.Find(address, bytes)
                    ?? throw w.Fail(Fault.OutOfBounds, op, lane, address,
                        $"{bytes} bytes there lie in no allocation; {w.Runner.Memory.Describe(address)}");
                (start, size) = (allocation.Address, (ulong)allocation.Size);
                offset = address - start;
            }

            byte* written = allocation!.Written + offset;
            if (access != Access.Write && !trusted && !Written(written, bytes))
                throw w.Fail(Fault.Unwritten, op, lane, address,
                    $"nothing has written these {bytes} bytes (allocation 0x{start:X}, byte {offset}).");
            if (access != Access.Read)
                new Span<byte>(written, bytes).Fill(0xFF);
            places[lane] = allocation.Data + offset;

            if (address >> SectorShift != sector)
            {
                sector = address >> SectorShift;
                if (!new ReadOnlySpan<ulong>(seen, sectors).Contains(sector))
                    seen[sectors++] = sector;
            }
        }

        w.Runner.Counts.Sites[op->Index].Add(BitOperations.PopCount(w.Active) * bytes, sectors);
    }

    /// <summary>A read of a pattern; false where it must be looked at lane by lane.</summary>
    private static bool Shared(Warp w, Op* op, int bytes, ulong first, Pattern pattern, byte** places)
    {
        var shared = w.Runner.Shared;
        bool neighbours = pattern == Pattern.Neighbours;
        ulong all = (ulong)(neighbours ? bytes * Lanes.Count : bytes);
        if (bytes < 4 || first > (ulong)shared.Size || first + all > (ulong)shared.Size
            || !shared.ReadAll((int)first, bytes, shared.Stamp(w.Interval, w.Number * Lanes.Count), neighbours))
            return false;
        places[0] = shared.Data + first;
        w.Runner.Counts.Sites[op->Index].Add(bytes * Lanes.Count, bytes / 4);
        return true;
    }

    private static void Shared(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
    {
        var shared = w.Runner.Shared;
        byte* data = shared.Data;
        ulong stamp = shared.Stamp(w.Interval, w.Number * Lanes.Count);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong address = addresses[lane];
            if (address + (ulong)bytes > (ulong)shared.Size || address > (ulong)shared.Size)
                throw w.Fail(Fault.OutOfBounds, op, lane, address,
                    $"the block has {shared.Size} bytes of shared memory.");
            int other;
            var fault = access switch
            {
                Access.Read => shared.Read((int)address, bytes, stamp + (uint)lane, out other),
                Access.Copy => shared.BeginCopy((int)address, bytes, stamp + (uint)lane, out other),
                _ => shared.Write((int)address, bytes, stamp + (uint)lane, access == Access.Atomic, out other),
            };
            if (fault == Fault.Unwritten)
                throw w.Fail(Fault.Unwritten, op, lane, address,
                    $"nothing in this block has written these {bytes} bytes of shared memory yet (if another warp "
                        + "will: a barrier is missing, for each runs up to one alone).");
            if (fault == Fault.CopyInFlight)
                throw w.Fail(Fault.CopyInFlight, op, lane, address,
                    $"thread {w.ThreadName(other)} copies to these {bytes} bytes and has not waited for the copy.");
            if (fault == Fault.SharedRace)
                throw w.Fail(Fault.SharedRace, op, lane, address,
                    $"thread {w.ThreadName(other)} accessed it too, with no barrier between.");
            places[lane] = data + address;
        }

        // A copy is counted where it reads.
        if (access != Access.Copy)
            w.Runner.Counts.Sites[op->Index]
                .Add(BitOperations.PopCount(w.Active) * bytes, BankPasses(w.Active, bytes, addresses));
    }

    /// <summary>
    /// How often the banks must be read for one access: lanes in groups of 128 bytes (8 bytes a lane: two groups, 16:
    /// four), and in a group as often as the busiest bank has different words. A lane's words lie in neighbouring
    /// banks: the first stands for all.
    /// </summary>
    private static int BankPasses(uint active, int bytes, ulong* addresses)
    {
        int words = Math.Max(1, bytes / 4), group = Lanes.Count / words, passes = 0;
        ulong* inBank = stackalloc ulong[Lanes.Count];
        for (int from = 0; from < Lanes.Count; from += group)
        {
            uint lanes = active & (group == Lanes.Count ? Warp.All : ((1u << group) - 1) << from), banks = 0;
            bool conflict = false;
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                ulong word = addresses[BitOperations.TrailingZeroCount(left)] >> 2;
                int bank = (int)word % Lanes.Count;
                if ((banks >> bank & 1) == 0)
                    inBank[bank] = word;
                else
                    conflict |= inBank[bank] != word;
                banks |= 1u << bank;
            }

            passes += conflict ? BusiestBank(lanes, addresses) : lanes == 0 ? 0 : 1;
        }

        return passes;
    }

    private static int BusiestBank(uint lanes, ulong* addresses)
    {
        ulong* distinct = stackalloc ulong[Lanes.Count];
        byte* perBank = stackalloc byte[Lanes.Count];
        int count = 0, most = 0;
        for (; lanes != 0; lanes &= lanes - 1)
        {
            ulong word = addresses[BitOperations.TrailingZeroCount(lanes)] >> 2;
            if (new ReadOnlySpan<ulong>(distinct, count).Contains(word))
                continue;
            distinct[count++] = word;
            most = Math.Max(most, ++perBank[word % Lanes.Count]);
        }

        return most;
    }

    private static void Local(Warp w, Op* op, Access access, int bytes, ulong* addresses, byte** places)
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
                throw w.Fail(Fault.Unwritten, op, lane, address,
                    $"this thread has not written these {bytes} bytes of local memory.");
            if (access == Access.Write)
                new Span<byte>(w.LocalWritten + offset, bytes).Fill(0xFF);
            places[lane] = w.Local + offset;
        }

        int all = BitOperations.PopCount(w.Active) * bytes;
        w.Runner.Counts.Sites[op->Index].Add(all, (all + 31) / 32);
    }

    private static bool Written(byte* written, int bytes) => bytes switch
    {
        1 => *written == 0xFF,
        2 => *(ushort*)written == 0xFFFF,
        4 => *(uint*)written == ~0u,
        8 => *(ulong*)written == ~0ul,
        _ => !new ReadOnlySpan<byte>(written, bytes).ContainsAnyExcept((byte)0xFF),
    };
}
