using System.Numerics;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>How near two users are, and what a neighbour's clicks count.</summary>
public enum UserSimilarity
{
    /// <summary>x_u x_v / (|x_u| |x_v| + shrink); a neighbour counts as much as that.</summary>
    Cosine,
    /// <summary>
    /// 1 - d, d = (n_u + n_v - 2 |u and v|) / I the Hamming distance; all neighbours count the same, 1 / k.
    /// </summary>
    Hamming,
    /// <summary>The same; a neighbour counts (1 - d) / k.</summary>
    WeightedHamming,
}

/// <summary>
/// User kNN: the scores are the clicks of the k training users who are nearest to the history, weighted. The training
/// clicks are the model. A user whose id is known is no neighbour of their own.
/// </summary>
public static class UserKnn
{
    /// <summary>The measure of how near two users are; the cosine by default.</summary>
    public static readonly Setting<UserSimilarity> Similarity = Setting.Choice("user_similarity",
        "How near two users are: the cosine of their clicks, or the share of items on which they agree (Hamming), with "
        + "neighbours that count the same or as much as they are near.", UserSimilarity.Cosine);

    /// <summary>Number of neighbours; 100 by default.</summary>
    public static readonly Setting<int> Neighbours = ItemKnn.Neighbours.WithDefault(100);

    /// <summary>A number added to the denominator of the cosine; 0 by default.</summary>
    public static readonly Setting<double> Shrink = ItemKnn.Shrink;

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "userknn",
        Title = "User kNN",
        Summary = "Scores by the clicks of the most similar training users.",
        Citation = "Herlocker, Konstan, Borchers, Riedl 1999, An algorithmic framework for performing collaborative "
            + "filtering",
        Settings = [Similarity, Neighbours, Shrink],
        Grid =
        [
            Similarity.Over(UserSimilarity.Cosine, UserSimilarity.WeightedHamming),
            Neighbours.Over(20, 50, 100, 200, 500),
        ],
        KeepsUsers = true,
        Fit = (data, settings, device) => new UserKnnFit(data, settings, device),
        Load = (data, device) => new UserKnnRecommender(data, device),
    };
}

/// <summary>
/// Keeps the training clicks: for each user how many, then the items, and their values where there are any.
/// </summary>
internal sealed class UserKnnFit : ClosedFormFit
{
    private readonly Tensor counts, items;
    private readonly Tensor? values;
    private readonly Lazy<UserIndex> index;

    public UserKnnFit(FitData data, Settings settings, Device device) : base(data, settings, device)
    {
        // float32 holds every count and every item below 2^24.
        counts = Compute.Allocate(1, data.Clicks.UserCount);
        items = Compute.Allocate(1, (int)data.Clicks.ClickCount);
        values = data.Clicks.HasValues ? Compute.Allocate(1, (int)data.Clicks.ClickCount) : null;
        index = new(() => new UserIndex(data.Clicks, data.Train.Users, settings));
    }

    public override IReadOnlyList<NamedTensor> Model => UserKnnRecommender.Named(counts, items, values);

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ClickMatrix clicks = Data.Clicks;
        Compute.Write([.. Enumerable.Range(0, clicks.UserCount).Select(user => (float)clicks.CountOf(user))], counts);
        Compute.Write(Array.ConvertAll(clicks.Items.ToArray(), item => (float)item), items);
        if (values is not null)
            Compute.Write(Ranker.CountsOf(Data.Train, [.. Enumerable.Range(0, clicks.UserCount)]), values);
    }

    protected override Ranker NewRanker() => index.Value.NewRanker(Compute);
}

internal sealed class UserKnnRecommender : Recommender
{
    private readonly Tensor counts, items;
    private readonly Tensor? values;
    private readonly UserIndex index;

    public UserKnnRecommender(ModelData data, Device device) : base(data, device)
    {
        int users = data.Info.TrainUsers;
        counts = data.Take(Compute, "counts", users);
        var lengths = new double[users];
        Compute.Read(counts, lengths);
        long[] starts = new long[users + 1];
        for (int user = 0; user < users; user++)
            starts[user + 1] = starts[user] + Whole(lengths[user], ItemCount, "counts");
        items = data.Take(Compute, "items", starts[users]);
        values = data.Info.TrainedOnCounts ? data.Take(Compute, "values", starts[users]) : null;
        data.CheckAllTaken();
        if (Users is not null && Users.Count != users)
            throw new InputException($"the model: found the ids of {Users.Count} users; expected {users}");
        double[] clicked = new double[items.Length];
        Compute.Read(items, clicked);
        float[]? often = values is null ? null : new float[values.Length];
        if (values is not null)
            Compute.Read(values, often);
        try
        {
            index = new UserIndex(new ClickMatrix(ItemCount, starts,
                Array.ConvertAll(clicked, item => Whole(item, ItemCount - 1, "items")), often), Users, Settings);
        }
        catch (ArgumentException e)
        {
            throw InputException.About("the model", e);
        }
    }

