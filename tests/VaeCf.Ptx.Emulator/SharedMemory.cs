namespace VaeCf.Ptx.Emulator;

/// <summary>
/// A block's shared memory with the last writer and reader of each granule (a word; a byte where the kernel accesses
/// less). Two threads race when one writes what the other accesses in the same interval between block barriers; threads
/// of one warp, also when no bar.warp.sync lies between. A stamp says who and when: interval of the block, interval of
/// the warp, flags, thread.
/// </summary>
internal sealed unsafe class SharedMemory
{
    private const int IntervalShift = 40, WarpIntervalShift = 16;
    // The stamp, above all others, of what a copy on its way will write; with its thread.
    private const ulong InFlight = ~ThreadMask;
    private const ulong OtherWarps = 1 << 15, OtherLanes = 1 << 14, Atomically = 1 << 13, ThreadMask = 0x3FF,
        WarpMask = 0x3E0;

    private readonly byte[] data;
    private readonly ulong[] writers;
    private readonly ulong[] readers;
    private readonly int shift;
    private ulong blockStart;
    private ulong intervalStart;

    public SharedMemory(int bytes, bool words)
    {
        shift = words ? 2 : 0;
        Size = bytes;
        data = GC.AllocateUninitializedArray<byte>(bytes + 16, pinned: true);
        writers = new ulong[(bytes >> shift) + 1];
        readers = new ulong[(bytes >> shift) + 1];
    }

    public int Size { get; }

    public byte* Data => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref data[0]);

    /// <summary>
    /// Forgets what the block before wrote. Intervals between barriers are counted over all blocks that use this
    /// memory.
    /// </summary>
    public void StartBlock()
    {
        Barrier();
        blockStart = intervalStart;
    }

    public void Barrier() => intervalStart += 1UL << IntervalShift;

    public ulong Stamp(ulong warpInterval, int thread) =>
        intervalStart | ((warpInterval & 0xFFFFFF) << WarpIntervalShift) | (uint)thread;

    /// <summary>Notes a read; says what is wrong with it, null if nothing.</summary>
    public Fault? Read(int offset, int bytes, ulong stamp, out int other)
    {
        for (int g = offset >> shift, end = (offset + bytes - 1) >> shift; g <= end; g++)
        {
            ulong writer = writers[g];
            // Most reads are of what this block wrote before the last barrier.
            if (writer - blockStart >= intervalStart - blockStart)
            {
                other = (int)(writer & ThreadMask);
                if (writer >= InFlight)
                    return Fault.CopyInFlight;
                if (writer < blockStart)
                    return Fault.Unwritten;
                if (Meets(writer, stamp))
                    return Fault.SharedRace;
            }

            NoteReader(g, stamp);
        }

        other = 0;
        return null;
    }

    /// <summary>
    /// Notes a read of the same bytes, or of neighbouring ones, by all 32 lanes of a warp; false where only
    /// <see cref="Read"/> can tell whether it may be.
    /// </summary>
    public bool ReadAll(int offset, int bytes, ulong stamp, bool neighbours)
    {
        int first = offset >> shift, last = (offset + (bytes * (neighbours ? Lanes.Count : 1)) - 1) >> shift,
            granules = bytes >> shift;
        for (int g = first; g <= last; g++)
            if (writers[g] - blockStart >= intervalStart - blockStart)
                return false;
        for (int g = first; g <= last; g++)
        {
            NoteReader(g, stamp + (neighbours ? (uint)((g - first) / granules) : 0));
            if (!neighbours)
                NoteReader(g, stamp + 1);
        }

        return true;
    }

    private void NoteReader(int granule, ulong stamp)
    {
        ulong reader = readers[granule];
        if (reader < intervalStart)
            readers[granule] = stamp;
        else if (reader != stamp)
            readers[granule] = Join(reader, stamp);
    }

    /// <summary>Notes a write, or an atomic change (which races with no other of its kind).</summary>
    public Fault? Write(int offset, int bytes, ulong stamp, bool atomic, out int other)
    {
        for (int g = offset >> shift, end = (offset + bytes - 1) >> shift; g <= end; g++)
        {
            ulong writer = writers[g];
            other = (int)(writer & ThreadMask);
            if (writer >= InFlight)
                return Fault.CopyInFlight;
            if (atomic && writer < blockStart)
                return Fault.Unwritten;
            bool together = atomic && (writer & Atomically) != 0;
            if (!together && Meets(writer, stamp))
                return Fault.SharedRace;
            if (Meets(readers[g], stamp))
            {
                other = (int)(readers[g] & ThreadMask);
                return Fault.SharedRace;
            }

            // A thread that wrote plainly and goes on atomically in one interval still races with the atomic changes of
            // others.
            bool plain = writer >> WarpIntervalShift == stamp >> WarpIntervalShift && (writer & Atomically) == 0;
            writers[g] = together ? Join(writer, stamp) | Atomically : stamp | (atomic && !plain ? Atomically : 0);
        }

        other = 0;
        return null;
    }

    /// <summary>Notes that a copy will write there.</summary>
    public Fault? BeginCopy(int offset, int bytes, ulong stamp, out int other)
    {
        var fault = Write(offset, bytes, stamp, false, out other);
        if (fault is null)
            writers.AsSpan(offset >> shift, bytes >> shift).Fill(InFlight | (stamp & ThreadMask));
        return fault;
    }

    /// <summary>Notes that it has written.</summary>
    public void EndCopy(int offset, int bytes, ulong stamp) =>
        writers.AsSpan(offset >> shift, bytes >> shift).Fill(stamp);

    /// <summary>Whether the stamped access, or one joined to it, is another thread's with no barrier since.</summary>
    private static bool Meets(ulong earlier, ulong now)
    {
        if (earlier >> IntervalShift != now >> IntervalShift)
            return false;
        if ((earlier & OtherWarps) != 0 || (earlier & WarpMask) != (now & WarpMask))
            return true;
        bool sameWarpInterval = (earlier ^ now) << (64 - IntervalShift) >> (
            64 - IntervalShift + WarpIntervalShift) == 0;
        return sameWarpInterval && ((earlier & OtherLanes) != 0 || (earlier & ThreadMask) != (now & ThreadMask));
    }

    /// <summary>The later stamp, marked with whether other warps or lanes were there in the same interval.</summary>
    private static ulong Join(ulong earlier, ulong now)
    {
        if (earlier >> IntervalShift != now >> IntervalShift)
            return now;
        if ((earlier & WarpMask) != (now & WarpMask))
            return now | OtherWarps;
        ulong flags = earlier & OtherWarps;
        bool sameWarpInterval = (earlier ^ now) << (64 - IntervalShift) >> (
            64 - IntervalShift + WarpIntervalShift) == 0;
        if (sameWarpInterval)
            flags |= (earlier & OtherLanes) | ((earlier & ThreadMask) != (now & ThreadMask) ? OtherLanes : 0);
        return now | flags;
    }
}
