using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using Tensor = VaeCf.Native.Devices.Tensor;

namespace VaeCf.Native.Recommenders;

/// <summary>Why an item was recommended.</summary>
/// <param name="Item">Original id of the item.</param>
/// <param name="Score">Its score, given the whole history.</param>
/// <param name="Reasons">
/// Each known item of the history with what it contributed, the largest contribution first: how much lower the score is
/// without it. Contributions do not add up to the score, because the items of a history act together.
/// </param>
public sealed record Explanation(string Item, float Score, IReadOnlyList<ScoredItem> Reasons);

public abstract partial class Recommender
{
    // Users ranked at once; memory grows with it.
    private const int BlockSize = 512;

    /// <summary>The best items for a user, given the ids of the items of their history: every click counts 1.</summary>
    /// <param name="history">
    /// Ids of the user's items, the oldest first for a model that reads them in order; unknown ones are reported,
    /// repeats count once, where they come last.
    /// </param>
    /// <param name="k">
    /// How many to recommend, at least 1, by default 10; there are fewer where fewer items are left.
    /// </param>
    /// <param name="options">Which items the answer may hold; by default any that is not in the history.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    [OverloadResolutionPriority(1)]
    public Recommendations Recommend(IEnumerable<string> history, int k = 10, RecommendOptions? options = null) =>
        Recommend(history.Reverse().Distinct().Reverse().Select(id => new HistoryItem(id)), k, options);

