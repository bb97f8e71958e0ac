using System.Runtime.CompilerServices;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// An allocation of device memory: its bytes, and for each whether something has written it (0xFF) or not (0).
/// </summary>
internal sealed unsafe class Allocation
{
    private readonly byte[] data;
    private readonly byte[] written;

    public Allocation(ulong address, int size)
    {
        (Address, Size) = (address, size);
        data = GC.AllocateArray<byte>(size, pinned: true);
        written = GC.AllocateArray<byte>(size, pinned: true);
        Data = (byte*)Unsafe.AsPointer(ref data[0]);
        Written = (byte*)Unsafe.AsPointer(ref written[0]);
    }

    public ulong Address { get; }

    public int Size { get; }

    public byte* Data { get; }

    /// <summary>What has been written, byte by byte.</summary>
    public byte* Written { get; }
}

/// <summary>
/// Device memory in an address space of its own: allocations lie apart, so that an address past one's end is in none.
/// The same numbers are no addresses of this process.
/// </summary>
internal sealed class GlobalMemory(bool trusted = false)
{
    // Far from shared and local windows, 512-byte aligned as the driver's allocations are, and apart by more than a
    // wrong index is likely to leap.
    private const ulong First = 0x7000_0000_0000, Apart = 1 << 20;

    private readonly SortedList<ulong, Allocation> allocations = [];
    private ulong next = First;

    /// <summary>Held while an atomic instruction reads and writes.</summary>
    public Lock Atomics { get; } = new();

    /// <summary>
    /// Bytes that nothing has written are zeros, and may be read: for launches of which not all blocks run.
    /// </summary>
    public bool Trusted => trusted;

    /// <summary>Bytes allocated.</summary>
    public long Bytes { get; private set; }

    public Allocation Allocate(long bytes)
    {
        var allocation = new Allocation(next, checked((int)bytes));
        allocations.Add(next, allocation);
        next += ((ulong)bytes + Apart + 511) / 512 * 512;
        Bytes += bytes;
        return allocation;
    }

    /// <summary>False where no allocation begins at the address.</summary>
    public bool Free(ulong address)
    {
        if (!allocations.TryGetValue(address, out var allocation))
            return false;
        Bytes -= allocation.Size;
        return allocations.Remove(address);
    }

    /// <summary>The allocation that all the bytes lie in, or null.</summary>
    public Allocation? Find(ulong address, long bytes) =>
        Below(address) is { } allocation && address - allocation.Address + (ulong)bytes <= (ulong)allocation.Size
            ? allocation : null;

    /// <summary>Words about an address in no allocation: where the one before it ends.</summary>
    public string Describe(ulong address) => Below(address) is { } allocation
        ? $"the allocation before it has {allocation.Size} bytes from 0x{allocation.Address:X}, this is byte "
        + $"{address - allocation.Address}."
        : "no allocation lies before it.";

    private Allocation? Below(ulong address)
    {
        int low = 0, high = allocations.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (allocations.GetKeyAtIndex(middle) <= address)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? null : allocations.GetValueAtIndex(low - 1);
    }
}
