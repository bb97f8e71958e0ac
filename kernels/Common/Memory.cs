using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels.Common;

/// <summary>Hints to the processor's caches. They change no result, and an address need not be valid.</summary>
internal static unsafe partial class Memory
{
    private const int FloatsPerLine = AlignedBuffer.Alignment / sizeof(float);

    /// <summary>Begins to fetch count floats; nothing where the processor cannot be told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* start, nint count)
    {
        if (Sse.IsSupported)
            for (nint i = 0; i < count; i += FloatsPerLine)
                Sse.Prefetch0(start + i);
    }

    private const nuint LargePage = 2 << 20;

    /// <summary>
    /// Asks for pages of 2 MB, before the memory is first touched, where Linux gives them to those who ask: walks through hundreds of rows then miss
    /// no page. A refusal changes nothing.
    /// </summary>
    public static void AskForLargePages(void* start, nuint bytes)
    {
        nuint first = ((nuint)start + LargePage - 1) / LargePage * LargePage, end = ((nuint)start + bytes) / LargePage * LargePage;
        if (OperatingSystem.IsLinux() && first < end)
            _ = MAdvise((void*)first, end - first, MAdvHugePage);
    }

    private const int MAdvHugePage = 14;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* start, nuint bytes, int advice);
}
