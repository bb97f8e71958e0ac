using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Evaluation;

/// <summary>How <see cref="SampledEvaluator.Evaluate"/> measures.</summary>
public sealed record SampledOptions
{
    /// <summary>Items drawn for each user by default, as published; 99.</summary>
    public const int UsualNegatives = 99;

    /// <summary>
    /// Items drawn for each user, at least 1; null, the default, takes those that the set has
    /// (<see cref="EvaluationSet.Negatives"/>), or draws 99 where it has none.
    /// </summary>
    public int? Negatives { get; init; }

    /// <summary>The length of the list that a target must come into, at least 1; 10 by default, as published.</summary>
    public int Cutoff { get; init; } = 10;

    /// <summary>Seed of the items that are drawn; 98765 by default.</summary>
    public ulong Seed { get; init; } = 98765;

    /// <summary>Ends the evaluation before the next user.</summary>
    public CancellationToken CancellationToken { get; init; }
}

/// <summary>
/// Measures where each target comes among a few items that its user did not click, as neural collaborative filtering
/// does (He et al. 2017, section 4.1). Such figures are far above those of ranking all items, and do not order models
/// as they do (Krichene and Rendle 2020): give both, and compare each with its own kind.
/// </summary>
public static class SampledEvaluator
{
    // Of the stream of negatives, which counts a fit's epochs from 0.
    private const ulong Step = 1UL << 55;

    /// <summary>
    /// Ranks each target among the negatives of its user. A tie is lost by the target, so that a model whose scores are
    /// all alike scores 0. A negative that is a target is left out, and one that is there twice counts once.
    /// </summary>
    /// <param name="ranker">What is measured.</param>
    /// <param name="set">
    /// The users. One without targets, or without an item to rank them among, is left out of the means, and counted as
    /// such; one with several has their mean.
    /// </param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The numbers of users or items do not agree, or an option is out of range.
    /// </exception>
    /// <exception cref="InputException">
    /// No user of the set has a target and an item to rank it among, so there is nothing to measure; or a score is not
    /// a finite number.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public static SampledReport Evaluate(IRanker ranker, EvaluationSet set, SampledOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ranker);
        ArgumentNullException.ThrowIfNull(set);
        options ??= new SampledOptions();
        Evaluator.Check(ranker, set);
        if (options.Negatives is < 1)
            throw new ArgumentException($"{options.Negatives} negatives; expected at least 1", nameof(options));
        if (options.Cutoff < 1)
            throw new ArgumentException($"cutoff {options.Cutoff}; expected at least 1", nameof(options));
        ClickMatrix? given = options.Negatives is null ? set.Negatives : null;
        if (given is not null
            && (given.UserCount != set.FoldIn.UserCount || given.ItemCount != set.FoldIn.ItemCount))
            throw new ArgumentException($"negatives of {given.UserCount} users on {given.ItemCount} items; expected "
                + $"{set.FoldIn.UserCount} on {set.FoldIn.ItemCount}, as the fold-in has", nameof(set));

        var users = new Histories(set.FoldIn, set.Users);
        RunningMean hitRate = default, ndcg = default, negatives = default;
        var ranks = new List<int>();
        int alone = 0;
        for (int user = 0; user < set.FoldIn.UserCount; user++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> targets = set.HeldOut.ItemsOf(user);
            if (targets.IsEmpty)
                continue;
            HashSet<int> others = given is null
                ? Draw(set, user, options.Negatives ?? SampledOptions.UsualNegatives, options.Seed)
                : [.. given.ItemsOf(user)];
            foreach (int target in targets)
                others.Remove(target);
            if (others.Count == 0)
            {
                alone++;
                continue;
            }
            int[] ofUser = Ranks(ranker, users, user, targets, others);
            hitRate.Add(ofUser.Average(rank => rank <= options.Cutoff ? 1.0 : 0));
            ndcg.Add(ofUser.Average(rank => rank <= options.Cutoff ? 1 / Math.Log2(rank + 1) : 0));
            negatives.Add(others.Count);
            ranks.AddRange(ofUser);
        }
        if (negatives.Count == 0)
            throw new InputException("found no user with an item to rank a target among; expected at least one");
        return new SampledReport(options.Cutoff, negatives.Count, set.FoldIn.UserCount - negatives.Count - alone,
            negatives.Estimate.Value, hitRate.Estimate, ndcg.Estimate)
        { Ranks = ranks, UsersWithoutNegatives = alone };
    }

    // The rank of each target among the others, from 1: one more than those whose score is not lower.
    private static int[] Ranks(IRanker ranker, Histories users, int user, ReadOnlySpan<int> targets,
        HashSet<int> others)
    {
        int[] items = new int[targets.Length + others.Count];
        var scores = new float[items.Length];
        ranker.Rank(users, [user], items.Length,
            RankFilter.Of(ranker.ItemCount, only: [.. targets, .. others], seenToo: true), items, scores);
        RankArguments.CheckScores([user], items.Length, items, scores);
        var ranks = new int[targets.Length];
        for (int t = 0; t < ranks.Length; t++)
        {
            float own = scores[items.IndexOf(targets[t])];
            ranks[t] = 1 + Enumerable.Range(0, items.Length).Count(i => scores[i] >= own && others.Contains(items[i]));
        }
        return ranks;
    }

    // Items that are neither in the fold-in nor targets, each as likely as another; all of them where there are fewer.
    private static HashSet<int> Draw(EvaluationSet set, int user, int count, ulong seed)
    {
        ReadOnlySpan<int> foldIn = set.FoldIn.ItemsOf(user), targets = set.HeldOut.ItemsOf(user);
        int items = set.FoldIn.ItemCount, free = items - foldIn.Length;
        foreach (int target in targets)
            free -= foldIn.BinarySearch(target) < 0 ? 1 : 0;
        var random = new RandomSequence(new RandomStream(seed, RandomPurpose.Negatives, Step), (uint)user);
        var drawn = new HashSet<int>();
        while (drawn.Count < Math.Min(count, free))
        {
            int item = random.NextBelow(items);
            if (foldIn.BinarySearch(item) < 0 && targets.BinarySearch(item) < 0)
                drawn.Add(item);
        }
        return drawn;
    }
}
