using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Verification;

/// <summary>
/// A case of errors of predicted ratings: <c>ratings</c>, <c>predictions</c> and whether user and item were seen, the
/// scale and what is predicted where they were not, and <c>expected</c>, over all rows and over those seen.
/// </summary>
internal static class RatingCase
{
    private const double Tolerance = 1e-9;

    /// <summary>Whether a file is such a case.</summary>
    public static bool IsOne(JsonElement root) => root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Object
        && inputs.TryGetProperty("user_and_item_seen", out _);

    /// <summary>Measures the predictions, and compares every expected quantity, named as <c>all rmse</c>.</summary>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root)
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs");
        double[] Input(string name) => CaseFile.Tensor(CaseFile.Member(inputs, name)).Data;
        double[] ends = [.. CaseFile.Member(config, "scale").EnumerateArray().Select(end => end.GetDouble())],
            ratings = Input("ratings"), predictions = Input("predictions"), seen = Input("user_and_item_seen");
        if (ends is not [var lowest, var highest] || !(lowest <= highest))
            throw new ArgumentException("the scale is not two numbers, the lowest first");
        if (ratings.Length == 0 || predictions.Length != ratings.Length || seen.Length != ratings.Length)
            throw new ArgumentException($"{ratings.Length} ratings, {predictions.Length} predictions and "
                + $"{seen.Length} marks; expected one of each for every row, and a row");
        var tally = new RatingTally(new RatingScale(lowest, highest), CaseFile.Number(config, "default"));
        for (int row = 0; row < ratings.Length; row++)
            tally.Add(ratings[row], predictions[row], seen[row] != 0);
        RatingReport report = tally.Report;
        return [.. CaseFile.Member(root, "expected").EnumerateObject().SelectMany(part => part.Value.EnumerateObject()
            .Select(one => VerifiedQuantity.Compare($"{part.Name} {one.Name}", [one.Value.GetDouble()],
                [Of(part.Name == "all" ? report.All : report.Seen, one.Name)], Tolerance)))];
    }

    private static double Of(RatingMeasures? measures, string name) => measures is null ? double.NaN : name switch
    {
        "rmse" => measures.Rmse.Value,
        "standard_error" => measures.Rmse.StandardError ?? double.NaN,
        "mae" => measures.Mae.Value,
        "rows" => measures.Ratings,
        _ => throw new KeyNotFoundException($"'expected' names '{name}', which is no known quantity"),
    };
}
