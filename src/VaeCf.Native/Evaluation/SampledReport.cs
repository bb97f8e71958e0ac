using System.Text.Json;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// What <see cref="SampledEvaluator.Evaluate"/> measured: means over users, of a user with several targets of their
/// mean.
/// </summary>
/// <param name="K">The cutoff.</param>
/// <param name="UsersCounted">Users with targets, over whom the means are taken; at least 1.</param>
/// <param name="UsersWithoutTargets">Users left out of the means.</param>
/// <param name="Negatives">Items that a target is ranked among, the mean over users.</param>
/// <param name="HitRate">1 for a target among the first K, else 0.</param>
/// <param name="Ndcg">1 / log2(rank + 1) for a target among the first K, else 0.</param>
public sealed record SampledReport(int K, int UsersCounted, int UsersWithoutTargets, double Negatives,
    Estimate HitRate, Estimate Ndcg)
{
    /// <summary>The rank of each target, from 1, in the order of users and items.</summary>
    public IReadOnlyList<int> Ranks { get; init; } = [];

    /// <summary>Users left out of the means since there is no item to rank their targets among.</summary>
    public int UsersWithoutNegatives { get; init; }

    /// <inheritdoc/>
    public bool Equals(SampledReport? other) => other is not null
        && (K, UsersCounted, UsersWithoutTargets, Negatives, HitRate, Ndcg) == (other.K, other.UsersCounted,
            other.UsersWithoutTargets, other.Negatives, other.HitRate, other.Ndcg)
        && UsersWithoutNegatives == other.UsersWithoutNegatives
        && Ranks.SequenceEqual(other.Ranks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(K, HitRate, Ndcg);

    /// <summary>
    /// Writes one JSON object: <c>users_counted</c>, <c>users_without_targets</c>, <c>users_without_negatives</c>,
    /// <c>negatives</c>, and
    /// <c>hit_rate@10</c> and <c>ndcg@10</c> with their standard errors as <c>hit_rate@10_se</c> (null where
    /// undefined).
    /// </summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("users_counted", UsersCounted);
        writer.WriteNumber("users_without_targets", UsersWithoutTargets);
        writer.WriteNumber("users_without_negatives", UsersWithoutNegatives);
        writer.WriteNumber("negatives", Negatives);
        EvaluationReport.Write(writer, $"hit_rate@{K}", HitRate);
        EvaluationReport.Write(writer, $"ndcg@{K}", Ndcg);
        writer.WriteEndObject();
    }
}
