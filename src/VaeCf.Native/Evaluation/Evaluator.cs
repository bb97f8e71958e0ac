using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// Measures how well a ranker predicts the held-out clicks of users from the rest of their clicks (protocol: Liang et
/// al. 2018, section 4.1).
/// </summary>
/// <example>
/// <code>
/// EvaluationReport report = Evaluator.Evaluate(model, split.Test!,
///     new EvaluationOptions { Cutoffs = [20, 100], Train = split.Train });
/// Console.WriteLine(report);
/// double ndcg = report.At(100).Ndcg.Value;
/// </code>
/// </example>
public static class Evaluator
{
    /// <summary>
    /// Ranks every user of the set, block by block, and measures the lists at each cutoff. Besides the lists of one
    /// block it keeps a few numbers per user and per item in memory. Sums are taken in user order: the result does not
    /// depend on the size of the blocks, nor on the ranker's threads if its rankings do not.
    /// </summary>
    /// <param name="ranker">What is measured.</param>
    /// <param name="set">
    /// The users. A user without targets is left out of the means, and counted as such; one without fold-in is ranked
    /// all the same.
    /// </param>
    /// <param name="options">
    /// Cutoffs and other settings; null for the defaults: cutoffs 20, 50 and 100, no novelty.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The numbers of users or items do not agree, or an option is out of range.
    /// </exception>
    /// <exception cref="InputException">
    /// No user of the set has a target, so there is nothing to measure; the next item is to be measured, and it is not
    /// known which one it is; or a score is not a finite number.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The ranker broke its contract: a list holds an item that does not exist, one twice, or one of the fold-in.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public static EvaluationReport Evaluate(IRanker ranker, EvaluationSet set, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ranker);
        ArgumentNullException.ThrowIfNull(set);
        options ??= new EvaluationOptions();
        Check(ranker, set);
        Check(set, options);

        var foldIn = new Histories(set.FoldIn, set.Users);
        int users = set.FoldIn.UserCount;
        MetricTally tally = new(set, [.. options.Cutoffs.Distinct().Order()], options.NextItem);
        int width = tally.ListLength;
        int[] block = new int[Math.Min(options.BlockSize, users)];
        int[] ranked = new int[checked(block.Length * width)];
        var scores = new float[ranked.Length];
        for (int first = 0, count; first < users; first += count)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            count = Math.Min(block.Length, users - first);
            for (int i = 0; i < count; i++)
                block[i] = first + i;
            ReadOnlySpan<int> rows = block.AsSpan(0, count);
            Span<int> lists = ranked.AsSpan(0, count * width);
            ranker.Rank(foldIn, rows, width, RankFilter.None, lists, scores.AsSpan(0, count * width));
            RankArguments.CheckScores(rows, width, lists, scores);
            for (int i = 0; i < count; i++)
                tally.Add(first + i, ranked.AsSpan(i * width, width));
        }
        return tally.Report(options.Train);
    }

    /// <summary>Throws unless ranker and set are of the same items, and there is something to measure.</summary>
    internal static void Check(IRanker ranker, EvaluationSet set)
    {
        int items = set.FoldIn.ItemCount;
        if (set.HeldOut.UserCount != set.FoldIn.UserCount || set.HeldOut.ItemCount != items)
            throw new ArgumentException(
                $"held-out clicks of {set.HeldOut.UserCount} users on {set.HeldOut.ItemCount} items; "
                + $"expected {set.FoldIn.UserCount} on {items}, as the fold-in has", nameof(set));
        if (ranker.ItemCount != items)
            throw new ArgumentException($"the ranker has {ranker.ItemCount} items; expected {items}, as the set has",
                nameof(ranker));
        if (set.HeldOut.ClickCount == 0)
            throw new InputException($"none of the {set.FoldIn.UserCount} users to be evaluated has a held-out click; "
                + "expected at least one user who has");
    }

    private static void Check(EvaluationSet set, EvaluationOptions options)
    {
        int items = set.FoldIn.ItemCount;
        if (options.Train is not null && options.Train.ItemCount != items)
            throw new ArgumentException($"training clicks on {options.Train.ItemCount} items; "
                + $"expected {items}, as the set has", nameof(options));
        if (options.Cutoffs.Count == 0 || options.Cutoffs.Min() < 1)
            throw new ArgumentException($"cutoffs [{string.Join(", ", options.Cutoffs)}]; "
                + "expected at least one, each at least 1", nameof(options));
        if (options.BlockSize < 1)
            throw new ArgumentException($"block size {options.BlockSize}; expected at least 1", nameof(options));
        if (options.NextItem)
            CheckOrder(set);
    }

    private static void CheckOrder(EvaluationSet set)
    {
        if (!set.HeldOut.HasOrder)
            throw new InputException("the order of the held-out clicks is not known; expected it, or times, to measure "
                + "the next item");
        if (!set.FoldIn.HasTimestamps || !set.HeldOut.HasTimestamps)
            return;
        for (int user = 0; user < set.FoldIn.UserCount; user++)
        {
            long last = long.MinValue, next = long.MaxValue;
            foreach (long time in set.FoldIn.TimestampsOf(user))
                last = Math.Max(last, time);
            foreach (long time in set.HeldOut.TimestampsOf(user))
                next = Math.Min(next, time);
            if (next < last)
                throw new InputException($"user {set.Users?[user] ?? $"{user}"} has a held-out click of time {next} "
                    + $"and one to predict it from of time {last}; expected a split by time, to measure the next item");
        }
    }
}
