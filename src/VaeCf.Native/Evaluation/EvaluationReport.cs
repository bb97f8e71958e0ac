using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>A mean over users, and how sure it is.</summary>
/// <param name="Value">The mean.</param>
/// <param name="StandardError">
/// Sample standard deviation (n - 1) over sqrt(n), n the users counted; null for a single user.
/// </param>
public readonly record struct Estimate(double Value, double? StandardError);

/// <summary>
/// The measures of lists of k items. Those with a standard error are means over the users who have targets (held-out
/// clicks); a target that is also in the user's fold-in cannot be ranked and counts as missed. The others are about the
/// lists of all users together, with targets or without.
/// </summary>
public sealed record CutoffMetrics
{
    /// <summary>The cutoff k.</summary>
    public required int K { get; init; }

    /// <summary>
    /// Gain 1, discount 1 / log2(rank + 1), over the same sum of a perfect list, whose hits fill the first min(k,
    /// targets) ranks.
    /// </summary>
    public required Estimate Ndcg { get; init; }

    /// <summary>
    /// <see cref="Ndcg"/> of each user with targets, by index: what <see cref="PairedTest"/> compares two models by.
    /// </summary>
    public required IReadOnlyList<double> NdcgOfUsers { get; init; }

    /// <summary>Hits / min(k, targets), as in Liang et al. 2018, section 4.2.</summary>
    public required Estimate Recall { get; init; }

    /// <summary>Hits / targets, as most libraries define recall.</summary>
    public required Estimate RecallOfTargets { get; init; }

    /// <summary>Hits / k, even where fewer than k items were left to rank.</summary>
    public required Estimate Precision { get; init; }

    /// <summary>1 for a user with a hit, else 0.</summary>
    public required Estimate HitRate { get; init; }

    /// <summary>Sum of the precision at each hit's rank / min(k, targets).</summary>
    public required Estimate Map { get; init; }

    /// <summary>1 / rank of the first hit, 0 without one.</summary>
    public required Estimate Mrr { get; init; }

    /// <summary>Share of all items that at least one list holds.</summary>
    public required double Coverage { get; init; }

    /// <summary>
    /// Gini coefficient of how often each of all items is recommended: 0 if all are recommended equally often, near 1
    /// if all lists hold the same few. Null if no list holds an item.
    /// </summary>
    public required double? Gini { get; init; }

    /// <summary>Mean over pairs of users of 1 - items in common / k. Null below two users.</summary>
    public required double? Personalization { get; init; }

    /// <summary>
    /// Mean over all recommendations of log2(training users / training users of the item), the item's self-information
    /// in bits (Zhou et al. 2010); an item without training users counts as having one. Null without
    /// <see cref="EvaluationOptions.Train"/> and if no list holds an item.
    /// </summary>
    public required double? Novelty { get; init; }

    /// <summary>
    /// Of the first of each user's targets alone, the very next item; null without
    /// <see cref="EvaluationOptions.NextItem"/>.
    /// </summary>
    public NextItemMetrics? Next { get; init; }

    /// <summary>The means over users by the names they have in JSON, in the order of the properties.</summary>
    internal IEnumerable<(string Name, Estimate Estimate)> OverUsers =>
    [
        ("ndcg", Ndcg), ("recall", Recall), ("recall_of_targets", RecallOfTargets), ("precision", Precision),
        ("hit_rate", HitRate), ("map", Map), ("mrr", Mrr),
        .. Next is { } next ? (ReadOnlySpan<(string, Estimate)>)
            [("next_hit_rate", next.HitRate), ("next_ndcg", next.Ndcg), ("next_mrr", next.Mrr)] : [],
    ];

    /// <summary>
    /// The measures of all lists together by the names they have in JSON, in the order of the properties.
    /// </summary>
    internal IEnumerable<(string Name, double? Value)> OverLists =>
        [("coverage", Coverage), ("gini", Gini), ("personalization", Personalization), ("novelty", Novelty)];

