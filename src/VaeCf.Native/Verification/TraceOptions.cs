namespace VaeCf.Native.Verification;

/// <summary>What a <see cref="TracedStep"/> computes with.</summary>
public sealed record TraceOptions
{
    /// <summary>
    /// The weight of the KL term, 0 or above, of RecVAE per click; null, the default, for the model's cap. A model
    /// without a KL term does not use it.
    /// </summary>
    public double? Beta { get; init; }

    /// <summary>The seed of the noise, and of first weights; 1 by default.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// How many numbers of each gradient are held to slopes, the largest in magnitude first; all by default. Each takes
    /// two forward passes in double precision.
    /// </summary>
    public int Checks { get; init; } = int.MaxValue;
}
