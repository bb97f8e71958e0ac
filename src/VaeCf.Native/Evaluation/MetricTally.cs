using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>
/// Takes in users' lists in user order and keeps running means per cutoff and quintile, and how many lists hold each
/// item.
/// </summary>
internal sealed class MetricTally
{
    private const int Quintiles = 5;

    private readonly EvaluationSet set;
    private readonly AtCutoff[] cutoffs;
    private readonly Quintile[] quintiles;
    private readonly byte[] quintileOf;
    private readonly double[] discounts, idealDcg;
    private readonly int[] takenBy;
    private readonly bool nextItem;
    private int usersCounted;

    /// <param name="set">The users; at least one has a target.</param>
    /// <param name="ks">Cutoffs, ascending without repeats, each at least 1.</param>
    /// <param name="nextItem">Whether to measure the first target of each user alone too.</param>
    public MetricTally(EvaluationSet set, int[] ks, bool nextItem = false)
    {
        (this.set, this.nextItem) = (set, nextItem);
        int items = set.FoldIn.ItemCount;
        ListLength = Math.Min(ks[^1], items);
        cutoffs = [.. ks.Select(k => new AtCutoff(k, items))];
        discounts = [.. Enumerable.Range(1, ListLength).Select(rank => 1 / Math.Log2(rank + 1))];
        idealDcg = new double[ListLength + 1];
        for (int n = 0; n < ListLength; n++)
            idealDcg[n + 1] = idealDcg[n] + discounts[n];
        takenBy = new int[items];
        quintileOf = new byte[set.FoldIn.UserCount];
        quintiles = CutIntoQuintiles(ks.Length);
    }

    /// <summary>Items that a list must hold: the largest cutoff, or all items if they are fewer.</summary>
    public int ListLength { get; }

    /// <summary>
    /// Adds a user's list, best first, -1 where nothing was left to rank. Called once for each user, by ascending
    /// index.
    /// </summary>
    public void Add(int user, ReadOnlySpan<int> list)
    {
        int mark = user + 1;
        foreach (int item in set.FoldIn.ItemsOf(user))
            takenBy[item] = mark;
        ReadOnlySpan<int> targets = set.HeldOut.ItemsOf(user);
        int hits = 0, firstHit = 0, rank = 0, nextRank = 0;
        int next = nextItem && !targets.IsEmpty ? set.HeldOut.InOrder(user)[0] : -1;
        double dcg = 0, precisions = 0;
        for (int c = 0; c < cutoffs.Length; c++)
        {
            AtCutoff at = cutoffs[c];
            for (int last = Math.Min(at.K, list.Length); rank < last;)
            {
                int item = list[rank++];
                if (item == -1)
                    continue;
                if ((uint)item >= (uint)takenBy.Length || takenBy[item] == mark)
                    throw new InvalidOperationException($"the ranker put item {item} at rank {rank} for user {user}; "
                        + $"expected an item in 0 … {takenBy.Length - 1} "
                        + "that is neither in the fold-in nor ranked before");
                takenBy[item] = mark;
                at.Recommended[item]++;
                if (targets.BinarySearch(item) < 0)
                    continue;
                hits++;
                nextRank = item == next ? rank : nextRank;
                firstHit = hits == 1 ? rank : firstHit;
                dcg += discounts[rank - 1];
                precisions += (double)hits / rank;
            }
            if (targets.IsEmpty)
                continue;
            int findable = Math.Min(at.K, targets.Length);
            double ndcg = dcg / idealDcg[findable], recall = (double)hits / findable;
            at.Ndcg.Add(ndcg);
            at.NdcgOfUsers.Add(ndcg);
            at.Recall.Add(recall);
            at.RecallOfTargets.Add((double)hits / targets.Length);
            at.Precision.Add((double)hits / at.K);
            at.HitRate.Add(hits > 0 ? 1 : 0);
            at.Map.Add(precisions / findable);
            at.Mrr.Add(hits > 0 ? 1.0 / firstHit : 0);
            at.NextHitRate.Add(nextRank > 0 ? 1 : 0);
            at.NextNdcg.Add(nextRank > 0 ? discounts[nextRank - 1] : 0);
            at.NextMrr.Add(nextRank > 0 ? 1.0 / nextRank : 0);
            Quintile quintile = quintiles[quintileOf[user]];
            quintile.Ndcg[c].Add(ndcg);
            quintile.Recall[c].Add(recall);
        }
    }