    /// <inheritdoc/>
    public bool Equals(CutoffMetrics? other) => other is not null && K == other.K
        && OverUsers.SequenceEqual(other.OverUsers) && OverLists.SequenceEqual(other.OverLists)
        && NdcgOfUsers.SequenceEqual(other.NdcgOfUsers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(K, Ndcg);
}

/// <summary>How well lists of k items find one item of each user, the very next one.</summary>
/// <param name="HitRate">1 if the list holds it, else 0.</param>
/// <param name="Ndcg">1 / log2(rank + 1), 0 where the list does not hold it.</param>
/// <param name="Mrr">1 / rank, 0 where the list does not hold it.</param>
public readonly record struct NextItemMetrics(Estimate HitRate, Estimate Ndcg, Estimate Mrr);

/// <summary>The accuracy at one cutoff for the users of one quintile.</summary>
/// <param name="K">The cutoff.</param>
/// <param name="Ndcg">As <see cref="CutoffMetrics.Ndcg"/>.</param>
/// <param name="Recall">As <see cref="CutoffMetrics.Recall"/>.</param>
public readonly record struct QuintileMetrics(int K, Estimate Ndcg, Estimate Recall);

/// <summary>
/// A fifth of the users counted, by their number of fold-in clicks; equally active users are ordered by index.
/// </summary>
/// <param name="Number">1, the least active, to 5, the most.</param>
/// <param name="Users">Users in it, at least 1.</param>
/// <param name="FewestClicks">Fold-in clicks of its least active user.</param>
/// <param name="MostClicks">Fold-in clicks of its most active user.</param>
/// <param name="Cutoffs">Its accuracy, by ascending cutoff.</param>
public sealed record ActivityQuintile(int Number, int Users, int FewestClicks, int MostClicks,
    IReadOnlyList<QuintileMetrics> Cutoffs);

/// <summary>What <see cref="Evaluator.Evaluate"/> measured. No number in it is NaN or infinite.</summary>
/// <param name="UsersCounted">Users with targets, over whom the means are taken; at least 1.</param>
/// <param name="UsersWithoutTargets">Users left out of the means.</param>
/// <param name="Cutoffs">The measures, by ascending cutoff.</param>
/// <param name="Quintiles">
/// By activity, least active first; with fewer than five users counted, those quintiles that have one.
/// </param>
public sealed record EvaluationReport(
    int UsersCounted, int UsersWithoutTargets, IReadOnlyList<CutoffMetrics> Cutoffs,
    IReadOnlyList<ActivityQuintile> Quintiles)
{
    /// <summary>
    /// The number of each counted user's quintile, by index, as <see cref="CutoffMetrics.NdcgOfUsers"/> is: what two
    /// models are compared by for a quintile alone.
    /// </summary>
    public IReadOnlyList<int> QuintileOfUsers { get; init; } = [];

    /// <summary>The measures at a cutoff.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is none of the cutoffs evaluated.</exception>
    public CutoffMetrics At(int k) => Cutoffs.FirstOrDefault(metrics => metrics.K == k)
        ?? throw new ArgumentOutOfRangeException(nameof(k), k,
            $"expected a cutoff evaluated: {string.Join(", ", Cutoffs.Select(metrics => metrics.K))}");

    /// <summary>A table of every measure at every cutoff, with standard errors.</summary>
    public override string ToString()
    {
        var table = new TextTable(["", .. Cutoffs.Select(metrics => $"@{metrics.K}")]);
        foreach (string name in Cutoffs[0].OverUsers.Select(one => one.Name))
            table.Add([name,
                .. Cutoffs.Select(metrics => Text(metrics.OverUsers.Single(one => one.Name == name).Estimate))]);
        foreach (string name in Cutoffs[0].OverLists.Select(one => one.Name))
            table.Add([name, .. Cutoffs.Select(metrics =>
                metrics.OverLists.Single(one => one.Name == name).Value is double value
                    ? Text(new Estimate(value, null)) : "-")]);
        return $"{table}{Environment.NewLine}means over {TextTable.Number(UsersCounted)} users ± standard error; "
            + $"{TextTable.Number(UsersWithoutTargets)} users without targets left out";
    }

    private static string Text(Estimate estimate) => string.Create(CultureInfo.InvariantCulture,
        $"{estimate.Value:0.0000}{(estimate.StandardError is double error
            ? $" ± {error.ToString("0.0000", CultureInfo.InvariantCulture)}" : "")}");

    /// <summary>
    /// Writes one JSON object: <c>users_counted</c>, <c>users_without_targets</c>, each measure as <c>ndcg@100</c> with
    /// its standard error as <c>ndcg@100_se</c> (null where undefined), and <c>quintiles</c>.
    /// </summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("users_counted", UsersCounted);
        writer.WriteNumber("users_without_targets", UsersWithoutTargets);
        foreach (CutoffMetrics metrics in Cutoffs)
        {
            foreach ((string name, Estimate estimate) in metrics.OverUsers)
                Write(writer, $"{name}@{metrics.K}", estimate);
            foreach ((string name, double? value) in metrics.OverLists)
                Write(writer, $"{name}@{metrics.K}", value);
        }
        writer.WriteStartArray("quintiles");
        foreach (ActivityQuintile quintile in Quintiles)
        {
            writer.WriteStartObject();
            writer.WriteNumber("quintile", quintile.Number);
            writer.WriteNumber("users", quintile.Users);
            writer.WriteNumber("fewest_clicks", quintile.FewestClicks);
            writer.WriteNumber("most_clicks", quintile.MostClicks);
            foreach (QuintileMetrics metrics in quintile.Cutoffs)
            {
                Write(writer, $"ndcg@{metrics.K}", metrics.Ndcg);
                Write(writer, $"recall@{metrics.K}", metrics.Recall);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter writer, string name, Estimate estimate)
    {
        writer.WriteNumber(name, estimate.Value);
        Write(writer, name + "_se", estimate.StandardError);
    }

    private static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is double number)
            writer.WriteNumber(name, number);
        else
            writer.WriteNull(name);
    }
}
