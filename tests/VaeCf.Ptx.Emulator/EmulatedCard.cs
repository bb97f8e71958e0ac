namespace VaeCf.Ptx.Emulator;

/// <summary>
/// What the emulator says of its card, by which the host chooses grids and blocks; and whether its memory is
/// <see cref="GlobalMemory.Trusted"/>.
/// </summary>
internal sealed record EmulatedCard(
    int Multiprocessors = 4, int L2Bytes = 1 << 20, long MemoryBytes = 1L << 30, bool Trusted = false);
