using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// Ranks for one caller at a time, with scratch memory of its own. A recommender makes one for each caller that comes
/// while the others are busy; they share its weights.
/// </summary>
public abstract class Ranker : IRanker, IRatingPredictor, IDisposable
{
    /// <inheritdoc/>
    public abstract int ItemCount { get; }

    /// <inheritdoc/>
    public abstract void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores);

    /// <summary>The code of each user, as prediction uses it.</summary>
    /// <param name="users">What is known of the users.</param>
    /// <param name="rows">The users to encode, rows of <paramref name="users"/>.</param>
    /// <param name="codes">Receives rows x <see cref="Recommender.CodeLength"/> numbers, user by user.</param>
    /// <exception cref="NotSupportedException">The model has no code of a user.</exception>
    public virtual void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes) =>
        throw new NotSupportedException("this model has no code of a user");

    /// <summary>What each click of a batch counts, in the batch's order: its value, or 1 if clicks have none.</summary>
    /// <param name="users">What is known of users.</param>
    /// <param name="rows">The users of the batch.</param>
    public static float[] CountsOf(Histories users, ReadOnlySpan<int> rows)
    {
        var counts = new List<float>();
        foreach (int row in rows)
            if (users.Clicks.HasValues)
                counts.AddRange(users.Clicks.ValuesOf(row));
            else
                counts.AddRange(Enumerable.Repeat(1f, users.Clicks.CountOf(row)));
        return [.. counts];
    }

    /// <summary>
    /// The score of every item, seen or not, for a model that is made of others. The base class ranks all items for it,
    /// which takes a sort; a ranker that has the scores overrides it.
    /// </summary>
    /// <param name="users">What is known of the users.</param>
    /// <param name="rows">B rows of <paramref name="users"/>.</param>
    /// <param name="scores">Receives B x I scores, user by user.</param>
    public virtual void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        int[] items = new int[scores.Length];
        var ranked = new float[scores.Length];
        Rank(users, rows, ItemCount, RankFilter.Of(ItemCount, seenToo: true), items, ranked);
        for (int i = 0; i < items.Length; i++)
            scores[i / ItemCount * ItemCount + items[i]] = ranked[i];
    }

    /// <summary>
    /// Predicts ratings, for a model that does. The base class takes them from the scores of all items; a ranker that
    /// can compute those of the pairs alone overrides it.
    /// </summary>
    /// <inheritdoc cref="IRatingPredictor.Predict"/>
    public virtual void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        var scores = new float[ItemCount];
        int n = 0;
        foreach (int row in rows)
        {
            ScoreAll(users, [row], scores);
            foreach (int item in pairs.ItemsOf(row))
                ratings[n++] = scores[item];
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>
/// A ranker by dense scores [B, I], which a derived class computes for a batch of users: it then leaves out the items
/// that may not be ranked and takes the k best of the others.
/// </summary>
public abstract class ScoreRanker : Ranker
{
    // Scores that exist at once, unless one user has more: 128 MiB.
    private const int MostScores = 1 << 25;

    private readonly Compute c;
    private readonly ClickBatch batch;
    private readonly Tensor scores;

    /// <summary>Allocates a batch and room for the scores.</summary>
    /// <param name="c">Where it computes.</param>
    /// <param name="items">Number of items.</param>
    protected ScoreRanker(Compute c, int items)
    {
        this.c = c;
        batch = c.AllocateBatch();
        scores = c.Allocate(0, items);
    }

    /// <summary>Computes the scores of a batch.</summary>
    /// <param name="users">What is known of users.</param>
    /// <param name="rows">The users of the batch, B rows of <paramref name="users"/>.</param>
    /// <param name="batch">Their clicks, on the device.</param>
    /// <param name="scores">Receives the scores, [B, I].</param>
    protected abstract void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch batch, Tensor scores);

    /// <inheritdoc/>
    public override int ItemCount => scores.Columns;

    /// <inheritdoc/>
    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> ranked)
    {
        int most = Math.Max(1, MostScores / ItemCount);
        for (int first = 0, count; first < rows.Length; first += count)
        {
            count = Math.Min(most, rows.Length - first);
            ReadOnlySpan<int> some = rows.Slice(first, count);
            c.Load(users.Clicks, some, batch);
            Score(users, some, batch, scores);
            c.TopK(batch, scores, k, filter, items.Slice(first * k, count * k),
                ranked.IsEmpty ? [] : ranked.Slice(first * k, count * k));
        }
    }

    /// <inheritdoc/>
    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> all)
    {
        c.Load(users.Clicks, rows, batch);
        Score(users, rows, batch, scores);
        c.Read(scores, all);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        batch.Dispose();
        scores.Dispose();
        base.Dispose();
    }
}
