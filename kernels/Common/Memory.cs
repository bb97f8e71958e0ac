using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Hints to the CPU's caches, for which an address need not be valid, and to the operating system about its pages. They
/// change no result.
/// </summary>
internal static unsafe class Memory
{
    private const int FloatsPerLine = AlignedBuffer.Alignment / sizeof(float);

    /// <summary>Prefetches count floats; does nothing where the CPU has no instruction for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* start, nint count)
    {
        if (Sse.IsSupported)
            for (nint i = 0; i < count; i += FloatsPerLine)
                Sse.Prefetch0(start + i);
    }

    private const nuint LargePage = 2 << 20;
    private const int MAdvHugePage = 14;

    // int madvise(void*, size_t, int), from whichever C library the process has.
    private static readonly delegate* unmanaged<void*, nuint, int, int> madvise =
        OperatingSystem.IsLinux()
            && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out nint address)
            ? (delegate* unmanaged<void*, nuint, int, int>)address : null;

    /// <summary>
    /// Asks for pages of 2 MB, before the memory is first touched, where Linux gives them on request: walks through
    /// hundreds of rows then miss no page. A refusal changes nothing.
    /// </summary>
    public static void AskForLargePages(void* start, nuint bytes)
    {
        nuint first = ((nuint)start + LargePage - 1) / LargePage * LargePage,
            end = ((nuint)start + bytes) / LargePage * LargePage;
        if (madvise != null && first < end)
            _ = madvise((void*)first, end - first, MAdvHugePage);
    }
}
