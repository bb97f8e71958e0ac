using VaeCf.Kernels;
using VaeCf.Native.Devices;


namespace VaeCf.Native.Networks;

/// <summary>
/// Random numbers that a step draws: the same for a seed, step, user and place, whatever the batch, the threads or the
/// device.
/// </summary>
/// <param name="role">What the numbers are for, by name.</param>
/// <param name="purpose">The purpose of their stream.</param>
/// <param name="values">Receives the numbers.</param>
internal abstract class Noise(string role, RandomPurpose purpose, Tensor values)
{
    public string Role { get; } = role;
    public Tensor Values { get; } = values;

    public void Draw(Compute c, ClickBatch batch, ulong seed, ulong step) =>
        Draw(c, batch, new RandomStream(seed, purpose, step));

    /// <summary>Uses given numbers in place of drawn ones.</summary>
    public virtual void Give(Compute c, ReadOnlySpan<double> given)
    {
        Values.Resize(given.Length / Values.Columns);
        c.Write(given, Values);
    }

    protected abstract void Draw(Compute c, ClickBatch batch, RandomStream stream);
}

/// <summary>Which clicks of the input survive: drawn where they are read, or given, [N, 1] of 0 and 1.</summary>
internal sealed class ClickMask(Arena memory, string role, RandomPurpose purpose, double keep)
    : Noise(role, purpose, memory.Allocate(0, 1))
{
    /// <summary>The probability that a click survives.</summary>
    public double Keep { get; } = keep;

    /// <summary>What the reader draws from; null where the mask is given.</summary>
    public RandomStream? Stream { get; private set; }

    public override void Give(Compute c, ReadOnlySpan<double> given)
    {
        base.Give(c, given);
        Stream = null;
    }

    protected override void Draw(Compute c, ClickBatch batch, RandomStream stream) => Stream = stream;
}

/// <summary>Which numbers of a dense input survive, 0 and 1.</summary>
internal sealed class DenseMask(Arena memory, string role, RandomPurpose purpose, double keep, int rows, int columns)
    : Noise(role, purpose, memory.Allocate(0, columns))
{
    /// <summary>The probability that a number survives.</summary>
    public double Keep { get; } = keep;

    protected override void Draw(Compute c, ClickBatch batch, RandomStream stream)
    {
        Values.Resize(rows);
        c.DropoutMask(stream, Keep, Values);
    }
}

/// <summary>Standard normal noise, [B, columns].</summary>
internal sealed class NormalNoise(Arena memory, string role, RandomPurpose purpose, int columns)
    : Noise(role, purpose, memory.Allocate(0, columns))
{
    protected override void Draw(Compute c, ClickBatch batch, RandomStream stream) => c.Normal(stream, batch, Values);
}
