namespace VaeCf.Native.Training;

/// <summary>A step of a fit left a loss or a weight that is not a finite number.</summary>
/// <param name="what">What was found, such as "the loss is NaN".</param>
/// <param name="step">The step, from 1.</param>
/// <param name="epoch">Its epoch, from 1.</param>
public sealed class DivergenceException(string what, long step, int epoch) : InputException(
    $"{what} at update {step} (epoch {epoch}): training diverged; expected a finite number. "
    + "A lower learning rate or more regularisation may help")
{
    /// <summary>The step, from 1.</summary>
    public long Step => step;

    /// <summary>Its epoch, from 1.</summary>
    public int Epoch => epoch;
}
