namespace VaeCf.Ptx.Emulator;

/// <summary>
/// A block's shared memory with the last writer and reader of each granule (a word; a byte where the kernel accesses less). Two
/// threads race when one writes what the other accesses in the same interval between block barriers; threads of one warp, also
/// when no bar.warp.sync lies between. A stamp says who and when: interval of the block, interval of the warp, flags, thread.
/// </summary>
sealed unsafe class SharedMemory
{
    const int IntervalShift = 40, WarpIntervalShift = 16;
    const ulong OtherWarps = 1 << 15, OtherLanes = 1 << 14, Atomically = 1 << 13, ThreadMask = 0x3FF, WarpMask = 0x3E0;

    readonly byte[] _data;
    readonly ulong[] _writers;
    readonly ulong[] _readers;
    readonly int _shift;
    ulong _blockStart;
    ulong _intervalStart;

    public SharedMemory(int bytes, bool words)
    {
        _shift = words ? 2 : 0;
        Size = bytes;
        _data = GC.AllocateUninitializedArray<byte>(bytes + 16, pinned: true);
        _writers = new ulong[(bytes >> _shift) + 1];
        _readers = new ulong[(bytes >> _shift) + 1];
    }

    public int Size { get; }

    public byte* Data => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _data[0]);

    /// <summary>Forgets what the block before wrote. Intervals between barriers are counted over all blocks that use this memory.</summary>
    public void StartBlock()
    {
        Barrier();
        _blockStart = _intervalStart;
    }

    public void Barrier() => _intervalStart += 1UL << IntervalShift;

    public ulong Stamp(ulong warpInterval, int thread) =>
        _intervalStart | ((warpInterval & 0xFFFFFF) << WarpIntervalShift) | (uint)thread;

    /// <summary>Notes a read; says what is wrong with it, null if nothing.</summary>
    public Fault? Read(int offset, int bytes, ulong stamp, out int other)
    {
        for (int g = offset >> _shift, end = (offset + bytes - 1) >> _shift; g <= end; g++)
        {
            ulong writer = _writers[g];
            // Most reads are of what this block wrote before the last barrier.
            if (writer - _blockStart >= _intervalStart - _blockStart)
            {
                other = (int)(writer & ThreadMask);
                if (writer < _blockStart)
                    return Fault.Unwritten;
                if (Meets(writer, stamp))
                    return Fault.SharedRace;
            }

            NoteReader(g, stamp);
        }

        other = 0;
        return null;
    }

    /// <summary>Notes a read of the same bytes, or of neighbouring ones, by all 32 lanes of a warp; false where only <see cref="Read"/> can tell whether it may be.</summary>
    public bool ReadAll(int offset, int bytes, ulong stamp, bool neighbours)
    {
        int first = offset >> _shift, last = (offset + (bytes * (neighbours ? Lanes.Count : 1)) - 1) >> _shift, granules = bytes >> _shift;
        for (int g = first; g <= last; g++)
            if (_writers[g] - _blockStart >= _intervalStart - _blockStart)
                return false;
        for (int g = first; g <= last; g++)
        {
            NoteReader(g, stamp + (neighbours ? (uint)((g - first) / granules) : 0));
            if (!neighbours)
                NoteReader(g, stamp + 1);
        }

        return true;
    }

    void NoteReader(int granule, ulong stamp)
    {
        ulong reader = _readers[granule];
        if (reader < _intervalStart)
            _readers[granule] = stamp;
        else if (reader != stamp)
            _readers[granule] = Join(reader, stamp);
    }

    /// <summary>Notes a write, or an atomic change (which races with no other of its kind).</summary>
    public Fault? Write(int offset, int bytes, ulong stamp, bool atomic, out int other)
    {
        for (int g = offset >> _shift, end = (offset + bytes - 1) >> _shift; g <= end; g++)
        {
            ulong writer = _writers[g];
            other = (int)(writer & ThreadMask);
            if (atomic && writer < _blockStart)
                return Fault.Unwritten;
            bool together = atomic && (writer & Atomically) != 0;
            if (!together && Meets(writer, stamp))
                return Fault.SharedRace;
            if (Meets(_readers[g], stamp))
            {
                other = (int)(_readers[g] & ThreadMask);
                return Fault.SharedRace;
            }

            // A thread that wrote plainly and goes on atomically in one interval still races with the atomic changes of others.
            bool plain = writer >> WarpIntervalShift == stamp >> WarpIntervalShift && (writer & Atomically) == 0;
            _writers[g] = together ? Join(writer, stamp) | Atomically : stamp | (atomic && !plain ? Atomically : 0);
        }

        other = 0;
        return null;
    }

    /// <summary>Whether the stamped access, or one joined to it, is another thread's with no barrier since.</summary>
    static bool Meets(ulong earlier, ulong now)
    {
        if (earlier >> IntervalShift != now >> IntervalShift)
            return false;
        if ((earlier & OtherWarps) != 0 || (earlier & WarpMask) != (now & WarpMask))
            return true;
        bool sameWarpInterval = (earlier ^ now) << (64 - IntervalShift) >> (64 - IntervalShift + WarpIntervalShift) == 0;
        return sameWarpInterval && ((earlier & OtherLanes) != 0 || (earlier & ThreadMask) != (now & ThreadMask));
    }

    /// <summary>The later stamp, marked with whether other warps or lanes were there in the same interval.</summary>
    static ulong Join(ulong earlier, ulong now)
    {
        if (earlier >> IntervalShift != now >> IntervalShift)
            return now;
        if ((earlier & WarpMask) != (now & WarpMask))
            return now | OtherWarps;
        ulong flags = earlier & OtherWarps;
        bool sameWarpInterval = (earlier ^ now) << (64 - IntervalShift) >> (64 - IntervalShift + WarpIntervalShift) == 0;
        if (sameWarpInterval)
            flags |= (earlier & OtherLanes) | ((earlier & ThreadMask) != (now & ThreadMask) ? OtherLanes : 0);
        return now | flags;
    }
}
