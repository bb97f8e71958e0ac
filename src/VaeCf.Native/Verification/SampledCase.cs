using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Verification;

/// <summary>
/// A case of rankings of one target among negatives: <c>scores</c> [users, items], the <c>target</c> and the
/// <c>negatives</c> of each user, and <c>expected</c>, the ranks and the measures.
/// </summary>
internal static class SampledCase
{
    private const double Tolerance = 1e-9;

    /// <summary>Whether a file is such a case.</summary>
    public static bool IsOne(JsonElement root) => root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Object
        && inputs.TryGetProperty("negatives", out _) && inputs.TryGetProperty("target", out _);

    /// <summary>Ranks by the case's scores, and compares every expected quantity.</summary>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root)
    {
        JsonElement inputs = CaseFile.Member(root, "inputs");
        (int[] shape, double[] scores) = CaseFile.Tensor(CaseFile.Member(inputs, "scores"));
        int[] targets = CaseFile.Integers(CaseFile.Member(inputs, "target"));
        int[][] negatives = [.. CaseFile.Member(inputs, "negatives").EnumerateArray().Select(CaseFile.Integers)];
        if (shape.Length != 2 || targets.Length != shape[0] || negatives.Length != shape[0])
            throw new ArgumentException($"scores [{string.Join(", ", shape)}], {targets.Length} targets and negatives "
                + $"of {negatives.Length} users; expected [users, items], and a target and negatives for each user");
        ClickMatrix Matrix(Func<int, IEnumerable<int>> itemsOf)
        {
            int[][] rows =
                [.. Enumerable.Range(0, shape[0]).Select(user => itemsOf(user).Distinct().Order().ToArray())];
            var starts = new long[shape[0] + 1];
            for (int user = 0; user < shape[0]; user++)
                starts[user + 1] = starts[user] + rows[user].Length;
            return new ClickMatrix(shape[1], starts, [.. rows.SelectMany(row => row)]);
        }
        var set = new EvaluationSet(Matrix(_ => []), Matrix(user => [targets[user]]))
        {
            Negatives = Matrix(user => negatives[user]),
        };
        SampledReport report = SampledEvaluator.Evaluate(new ScoreTableRanker(scores, shape[1]), set,
            new() { Cutoff = (int)CaseFile.Number(CaseFile.Member(root, "config"), "k") });
        double[] Of(string name) => name switch
        {
            "rank" => [.. report.Ranks.Select(rank => (double)rank)],
            "hit_rate" => [report.HitRate.Value],
            "ndcg" => [report.Ndcg.Value],
            _ => throw new KeyNotFoundException($"'expected' names '{name}', which is no known quantity"),
        };
        return [.. CaseFile.Member(root, "expected").EnumerateObject().Select(one => VerifiedQuantity.Compare(one.Name,
            one.Value.ValueKind == JsonValueKind.Array
                ? [.. one.Value.EnumerateArray().Select(number => number.GetDouble())] : [one.Value.GetDouble()],
            Of(one.Name), Tolerance))];
    }
}
