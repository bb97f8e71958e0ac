namespace VaeCf.Native.Verification;

/// <summary>A number of a gradient beside the slope of the loss that it must be.</summary>
/// <param name="Entry">Its place in the array, row by row, from 0.</param>
/// <param name="Gradient">What the backward pass computed.</param>
/// <param name="Slope">
/// The central difference of the loss L in the number v that the gradient belongs to,
/// (L(v + h) - L(v - h)) / 2h with h = <see cref="TracedStep.H"/>.
/// </param>
public readonly record struct SlopeCheck(int Entry, double Gradient, double Slope);

/// <summary>An array of a training step, in double precision.</summary>
/// <param name="Name">Its name: a parameter's is that of the model's file, and a gradient's begins with d.</param>
/// <param name="Rows">Its rows: users, unless it is a parameter or its gradient.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Values">Its rows x columns numbers, row by row.</param>
public sealed record TracedArray(string Name, int Rows, int Columns, IReadOnlyList<double> Values)
{
    /// <summary>
    /// The numbers that were held to slopes; none where the array is no gradient, or what it is the gradient of cannot
    /// be moved number by number.
    /// </summary>
    public IReadOnlyList<SlopeCheck> Checks { get; init; } = [];

    /// <summary>The Euclidean norm of the numbers.</summary>
    public double Norm => Math.Sqrt(Values.Sum(value => value * value));

    /// <summary>
    /// How far the checked numbers are from their slopes: the norm of the difference over the norm of the slopes, or
    /// over 1 where that is smaller; null where nothing was checked.
    /// </summary>
    public double? Error => Checks.Count == 0 ? null
        : Math.Sqrt(Checks.Sum(one => (one.Gradient - one.Slope) * (one.Gradient - one.Slope)))
            / Math.Max(1, Math.Sqrt(Checks.Sum(one => one.Slope * one.Slope)));
}
