using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels.Common;

/// <summary>Hints to the processor's caches. They change no result, and an address need not be valid.</summary>
internal static unsafe class Memory
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
}
