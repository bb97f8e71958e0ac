using System.Numerics;
using System.Numerics.Tensors;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>What of two models is mixed.</summary>
public enum HybridBlend
{
    /// <summary>Their scores, scaled for each user so that the unseen items have scores from 0 to 1.</summary>
    Scores,
    /// <summary>The places of the items in their rankings, from 1 for the first unseen item down to 0.</summary>
    Ranks,
}

/// <summary>
/// A mixture of two trained models, w a + (1 - w) b. Models score on scales of their own, so a and b are scores scaled
/// by the least and the greatest of the user's unseen items (0 where all are the same), or places in the ranking.
/// </summary>
public static class Hybrid
{
    /// <summary>The file of the first model.</summary>
    public static readonly Setting<string> First = Setting.Text("first",
        "File of the first model. It is read once: the hybrid's file holds both models.", "MODEL");

    /// <summary>The file of the second model.</summary>
    public static readonly Setting<string> Second = Setting.Text("second",
        "File of the second model, trained on the same items.", "MODEL");

    /// <summary>Weight of the first model, w; 0.5 by default.</summary>
    public static readonly Setting<double> Weight = Setting.Probability("weight",
        "Weight of the first model, w; the second has 1 - w.", 0.5);

    /// <summary>What is mixed; scores by default.</summary>
    public static readonly Setting<HybridBlend> Blend = Setting.Choice("blend",
        "What is mixed: scores, scaled to [0, 1] for each user, or places in the ranking.", HybridBlend.Scores);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "hybrid",
        Title = "Hybrid",
        Summary = "Two trained models of any kind, mixed.",
        Citation = "Burke 2002, Hybrid recommender systems: survey and experiments",
        Settings = [First, Second, Weight, Blend],
        Grid = [Weight.Over(0.1, 0.25, 0.5, 0.75, 0.9)],
        Fit = (data, settings, device) => new HybridFit(data, settings, device),
        Load = (data, device) => new HybridRecommender(data, device),
    };

    /// <summary>
    /// Mixes scaled scores: a = w (a - least a) / (greatest a - least a) + (1 - w) (b - …) / …, with the least and the
    /// greatest of the unseen items.
    /// </summary>
    /// <param name="a">Scores of the first model; receives the mixture.</param>
    /// <param name="b">Scores of the second.</param>
    /// <param name="seen">The user's items, ascending.</param>
    /// <param name="weight">w.</param>
    internal static void Mix<T>(Span<T> a, ReadOnlySpan<T> b, ReadOnlySpan<int> seen, T weight)
        where T : struct, IFloatingPointIeee754<T>
    {
        (T firstLeast, T firstScale) = Scale(a, seen, weight);
        (T secondLeast, T secondScale) = Scale(b, seen, T.One - weight);
        for (int item = 0; item < a.Length; item++)
            a[item] = (a[item] - firstLeast) * firstScale + (b[item] - secondLeast) * secondScale;
    }

    // The least score of an unseen item, and the weight over the range of theirs; 0 where that is empty.
    private static (T Least, T Scale) Scale<T>(ReadOnlySpan<T> scores, ReadOnlySpan<int> seen, T weight)
        where T : struct, IFloatingPointIeee754<T>
    {
        (T least, T greatest) = (T.PositiveInfinity, T.NegativeInfinity);
        int from = 0;
        for (int n = 0; n <= seen.Length; n++)
        {
            ReadOnlySpan<T> unseen = scores[from..(n < seen.Length ? seen[n] : scores.Length)];
            if (!unseen.IsEmpty)
                (least, greatest) =
                    (T.Min(least, TensorPrimitives.Min(unseen)), T.Max(greatest, TensorPrimitives.Max(unseen)));
            from = n < seen.Length ? seen[n] + 1 : from;
        }
        return greatest > least ? (least, weight / (greatest - least)) : (T.Zero, T.Zero);
    }

    /// <summary>
    /// Turns scores into places: 1 for the best of n unseen items, 1 - 1/n for the next; a seen one has the place of
    /// the unseen one that it would displace. Of equal scores the lower item comes first.
    /// </summary>
    internal static void Rank(Span<float> scores, ReadOnlySpan<int> seen)
    {
        int[] order = new int[scores.Length];
        TopK.Cpu.Rank(Workers.One, 1, order.Length, scores, [], [], [], order.Length, order, []);
        float step = 1f / Math.Max(1, scores.Length - seen.Length);
        int before = 0;
        foreach (int item in order)
        {
            scores[item] = 1 - before * step;
            if (seen.BinarySearch(item) < 0)
                before++;
        }
    }
}