    private static int Whole(double value, int most, string tensor) =>
        value >= 0 && value <= most && value == (int)value ? (int)value
        : throw new InputException(
            $"the model: found {value} in tensor '{tensor}'; expected whole numbers from 0 to {most}");

    /// <summary>The tensors of the model's file.</summary>
    public static IReadOnlyList<NamedTensor> Named(Tensor counts, Tensor items, Tensor? values)
    {
        NamedTensor[] named = [new("counts", counts, IsVector: true), new("items", items, IsVector: true)];
        return values is null ? named : [.. named, new NamedTensor("values", values, IsVector: true)];
    }

    protected override IReadOnlyList<NamedTensor> Tensors => Named(counts, items, values);

    protected override Ranker NewRanker(Compute c) => index.NewRanker(c);

    protected override void Free()
    {
        counts.Dispose();
        items.Dispose();
        values?.Dispose();
    }
}

/// <summary>The training clicks by user and by item, for any number of scorers.</summary>
internal sealed class UserIndex
{
    private readonly int[] starts, users;
    private readonly float[] values;

    public UserIndex(ClickMatrix clicks, Vocabulary? ids, Settings settings)
    {
        (Clicks, Ids, Settings) = (clicks, ids, settings);
        Squares = [.. Enumerable.Range(0, clicks.UserCount).Select(user => SquareOf(clicks, user))];
        Sizes = settings.Get(UserKnn.Similarity) == UserSimilarity.Cosine
            ? [.. Squares.Select(square => (float)Math.Sqrt(square))]
            : [.. Enumerable.Range(0, clicks.UserCount).Select(user => (float)clicks.CountOf(user))];
        starts = new int[clicks.ItemCount + 1];
        foreach (int item in clicks.Items)
            starts[item + 1]++;
        for (int item = 0; item < clicks.ItemCount; item++)
            starts[item + 1] += starts[item];
        int[] next = starts[..^1];
        users = new int[clicks.ClickCount];
        values = new float[clicks.HasValues ? clicks.ClickCount : 0];
        for (int user = 0; user < clicks.UserCount; user++)
        {
            ReadOnlySpan<int> items = clicks.ItemsOf(user);
            for (int n = 0; n < items.Length; n++)
            {
                int at = next[items[n]]++;
                users[at] = user;
                if (clicks.HasValues)
                    values[at] = clicks.ValuesOf(user)[n];
            }
        }
    }

    /// <summary>The clicks by user.</summary>
    public ClickMatrix Clicks { get; }

    /// <summary>Original id of each user; null if unknown.</summary>
    public Vocabulary? Ids { get; }

    /// <summary>The model's settings.</summary>
    public Settings Settings { get; }

    /// <summary>x_v x_v of each user.</summary>
    public double[] Squares { get; }

    /// <summary>What a user's share is measured against: the norm |x_v| for the cosine, else the number n_v.</summary>
    public float[] Sizes { get; }

    /// <summary>A ranker by the k nearest users.</summary>
    public Ranker NewRanker(Compute c) => new RowRanker(c, Clicks.ItemCount, () => new UserScorer(this));

    /// <summary>x x of a user's row.</summary>
    public static double SquareOf(ClickMatrix clicks, int user)
    {
        double square = clicks.HasValues ? 0 : clicks.CountOf(user);
        foreach (float value in clicks.ValuesOf(user))
            square += (double)value * value;
        return square;
    }

    /// <summary>The users who clicked an item, ascending.</summary>
    public ReadOnlySpan<int> UsersOf(int item) => users.AsSpan(starts[item], starts[item + 1] - starts[item]);

    /// <summary>What those clicks count; empty where clicks have no values.</summary>
    public ReadOnlySpan<float> ValuesOf(int item) =>
        values.Length == 0 ? default : values.AsSpan(starts[item], starts[item + 1] - starts[item]);
}

/// <summary>
/// Finds what a history has in common with every training user, through the items of the history, keeps the nearest
/// users and adds up their rows.
/// </summary>
internal sealed class UserScorer(UserIndex index) : RowScorer
{
    private readonly UserSimilarity similarity = index.Settings.Get(UserKnn.Similarity);
    private readonly int k = index.Settings.Get(UserKnn.Neighbours);
    private readonly double shrink = index.Settings.Get(UserKnn.Shrink);
    // x x_v, or |u and v|, for each training user v.
    private readonly float[] together = new float[index.Clicks.UserCount];
    // The worst comes out first: the least near, and of equals the last.
    private readonly PriorityQueue<int, (double Nearness, int Before)> nearest = new();

