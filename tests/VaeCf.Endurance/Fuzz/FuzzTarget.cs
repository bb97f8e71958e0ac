namespace VaeCf.Endurance.Fuzz;

/// <summary>Something that reads what others wrote, and how inputs for it are made.</summary>
/// <param name="Name">Its name on the command line and in reports.</param>
/// <param name="Make">Makes an input; the same random numbers give the same bytes.</param>
/// <param name="Read">
/// Reads an input. What it refuses it must refuse with an <see cref="Native.InputException"/>; the target itself turns
/// the other exceptions that the library documents for the case into one.
/// </param>
internal sealed record FuzzTarget(string Name, Func<Random, byte[]> Make, Action<byte[]> Read)
{
    /// <summary>Bytes that may be allocated for an input of any size, such as the reader's buffers.</summary>
    public long Buffers { get; init; } = 1 << 20;

    /// <summary>Bytes that may be allocated beside that for each byte of an input.</summary>
    public long PerByte { get; init; } = 100;
}
