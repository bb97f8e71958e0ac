using VaeCf.Native.Training;

namespace VaeCf.Native.Evaluation;

/// <summary>The measure on the validation users that the best epoch and the best settings are chosen by.</summary>
public sealed class ValidationMeasure
{
    private ValidationMeasure(string name, bool higherIsBetter, double highest) =>
        (Name, HigherIsBetter, Highest) = (name, higherIsBetter, highest);

    /// <summary>NDCG of lists of <see cref="FitRun.ValidationCutoff"/>, of models that rank.</summary>
    public static ValidationMeasure Ndcg { get; } = new($"NDCG@{FitRun.ValidationCutoff}", higherIsBetter: true,
        highest: 1);

    /// <summary>RMSE over all held-out ratings, of models that predict ratings.</summary>
    public static ValidationMeasure Rmse { get; } = new("RMSE", higherIsBetter: false,
        highest: double.MaxValue);

    /// <summary>Its name in print.</summary>
    public string Name { get; }

    /// <summary>Its name in files and JSON.</summary>
    public string Key => $"validation_{Name.ToLowerInvariant()}";

    /// <summary>Whether more is better.</summary>
    public bool HigherIsBetter { get; }

    /// <summary>The highest value that it can have; the least is 0.</summary>
    internal double Highest { get; }

    /// <summary>Whether a value is better than another; any is better than none.</summary>
    public bool IsBetter(double value, double? than) => than is null || (HigherIsBetter ? value > than : value < than);

    /// <summary>A value that is the greater the better the measure is; of none the least.</summary>
    internal double Merit(double? value) => value is null ? double.NegativeInfinity
        : HigherIsBetter ? value.Value : -value.Value;
}
