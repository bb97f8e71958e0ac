using System.Collections.Concurrent;
using System.Numerics.Tensors;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>Scores all items for one user at a time, with scratch memory of its own.</summary>
internal abstract class RowScorer
{
    /// <summary>Computes a user's scores.</summary>
    /// <param name="users">What is known of the users.</param>
    /// <param name="row">The user's row.</param>
    /// <param name="scores">Receives a score for each item; zeros at first.</param>
    public abstract void Score(Histories users, int row, Span<double> scores);
}

/// <summary>
/// A ranker on the host, whatever the device: each thread scores a user, and takes the best while the scores are in
/// cache. Users do not depend on each other, so neither threads nor batches change a bit.
/// </summary>
/// <param name="c">Whose threads it uses.</param>
/// <param name="items">Number of items.</param>
/// <param name="newScorer">Makes a scorer; there is one for each thread.</param>
internal sealed class RowRanker(Compute c, int items, Func<RowScorer> newScorer) : Ranker
{
    private const int RowsPerPart = 4;

    private readonly ConcurrentBag<Scratch> idle = [];

    private sealed record Scratch(RowScorer Scorer, double[] Exact, float[] Scores);

    public override int ItemCount => items;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> ranked,
        Span<float> scores)
    {
        int[] best = new int[ranked.Length];
        var values = new float[ranked.Length];
        ForEach(users, rows, (row, at, all) =>
        {
            ReadOnlySpan<int> seen = filter.SeenToo ? [] : users.Clicks.ItemsOf(row);
            TopK.Cpu.Rank(Workers.One, 1, items, all, filter.SeenToo ? [] : [0, seen.Length], seen,
                filter.Forbidden.Span, k, best.AsSpan(at * k, k), values.AsSpan(at * k, k));
        });
        best.CopyTo(ranked);
        if (!scores.IsEmpty)
            values.CopyTo(scores);
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        var values = new float[scores.Length];
        ForEach(users, rows, (_, at, all) => all.CopyTo(values, at * items));
        values.CopyTo(scores);
    }

    public override void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        var ends = new int[rows.Length + 1];
        for (int at = 0; at < rows.Length; at++)
            ends[at + 1] = ends[at] + pairs.CountOf(rows[at]);
        var values = new float[ratings.Length];
        ForEach(users, rows, (row, at, all) =>
        {
            int n = ends[at];
            foreach (int item in pairs.ItemsOf(row))
                values[n++] = all[item];
        });
        values.CopyTo(ratings);
    }

    // Calls use(row, its place in the batch, its scores).
    private void ForEach(Histories users, ReadOnlySpan<int> rows, Action<int, int, float[]> use)
    {
        int[] batch = rows.ToArray();
        Workers workers = c is CpuCompute cpu ? cpu.Workers : Workers.One;
        workers.Run((batch.Length + RowsPerPart - 1) / RowsPerPart, part =>
        {
            if (!idle.TryTake(out Scratch? scratch))
                scratch = new Scratch(newScorer(), new double[items], new float[items]);
            for (int at = part * RowsPerPart; at < Math.Min((part + 1) * RowsPerPart, batch.Length); at++)
            {
                Array.Clear(scratch.Exact);
                scratch.Scorer.Score(users, batch[at], scratch.Exact);
                TensorPrimitives.ConvertTruncating<double, float>(scratch.Exact, scratch.Scores);
                use(batch[at], at, scratch.Scores);
            }
            idle.Add(scratch);
        });
    }
}