    /// <summary>The measures of all users added.</summary>
    public EvaluationReport Report(ClickMatrix? train)
    {
        int users = set.FoldIn.UserCount;
        int[]? usersPerItem = train is null ? null : ListMeasures.UsersPerItem(train);
        int[] counts = new int[set.FoldIn.ItemCount];
        CutoffMetrics[] metrics = new CutoffMetrics[cutoffs.Length];
        for (int c = 0; c < cutoffs.Length; c++)
        {
            AtCutoff at = cutoffs[c];
            for (int i = 0; i < counts.Length; i++)
                counts[i] += at.Recommended[i];
            metrics[c] = new CutoffMetrics
            {
                K = at.K,
                Ndcg = at.Ndcg.Estimate,
                NdcgOfUsers = at.NdcgOfUsers,
                Recall = at.Recall.Estimate,
                RecallOfTargets = at.RecallOfTargets.Estimate,
                Precision = at.Precision.Estimate,
                HitRate = at.HitRate.Estimate,
                Map = at.Map.Estimate,
                Mrr = at.Mrr.Estimate,
                Next = nextItem ? new(at.NextHitRate.Estimate, at.NextNdcg.Estimate, at.NextMrr.Estimate) : null,
                Coverage = ListMeasures.Coverage(counts),
                Gini = ListMeasures.Gini(counts),
                Personalization = ListMeasures.Personalization(counts, users, at.K),
                Novelty = usersPerItem is null ? null : ListMeasures.Novelty(counts, usersPerItem, train!.UserCount),
            };
        }
        ActivityQuintile[] activity = [.. quintiles.Where(q => q.Users > 0).Select(q => new ActivityQuintile(
            q.Number, q.Users, q.FewestClicks, q.MostClicks,
            [.. cutoffs.Select((at, c) => new QuintileMetrics(at.K, q.Ndcg[c].Estimate, q.Recall[c].Estimate))]))];
        return new EvaluationReport(usersCounted, users - usersCounted, metrics, activity)
        {
            QuintileOfUsers = [.. Enumerable.Range(0, users).Where(user => set.HeldOut.CountOf(user) > 0)
                .Select(user => quintiles[quintileOf[user]].Number)],
        };
    }

    /// <summary>
    /// Sorts the users with targets by fold-in clicks, then index, and gives the q-th fifth of the n of them, [qn/5,
    /// (q+1)n/5), to quintile q.
    /// </summary>
    private Quintile[] CutIntoQuintiles(int cutoffCount)
    {
        long[] clicksThenUser = [.. Enumerable.Range(0, set.FoldIn.UserCount)
            .Where(user => set.HeldOut.CountOf(user) > 0)
            .Select(user => (long)set.FoldIn.CountOf(user) << 32 | (long)user).Order()];
        usersCounted = clicksThenUser.Length;
        Quintile[] all = new Quintile[Quintiles];
        for (int q = 0; q < Quintiles; q++)
        {
            ReadOnlySpan<long> users = clicksThenUser.AsSpan(
                (int)((long)usersCounted * q / Quintiles)..(int)((long)usersCounted * (q + 1) / Quintiles));
            foreach (long user in users)
                quintileOf[(int)user] = (byte)q;
            all[q] = users.IsEmpty ? new(q + 1, 0, 0, 0, cutoffCount)
                : new(q + 1, users.Length, (int)(users[0] >> 32), (int)(users[^1] >> 32), cutoffCount);
        }
        return all;
    }

    /// <summary>
    /// What is kept for one cutoff. <see cref="Recommended"/> counts only the ranks above the cutoff before it.
    /// </summary>
    private sealed class AtCutoff(int k, int items)
    {
        public readonly int K = k;
        public readonly int[] Recommended = new int[items];
        public readonly List<double> NdcgOfUsers = [];
        public RunningMean Ndcg, Recall, RecallOfTargets, Precision, HitRate, Map, Mrr,
            NextHitRate, NextNdcg, NextMrr;
    }

    private sealed class Quintile(int number, int users, int fewestClicks, int mostClicks, int cutoffs)
    {
        public readonly int Number = number, Users = users, FewestClicks = fewestClicks, MostClicks = mostClicks;
        public readonly RunningMean[] Ndcg = new RunningMean[cutoffs], Recall = new RunningMean[cutoffs];
    }
}