/// <summary>Loads the two models.</summary>
internal sealed class HybridFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    private readonly List<ModelPart> parts = [];

    public override IReadOnlyList<NamedTensor> Model => [];

    protected override IReadOnlyList<ModelPart> Parts
    {
        get
        {
            foreach (Setting<string> setting in ((Setting<string>[])[Hybrid.First, Hybrid.Second]).Skip(parts.Count))
                parts.Add(new ModelPart(setting.Name, Load(setting)));
            return parts;
        }
    }

    private Recommender Load(Setting<string> setting)
    {
        string path = Settings.Get(setting);
        if (path.Length == 0)
            throw new InputException($"{Hybrid.Type.Title} needs two trained models: expected {Hybrid.First.Option} "
                + $"and {Hybrid.Second.Option}, and their files");
        Recommender model = Recommender.Load(path, Device);
        try
        {
            if (model.Settings.Type.PredictsRatings)
                throw new InputException($"{path}: found {model.Settings.Type.Title}, which predicts ratings; expected "
                    + "a model that ranks items");
            for (int item = 0; item < Math.Max(model.ItemCount, Data.Items.Count); item++)
                if (item >= model.ItemCount || item >= Data.Items.Count || model.Items[item] != Data.Items[item])
                    throw new InputException($"{path}: found a model of {model.ItemCount} items, with "
                        + $"{Name(model.Items, item)} as number {item + 1}; expected the {Data.Items.Count} of the "
                        + $"data, with {Name(Data.Items, item)}");
        }
        catch
        {
            model.Dispose();
            throw;
        }
        return model;

        static string Name(Vocabulary items, int item) => item < items.Count ? $"'{items[item]}'" : "none";
    }

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken) => _ = Parts;

    protected override Ranker NewRanker() => new HybridRanker(Compute, Settings, Parts[0].Model, Parts[1].Model);

    public override void Dispose()
    {
        base.Dispose();
        if (!IsHandedOver)
            foreach (ModelPart part in parts)
                part.Model.Dispose();
    }
}

internal sealed class HybridRecommender : Recommender
{
    private readonly Recommender first, second;

    public HybridRecommender(ModelData data, Device device) : base(data, device)
    {
        first = data.TakePart(Hybrid.First.Name, device);
        second = data.TakePart(Hybrid.Second.Name, device);
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => [];

    protected override IReadOnlyList<ModelPart> Parts =>
        [new(Hybrid.First.Name, first), new(Hybrid.Second.Name, second)];

    protected override Ranker NewRanker(Compute c) => new HybridRanker(c, Settings, first, second);

    protected override void Free()
    {
        first.Dispose();
        second.Dispose();
    }
}

/// <summary>
/// Mixes the scores of all items, for some users at a time: memory grows with the items, not with the users.
/// </summary>
internal sealed class HybridRanker : Ranker
{
    private const int UsersAtOnce = 128;

    private readonly Compute c;
    private readonly (Ranker Ranker, bool ReadsCounts)[] parts;
    private readonly float weight;
    private readonly bool byRank;
    private readonly float[][] scores = [[], []];

    public HybridRanker(Compute c, Settings settings, Recommender first, Recommender second)
    {
        this.c = c;
        ItemCount = first.ItemCount;
        parts = [.. ((Recommender[])[first, second]).Select(one => (one.RankerOn(c), one.Info.TrainedOnCounts))];
        (weight, byRank) = ((float)settings.Get(Hybrid.Weight), settings.Get(Hybrid.Blend) == HybridBlend.Ranks);
    }

    public override int ItemCount { get; }

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> ranked)
    {
        for (int from = 0; from < rows.Length; from += UsersAtOnce)
        {
            ReadOnlySpan<int> block = rows[from..Math.Min(from + UsersAtOnce, rows.Length)];
            Span<float> mixed = Mix(users, block);
            (int[] starts, int[] seen) = filter.SeenToo ? ([], []) : Seen(users.Clicks, block);
            TopK.Cpu.Rank(Workers, block.Length, ItemCount, mixed, starts, seen, filter.Forbidden.Span, k,
                items.Slice(from * k, block.Length * k),
                ranked.IsEmpty ? [] : ranked.Slice(from * k, block.Length * k));
        }
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> all)
    {
        for (int from = 0; from < rows.Length; from += UsersAtOnce)
            Mix(users, rows[from..Math.Min(from + UsersAtOnce, rows.Length)]).CopyTo(all[(from * ItemCount)..]);
    }

    private Workers Workers => c is CpuCompute cpu ? cpu.Workers : Workers.One;

    private Span<float> Mix(Histories users, ReadOnlySpan<int> rows)
    {
        int length = rows.Length * ItemCount;
        var withoutCounts = new Histories(users.Clicks.WithoutValues(), users.Users);
        for (int i = 0; i < parts.Length; i++)
        {
            if (scores[i].Length < length)
                scores[i] = new float[length];
            parts[i].Ranker.ScoreAll(parts[i].ReadsCounts ? users : withoutCounts, rows, scores[i].AsSpan(0, length));
        }
        int[] batch = rows.ToArray();
        Workers.Run(batch.Length, at =>
        {
            Span<float> a = scores[0].AsSpan(at * ItemCount, ItemCount);
            Span<float> b = scores[1].AsSpan(at * ItemCount, ItemCount);
            ReadOnlySpan<int> seen = users.Clicks.ItemsOf(batch[at]);
            if (byRank)
            {
                Hybrid.Rank(a, seen);
                Hybrid.Rank(b, seen);
                TensorPrimitives.Multiply(a, weight, a);
                TensorPrimitives.MultiplyAdd(b, 1 - weight, a, a);
            }
            else
                Hybrid.Mix<float>(a, b, seen, weight);
        });
        return scores[0].AsSpan(0, length);
    }

    private static (int[] Starts, int[] Items) Seen(ClickMatrix clicks, ReadOnlySpan<int> rows)
    {
        int[] starts = new int[rows.Length + 1];
        var items = new List<int>();
        for (int row = 0; row < rows.Length; row++)
        {
            items.AddRange(clicks.ItemsOf(rows[row]));
            starts[row + 1] = items.Count;
        }
        return (starts, [.. items]);
    }

    public override void Dispose()
    {
        foreach ((Ranker ranker, _) in parts)
            ranker.Dispose();
        base.Dispose();
    }
}
