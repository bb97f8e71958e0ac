using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// Measures how well ratings are predicted: RMSE and MAE over held-out ratings, clipped to the scale. Where the user or
/// the item has no rating in the fold-in, <see cref="RatingScale.Unseen"/> takes the prediction's place (Sedhain and
/// others 2015, section 3).
/// </summary>
/// <example>
/// <code>
/// RatingReport report = RatingEvaluator.Evaluate(model, split.Test!, RatingScale.Of(split.Train));
/// double rmse = report.All.Rmse.Value;
/// </code>
/// </example>
public static class RatingEvaluator
{
    // Users whose ratings are predicted at once; results do not depend on it.
    private const int BlockSize = 512;

    /// <summary>Predicts every held-out rating of the set, and measures the errors in the order of the users.</summary>
    /// <param name="predictor">What is measured.</param>
    /// <param name="set">
    /// The ratings before, which the model sees, and the held-out ones, both with values.
    /// </param>
    /// <param name="scale">The scale that predictions are clipped to: that of the training ratings.</param>
    /// <param name="cancellationToken">Ends the evaluation before the next block of users.</param>
    /// <exception cref="ArgumentException">The numbers of users or items do not agree.</exception>
    /// <exception cref="InputException">
    /// Clicks have no ratings, there is no held-out one, or a prediction is not a finite number.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public static RatingReport Evaluate(IRatingPredictor predictor, EvaluationSet set, RatingScale scale,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(set);
        (ClickMatrix before, ClickMatrix asked, _) = set;
        if (!asked.HasValues || !before.HasValues)
            throw new InputException("found clicks without values in the set to be evaluated; expected ratings");
        if (asked.ClickCount == 0)
            throw new InputException($"none of the {asked.UserCount} users to be evaluated has a held-out rating; "
                + "expected at least one");
        var seenItems = new bool[before.ItemCount];
        foreach (int item in before.Items)
            seenItems[item] = true;
        var users = new Histories(before, set.Users);
        int[] rows = [.. Enumerable.Range(0, asked.UserCount).Where(user => asked.CountOf(user) > 0)];
        var tally = new RatingTally(scale, scale.Unseen);
        foreach (int[] block in rows.Chunk(BlockSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ratings = new float[block.Sum(asked.CountOf)];
            predictor.Predict(users, block, asked, ratings);
            PredictArguments.CheckRatings(block, asked, ratings);
            int n = 0;
            foreach (int user in block)
            {
                for (int i = 0; i < asked.CountOf(user); i++)
                    tally.Add(asked.ValuesOf(user)[i], ratings[n++],
                        before.CountOf(user) > 0 && seenItems[asked.ItemsOf(user)[i]]);
                tally.EndUser();
            }
        }
        return tally.Report;
    }
}
