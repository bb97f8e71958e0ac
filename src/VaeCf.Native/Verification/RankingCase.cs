using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Verification;

/// <summary>
/// A case of ranking metrics: <c>scores</c> [users, items], <c>fold_in</c> and <c>held_out</c> (a list of items per
/// user), and <c>expected</c>, by cutoff, what another program computed from them.
/// </summary>
internal static class RankingCase
{
    private const double Tolerance = 1e-9;

    /// <summary>
    /// Ranks by the case's scores, evaluates, and compares every expected quantity, named as <c>ndcg@20</c>, in the
    /// file's order.
    /// </summary>
    /// <param name="path">The case's JSON file.</param>
    /// <exception cref="InputException">
    /// The file is not a case of this kind, or expects an unknown quantity.
    /// </exception>
    public static IReadOnlyList<VerifiedQuantity> Verify(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        (ScoreTableRanker ranker, EvaluationSet set, List<Expectation> expected) = CaseFile.Read(path, Read);
        if (expected.Count == 0)
            throw new InputException($"{path}: 'expected' holds nothing to compare");
        EvaluationReport report = Evaluator.Evaluate(ranker, set, new() { Cutoffs = [.. expected.Select(e => e.K)] });
        Dictionary<string, double?> actual = [];
        foreach (CutoffMetrics metrics in report.Cutoffs)
        {
            foreach ((string name, Estimate estimate) in metrics.OverUsers)
            {
                actual[$"{name}@{metrics.K}"] = estimate.Value;
                actual[$"{name}_standard_error@{metrics.K}"] = estimate.StandardError;
            }
            foreach ((string name, double? value) in metrics.OverLists)
                actual[$"{name}@{metrics.K}"] = value;
            actual[$"users_counted@{metrics.K}"] = report.UsersCounted;
        }
        return [.. expected.Select(e => actual.TryGetValue(e.FullName, out double? value)
            ? VerifiedQuantity.Compare(e.FullName, [e.Value], [value ?? double.NaN], Tolerance)
            : throw new InputException($"{path}: 'expected' names '{e.Name}', which is no known measure"))];
    }

    private static (ScoreTableRanker, EvaluationSet, List<Expectation>) Read(JsonElement root)
    {
        (int[] shape, double[] scores) = CaseFile.Tensor(CaseFile.Member(root, "scores"));
        if (shape.Length != 2)
            throw new ArgumentException($"scores have {shape.Length} dimensions; expected [users, items]");
        EvaluationSet set =
            new(Clicks(root, "fold_in", shape[0], shape[1]), Clicks(root, "held_out", shape[0], shape[1]));
        List<Expectation> expected = [.. CaseFile.Member(root, "expected").EnumerateObject()
            .SelectMany(atCutoff => atCutoff.Value.EnumerateObject()
            .Select(e => new Expectation(e.Name, Cutoff(atCutoff.Name), e.Value.GetDouble())))];
        return (new ScoreTableRanker(scores, shape[1]), set, expected);
    }

    private static int Cutoff(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int k) && k > 0
        ? k
        : throw new ArgumentException($"'expected' has '{name}'; expected a cutoff, a whole number from 1");

    private static ClickMatrix Clicks(JsonElement root, string name, int users, int items)
    {
        int[][] lists = [.. CaseFile.Member(root, name).EnumerateArray().Select(CaseFile.Integers)];
        if (lists.Length != users)
            throw new ArgumentException(
                $"'{name}' has lists of {lists.Length} users; expected {users}, as the scores have");
        long[] rowStarts = new long[users + 1];
        for (int user = 0; user < users; user++)
        {
            Array.Sort(lists[user]);
            rowStarts[user + 1] = rowStarts[user] + lists[user].Length;
        }
        return new ClickMatrix(items, rowStarts, [.. lists.SelectMany(list => list)]);
    }

    private sealed record Expectation(string Name, int K, double Value)
    {
        public string FullName => $"{Name}@{K}";
    }
}