    private bool IsCosine => similarity == UserSimilarity.Cosine;

    public override void Score(Histories users, int row, Span<double> scores)
    {
        foreach ((int user, double nearness) in Nearest(users, row))
        {
            double weight = IsCosine ? nearness
                : (similarity == UserSimilarity.Hamming ? 1 : nearness) / nearest.Count;
            ReadOnlySpan<int> items = index.Clicks.ItemsOf(user);
            ReadOnlySpan<float> values = index.Clicks.ValuesOf(user);
            for (int n = 0; n < items.Length; n++)
                scores[items[n]] += weight * (values.IsEmpty ? 1 : values[n]);
        }
    }

    /// <summary>The nearest training users, ascending, and how near each is.</summary>
    public IEnumerable<(int User, double Nearness)> Nearest(Histories users, int row)
    {
        int self = users.Users is not null && index.Ids is not null ? index.Ids.IndexOf(users.Users[row]) : -1;
        nearest.Clear();
        Array.Clear(together);
        if (IsCosine && (users.Clicks.HasValues || index.Clicks.HasValues))
            Multiply(users.Clicks, row);
        else
            foreach (int item in users.Clicks.ItemsOf(row))
                foreach (int user in index.UsersOf(item))
                    together[user]++;
        Keep(IsCosine ? UserIndex.SquareOf(users.Clicks, row) : users.Clicks.CountOf(row), self);
        return nearest.UnorderedItems.Select(one => (one.Element, Similarity(one.Priority.Nearness)))
            .OrderBy(one => one.Element);
    }

    private void Multiply(ClickMatrix clicks, int row)
    {
        ReadOnlySpan<int> items = clicks.ItemsOf(row);
        ReadOnlySpan<float> values = clicks.ValuesOf(row);
        for (int n = 0; n < items.Length; n++)
        {
            ReadOnlySpan<int> who = index.UsersOf(items[n]);
            ReadOnlySpan<float> theirs = index.ValuesOf(items[n]);
            float value = values.IsEmpty ? 1 : values[n];
            for (int i = 0; i < who.Length; i++)
                together[who[i]] += value * (theirs.IsEmpty ? 1 : theirs[i]);
        }
    }

    // Keeps the k nearest. Most users have too little in common with the history: a vector of them at a time is passed
    // over. Only the others are compared exactly.
    private void Keep(double size, int self)
    {
        (float least, float slope) = Bound(size);
        for (int from = 0; from < together.Length; from += Vector<float>.Count)
        {
            int to = Math.Min(from + Vector<float>.Count, together.Length);
            if (to - from == Vector<float>.Count && Vector.LessThanAll(new Vector<float>(together, from),
                new Vector<float>(slope) * new Vector<float>(index.Sizes, from) + new Vector<float>(least)))
                continue;
            for (int user = from; user < to; user++)
                if (user != self && (together[user] > 0 || !IsCosine) && Keep(user, Nearness(size, user)))
                    (least, slope) = Bound(size);
        }
    }

    private bool Keep(int user, double nearness)
    {
        if (nearest.Count < k)
            nearest.Enqueue(user, (nearness, -user));
        else if (nearness > Worst)
            nearest.DequeueEnqueue(user, (nearness, -user));
        else
            return false;
        return true;
    }

    private double Worst => nearest.TryPeek(out _, out (double Nearness, int) worst) ? worst.Nearness : 0;

    // Without a shrink users are compared by the squares of their cosines, quotients of whole numbers, so that equals
    // are equal to the last bit.
    private double Nearness(double size, int user)
    {
        double common = together[user];
        return !IsCosine ? 1 - (size + index.Sizes[user] - 2 * common) / index.Clicks.ItemCount
            : shrink == 0 ? common * common / (size * index.Squares[user])
            : common / (Math.Sqrt(size * index.Squares[user]) + shrink);
    }

    private double Similarity(double nearness) => IsCosine && shrink == 0 ? Math.Sqrt(nearness) : nearness;

    // A user who has less in common with the history than slope times the user's size plus least is not among the k
    // nearest. Whatever float rounds is less than the slack.
    private (float Least, float Slope) Bound(double size)
    {
        const double slack = 1e-4;
        if (nearest.Count < k)
            return (IsCosine ? float.Epsilon : float.NegativeInfinity, 0);
        double worst = Similarity(Worst);
        return IsCosine
            ? ((float)(worst * shrink * (1 - slack)), (float)(worst * Math.Sqrt(size) * (1 - slack)))
            : ((float)((size - (1 - worst) * index.Clicks.ItemCount) / 2 - slack), 0.5f);
    }
}