    /// <summary>
    /// The best items for a user, given their history with counts or ratings, which only a model trained on such reads.
    /// </summary>
    /// <param name="history">
    /// The user's clicks, the oldest first for a model that reads them in order; unknown items are reported, the counts
    /// of a repeated one are added up where it comes last.
    /// </param>
    /// <param name="k">
    /// How many to recommend, at least 1, by default 10; there are fewer where fewer items are left.
    /// </param>
    /// <param name="options">Which items the answer may hold; by default any that is not in the history.</param>
    /// <exception cref="ArgumentException">
    /// A count is not finite or, for a model that was trained on counts, not above 0; or the model does not know the
    /// user that the options name.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public Recommendations Recommend(IEnumerable<HistoryItem> history, int k = 10, RecommendOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        (Histories user, IReadOnlyList<string> unknown) = Known(history);
        string? id = options?.User;
        if (id is not null && (Users is null || Users.IndexOf(id) < 0))
            throw new ArgumentException($"found the user '{id}'; expected one whom the model knows: "
                + (Users is null ? $"{Settings.Type.Title} knows users by their histories alone"
                    : "it was trained on others"), nameof(options));
        if (id is not null)
            user = new Histories(user.Clicks, new Vocabulary([id]));
        return new Recommendations(Lists(user, [0], k, Filter(options))[0], unknown, id);
    }

    /// <summary>
    /// The best items for each of many users, ranked in batches; answers come as they are made, in the order of the
    /// users.
    /// </summary>
    /// <param name="users">
    /// The users' clicks, on items of any vocabulary; items that the model does not know are reported.
    /// </param>
    /// <param name="k">How many to recommend to each, at least 1, by default 10.</param>
    /// <param name="options">
    /// Which items the answers may hold; by default any that is not in the user's history.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public IEnumerable<Recommendations> Recommend(ClickData users, int k = 10, RecommendOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return Answers();

        IEnumerable<Recommendations> Answers()
        {
            RankFilter filter = Filter(options);
            bool[] known = [.. Enumerable.Range(0, users.Items.Count)
                .Select(item => Items.IndexOf(users.Items[item]) >= 0)];
            foreach ((int first, Histories block) in Blocks(users))
            {
                IReadOnlyList<ScoredItem>[] lists =
                    Lists(block, [.. Enumerable.Range(0, block.Clicks.UserCount)], k, filter);
                for (int i = 0; i < lists.Length; i++)
                    yield return new Recommendations(lists[i],
                        [.. users.Matrix.ItemsOf(first + i).ToArray().Where(item => !known[item])
                            .Select(item => users.Items[item])],
                        users.Users[first + i]);
            }
        }
    }

    /// <summary>Why items would be recommended: which clicks of the history raised their scores the most.</summary>
    /// <param name="history">
    /// The user's clicks, as <see cref="Recommend(IEnumerable{HistoryItem}, int, RecommendOptions?)"/> takes them.
    /// </param>
    /// <param name="items">Ids of the items to explain, which the model knows.</param>
    /// <exception cref="ArgumentException">The model does not know one of the items.</exception>
    public IReadOnlyList<Explanation> Explain(IEnumerable<HistoryItem> history, IReadOnlyList<string> items)
    {
        (Histories user, _) = Known(history);
        int[] wanted = [.. items.Select(id => Items.IndexOf(id) is >= 0 and var item
            ? item : throw new ArgumentException($"the model does not know the item '{id}'", nameof(items)))];
        if (wanted.Length == 0)
            return [];
        ClickMatrix leftOut = user.Clicks.EachLeftOut();
        RankFilter filter = RankFilter.Of(ItemCount, only: wanted, seenToo: true);
        int k = wanted.Distinct().Count(), clicks = user.Clicks.CountOf(0);
        int[] rows = [.. Enumerable.Range(0, clicks + 1)];
        Dictionary<int, float>[] scores =
            [.. Ranked(new Histories(leftOut), rows, k, filter).Select(row => row.ToDictionary())];
        return [.. wanted.Select(item => new Explanation(Items[item], scores[clicks][item],
            [.. Enumerable.Range(0, clicks)
                .Select(n => new ScoredItem(Items[user.Clicks.ItemsOf(0)[n]], scores[clicks][item] - scores[n][item]))
                .OrderByDescending(reason => reason.Score)]))];
    }

    /// <summary>The items that are most similar to a given one.</summary>
    /// <param name="item">Its id.</param>
    /// <param name="k">How many, at least 1, by default 10.</param>
    /// <returns>
    /// The most similar first; the measure is the model's: for an autoencoder the cosine of the items' output weights.
    /// </returns>
    /// <exception cref="ArgumentException">The model does not know the item.</exception>
    /// <exception cref="NotSupportedException">The model has no measure of similarity.</exception>
    public IReadOnlyList<ScoredItem> Similar(string item, int k = 10)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        int index = Items.IndexOf(item);
        if (index < 0)
            throw new ArgumentException($"the model does not know the item '{item}'", nameof(item));
        var scores = new float[ItemCount];
        using (Call call = Enter())
            Similarities(call.Compute, index, scores);
        return [.. Enumerable.Range(0, ItemCount).Where(other => other != index)
            .OrderByDescending(other => scores[other]).Take(k)
            .Select(other => new ScoredItem(Items[other], scores[other]))];
    }

    /// <summary>The code of a user, exactly what prediction uses.</summary>
    /// <param name="history">The user's clicks; unknown ones do not count.</param>
    /// <returns>The code, [Z].</returns>
    /// <exception cref="NotSupportedException">The model has no code of a user.</exception>
    public ReadOnlyTensorSpan<float> Encode(IEnumerable<HistoryItem> history)
    {
        var code = new float[CodeLength];
        Encode(Known(history).User, [0], code);
        return new ReadOnlyTensorSpan<float>(code);
    }

    /// <summary>The code of each of many users, encoded in batches.</summary>
    /// <param name="users">
    /// The users' clicks, on items of any vocabulary; those that the model does not know do not count.
    /// </param>
    /// <returns>The codes, [users, Z].</returns>
    /// <exception cref="NotSupportedException">The model has no code of a user.</exception>
    public ReadOnlyTensorSpan<float> Encode(ClickData users)
    {
        var codes = new float[checked(users.Users.Count * CodeLength)];
        foreach ((int first, Histories block) in Blocks(users))
            Encode(block, [.. Enumerable.Range(0, block.Clicks.UserCount)],
                codes.AsSpan(first * CodeLength, block.Clicks.UserCount * CodeLength));
        return new ReadOnlyTensorSpan<float>(codes, [users.Users.Count, CodeLength]);
    }

    /// <summary>A history as the model reads it: on its items, and with counts if it was trained on such.</summary>
    /// <param name="history">The user's clicks; items that the model does not know are left out.</param>
    /// <returns>A matrix of one row.</returns>
    public ClickMatrix ClicksOf(IEnumerable<HistoryItem> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return AsTrained(Known(history).User).Clicks;
    }

    // The users in blocks, on the model's items.
    private IEnumerable<(int First, Histories Block)> Blocks(ClickData users)
    {
        int[] column = [.. Enumerable.Range(0, users.Items.Count).Select(item => Items.IndexOf(users.Items[item]))];
        for (int first = 0; first < users.Users.Count; first += BlockSize)
        {
            int count = Math.Min(BlockSize, users.Users.Count - first);
            yield return (first, new Histories(users.Matrix.OnColumns(first, count, column, ItemCount),
                users.Users.Select([.. Enumerable.Range(first, count)])));
        }
    }

    /// <summary>How similar every item is to a given one.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="item">The item.</param>
    /// <param name="scores">Receives a number for each item, higher for more similar items.</param>
    protected virtual void Similarities(Compute c, int item, Span<float> scores) =>
        throw new NotSupportedException($"{Settings.Type.Title} has no measure of how similar two items are");

    /// <summary>Cosines of rows of a tensor with one of them.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="vectors">One row per item.</param>
    /// <param name="item">The row that the others are compared with.</param>
    /// <param name="scores">Receives the cosines; 0 for a row of zeros.</param>
    protected static void Cosines(Compute c, NamedTensor vectors, int item, Span<float> scores)
    {
        int columns = vectors.Value.Columns, at = 0;
        var one = new float[columns];
        c.Read(vectors.Value.Slice(item, 1), one);
        foreach (Tensor piece in vectors.Pieces())
        {
            var rows = new float[piece.Length];
            c.Read(piece, rows);
            for (int row = 0; row < piece.Rows; row++)
            {
                double dot = 0, square = 0, own = 0;
                for (int i = 0; i < columns; i++)
                {
                    double x = rows[row * columns + i];
                    (dot, square, own) = (dot + x * one[i], square + x * x, own + (double)one[i] * one[i]);
                }
                scores[at++] = square * own == 0 ? 0 : (float)(dot / Math.Sqrt(square * own));
            }
        }
    }

    private RankFilter Filter(RecommendOptions? options) => options is null ? RankFilter.None
        : RankFilter.Of(ItemCount, options.Exclude is null ? null : Indices(options.Exclude),
            options.Only is null ? null : Indices(options.Only), options.SeenToo);

    private IEnumerable<int> Indices(IEnumerable<string> ids) => ids.Select(Items.IndexOf).Where(item => item >= 0);

    private IReadOnlyList<ScoredItem>[] Lists(Histories users, int[] rows, int k, RankFilter filter) =>
        [.. Ranked(users, rows, Math.Min(k, ItemCount), filter).Select(list =>
            (IReadOnlyList<ScoredItem>)[.. list.Select(one => new ScoredItem(Items[one.Key], one.Value))])];

    private IEnumerable<IEnumerable<KeyValuePair<int, float>>> Ranked(Histories users, int[] rows, int k,
        RankFilter filter)
    {
        var items = new int[rows.Length * k];
        var scores = new float[items.Length];
        Rank(users, rows, k, filter, items, scores);
        return rows.Select((_, row) => Enumerable.Range(row * k, k)
            .Where(i => items[i] >= 0).Select(i => KeyValuePair.Create(items[i], scores[i])));
    }

    private (Histories User, IReadOnlyList<string> Unknown) Known(IEnumerable<HistoryItem> history)
    {
        var known = new SortedDictionary<int, float>();
        var places = new Dictionary<int, int>();
        var unknown = new List<string>();
        int place = 0;
        foreach ((string id, float count) in history)
        {
            if (id is null)
                throw new ArgumentNullException(nameof(history), "found an item whose id is null; expected its id");
            if (!float.IsFinite(count) || (Info.TrainedOnCounts && count <= 0))
                throw new ArgumentException($"item '{id}' counts {count}; expected a finite number"
                    + (Info.TrainedOnCounts ? " above 0" : ""), nameof(history));
            int item = Items.IndexOf(id);
            if (item >= 0)
                (known[item], places[item]) = (known.GetValueOrDefault(item) + count, ++place);
            else
                unknown.Add(id);
        }
        int[] inOrder = [.. known.Keys.OrderBy(item => places[item])];
        return (new Histories(new ClickMatrix(ItemCount, [0, known.Count], [.. known.Keys], [.. known.Values],
            inOrder: inOrder)), unknown);
    }
}
