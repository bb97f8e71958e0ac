using System.Text.Json;

namespace VaeCf.Native.Evaluation;

/// <summary>How far predictions are from ratings, over all of the ratings together, not by user.</summary>
/// <param name="Rmse">
/// Root of the mean squared error. Its standard error is sd(e^2) / (2 RMSE sqrt(n)), sd the sample standard deviation.
/// </param>
/// <param name="Mae">Mean absolute error.</param>
/// <param name="Ratings">Their number n.</param>
public sealed record RatingMeasures(Estimate Rmse, Estimate Mae, int Ratings)
{
    internal void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        EvaluationReport.Write(writer, "rmse", Rmse);
        EvaluationReport.Write(writer, "mae", Mae);
        writer.WriteNumber("ratings", Ratings);
        writer.WriteEndObject();
    }
}

/// <summary>What <see cref="RatingEvaluator.Evaluate"/> measured.</summary>
/// <param name="All">Over all held-out ratings.</param>
/// <param name="Seen">
/// Over those whose user and item have ratings in the fold-in; null if there are none.
/// </param>
public sealed record RatingReport(RatingMeasures All, RatingMeasures? Seen)
{
    /// <summary>
    /// Mean squared error of each user with held-out ratings, by index: what <see cref="PairedTest"/> compares two
    /// models by.
    /// </summary>
    public IReadOnlyList<double> MseOfUsers { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(RatingReport? other) => other is not null && All == other.All && Seen == other.Seen
        && MseOfUsers.SequenceEqual(other.MseOfUsers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(All, Seen);

    /// <summary>
    /// Writes one JSON object: <c>all</c> and <c>seen</c> (null without any), each with <c>rmse</c>, <c>rmse_se</c>,
    /// <c>mae</c>, <c>mae_se</c> and <c>ratings</c>.
    /// </summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("all");
        All.WriteJson(writer);
        writer.WritePropertyName("seen");
        if (Seen is null)
            writer.WriteNullValue();
        else
            Seen.WriteJson(writer);
        writer.WriteEndObject();
    }
}
