using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// SLIM (Ning and Karypis 2011): sparse item-item weights W with diag W = 0 that minimise
/// 1/2 ||X - X W||^2 + l2/2 ||W||^2 + l1 ||W||_1, each column a problem of its own. A user's scores are x W.
/// </summary>
public static class Slim
{
    /// <summary>Strength of the L1 term, which makes weights 0; 1 by default.</summary>
    public static readonly Setting<double> L1 = Setting.Number("l1",
        "Strength of the L1 term, N ||W||_1: the more, the fewer weights are not 0.", 1);

    /// <summary>Strength of the L2 term; 100 by default.</summary>
    public static readonly Setting<double> L2 = Setting.Number("l2",
        "Strength of the L2 term, N / 2 ||W||^2. Papers try up to 5; values in the hundreds rank better.", 100);

    /// <summary>Whether weights may be negative; they may not by default.</summary>
    public static readonly Setting<bool> Signed = Setting.Flag("signed", "Whether weights may be negative.");

    /// <summary>The change of a weight at which a column is done; 0.0001 by default.</summary>
    public static readonly Setting<double> Tolerance = Setting.Positive("tolerance",
        "A column is done when no weight would change by more than this.", 1e-4);

    /// <summary>The most sweeps over the weights of a column; 1,000 by default.</summary>
    public static readonly Setting<int> Sweeps = Setting.Integer("sweeps",
        "Most sweeps over the weights of a column; columns that are not done by then are counted.", 1_000, least: 1);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "slim",
        Title = "SLIM",
        Summary = "Sparse linear item-item weights with a zero diagonal, by coordinate descent.",
        Citation = "Ning, Karypis 2011, SLIM: sparse linear methods for top-N recommender systems",
        Settings = [L1, L2, Signed, Tolerance, Sweeps],
        Grid = [L1.Over(0.3, 1, 3), L2.Over(30, 100, 300, 1000)],
        Fit = (data, settings, device) =>
        {
            device.ExpectRoom($"SLIM's Gram matrix of {data.Items.Count:N0} x {data.Items.Count:N0} items",
                (long)data.Items.Count * data.Items.Count);
            return new SlimFit(data, settings, device);
        },
        Load = (data, device) => new SlimRecommender(data, device),
    };
}

/// <summary>Some columns of W in each step, on the Gram matrix, which is not kept beyond the fit.</summary>
internal sealed class SlimFit : Fit
{
    // Targets of one step: enough for many threads, few enough to stop and to report between steps.
    private const int StepLength = 512;
    private const string Unfinished = "unfinished columns";

    private readonly ElasticNet problem;
    private readonly WeightTensors model;
    private Tensor? gram, block;
    private WeightTensors? start;
    private SparseWeights weights;
    private SparseRanker? ranker;
    private int unfinished;

    public SlimFit(FitData data, Settings settings, Device device) : base(Checked(data, settings), settings, device)
    {
        problem = new ElasticNet(settings.Get(Slim.L1), settings.Get(Slim.L2), !settings.Get(Slim.Signed),
            settings.Get(Slim.Tolerance), settings.Get(Slim.Sweeps));
        model = new WeightTensors(Compute, Items);
        weights = new SparseWeights(new int[Items + 1], [], []);
    }

    // Where weights may not be negative, an item cannot be of use to one that it has no users in common with; that
    // holds for counts that are not negative.
    private static FitData Checked(FitData data, Settings settings)
    {
        for (int user = 0; user < data.Clicks.UserCount && !settings.Get(Slim.Signed); user++)
            foreach (float count in data.Clicks.ValuesOf(user))
                if (count < 0)
                    throw new InputException($"user {user}: found a click that counts {count}; expected counts of at "
                        + $"least 0 for {Slim.Type.Title} without {Slim.Signed.Option}");
        return data;
    }

    private int Items => Data.Items.Count;

    public override int EpochLength => Items;

    public override int Epochs => 1;

    public override long Steps => (Items + StepLength - 1) / StepLength;

    public override IReadOnlyList<Measure> Measures => [new(Unfinished, unfinished)];

    public override IReadOnlyList<Measure> Numbers => Measures;

    public override IReadOnlyList<NamedTensor> Model => model.Named;

    public override IReadOnlyList<NamedTensor> State => start?.Named ?? [];

    // Validation comes after the only epoch, when the weights are complete.
    public override Ranker Ranker => ranker ??= new SparseRanker(Compute, weights);

    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        (long step, _, int first) = Position;
        int count = Math.Min(StepLength, Items - first);
        gram ??= Gram(cancellationToken);
        block ??= Compute.Allocate(count, Items);
        block.Resize(count);
        var values = new float[block.Length];
        if (start is not null)
            Columns(start.Read(Compute), first, count, values);
        Compute.Write(values, block);
        unfinished += Compute.CoordinateDescent(gram, first, problem, block, cancellationToken);
        Compute.Read(block, values.AsSpan());
        Append(first, values);
        bool ends = first + count == Items;
        Position = new FitPosition(step + 1, ends ? 1 : 0, ends ? 0 : first + count);
    }

    private Tensor Gram(CancellationToken cancellationToken)
    {
        using ClickBatch all = Compute.AllocateBatch();
        Compute.Load(Data.Clicks, [.. Enumerable.Range(0, Data.Clicks.UserCount)], all);
        Tensor made = Compute.Allocate(Items, Items);
        try
        {
            Compute.Gram(all, ridge: 0, made, cancellationToken);
        }
        catch
        {
            made.Dispose();
            throw;
        }
        return made;
    }

    // Columns of sparse weights, a row for each.
    private static void Columns(SparseWeights of, int first, int count, float[] columns)
    {
        for (int row = 0; row < of.ItemCount; row++)
        {
            ReadOnlySpan<int> items = of.Items[of.RowStarts[row]..of.RowStarts[row + 1]];
            int n = items.BinarySearch(first);
            for (n = n < 0 ? ~n : n; n < items.Length && items[n] < first + count; n++)
                columns[(items[n] - first) * of.ItemCount + row] = of.Values[of.RowStarts[row] + n];
        }
    }

    // The weights with more columns, which follow those that they have in every row.
    private void Append(int first, float[] columns)
    {
        int items = Items;
        int[] starts = new int[items + 1], next = new int[items];
        ForEachWeight(columns, items, (_, row, _) => next[row]++);
        for (int row = 0; row < items; row++)
            starts[row + 1] = starts[row] + weights.RowStarts[row + 1] - weights.RowStarts[row] + next[row];
        var targets = new int[starts[items]];
        var values = new float[targets.Length];
        for (int row = 0; row < items; row++)
        {
            int from = weights.RowStarts[row], length = weights.RowStarts[row + 1] - from;
            weights.Items.Slice(from, length).CopyTo(targets.AsSpan(starts[row]));
            weights.Values.Slice(from, length).CopyTo(values.AsSpan(starts[row]));
            next[row] = starts[row] + length;
        }
        ForEachWeight(columns, items, (column, row, value) =>
            (targets[next[row]], values[next[row]++]) = (first + column, value));
        weights = new SparseWeights(starts, targets, values);
        model.Write(Compute, weights);
    }

    // Column by column: few of the numbers are weights.
    private static void ForEachWeight(float[] columns, int items, Action<int, int, float> action)
    {
        for (int at = 0; at < columns.Length; at++)
        {
            int zeros = columns.AsSpan(at).IndexOfAnyExcept(0f);
            if (zeros < 0)
                return;
            at += zeros;
            action(at / items, at % items, columns[at]);
        }
    }

    protected override void MakeRoom(IReadOnlyList<SavedTensor> model, IReadOnlyList<SavedTensor> state)
    {
        this.model.MakeRoom(model);
        start ??= NewStart();
        if (start.MakeRoom(state))
            return;
        start.Dispose();
        start = null;
    }

    protected override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers)
    {
        Position = position;
        weights = model.Read(Compute);
        unfinished = (int)numbers[Unfinished];
    }

    private WeightTensors NewStart() => new(Compute, Items, "start ");

    public override WarmStart StartFrom(Recommender from)
    {
        if (Position.Step > 0)
            throw new InvalidOperationException(
                $"{Position.Step} steps have been made; expected none before a model is started from");
        if (from is not SlimRecommender other)
            throw new ArgumentException($"the model to start from is {from.Settings.Type}; expected {Settings.Type}",
                nameof(from));
        int[] own = [.. Enumerable.Range(0, other.ItemCount).Select(item => Data.Items.IndexOf(other.Items[item]))];
        start ??= NewStart();
        start.Write(Compute, Renumbered(other.Weights, own, Items));
        int shared = own.Count(item => item >= 0);
        return new WarmStart(shared, Items - shared, other.ItemCount - shared);
    }

    // Weights of other items, by these items' numbers, -1 where there is none.
    private static SparseWeights Renumbered(SparseWeights weights, int[] numbers, int items)
    {
        var rows = new List<(int Item, float Value)>[items];
        for (int row = 0; row < numbers.Length; row++)
        {
            if (numbers[row] < 0)
                continue;
            List<(int Item, float Value)> moved = rows[numbers[row]] = [];
            for (int n = weights.RowStarts[row]; n < weights.RowStarts[row + 1]; n++)
                if (numbers[weights.Items[n]] >= 0)
                    moved.Add((numbers[weights.Items[n]], weights.Values[n]));
            moved.Sort((a, b) => a.Item.CompareTo(b.Item));
        }
        var starts = new int[items + 1];
        for (int row = 0; row < items; row++)
            starts[row + 1] = starts[row] + (rows[row]?.Count ?? 0);
        List<(int Item, float Value)> all = [.. rows.Where(row => row is not null).SelectMany(row => row)];
        return new SparseWeights(starts, [.. all.Select(one => one.Item)], [.. all.Select(one => one.Value)]);
    }

    public override void Dispose()
    {
        base.Dispose();
        ranker?.Dispose();
        gram?.Dispose();
        block?.Dispose();
        start?.Dispose();
        model.Dispose();
    }
}

internal sealed class SlimRecommender : Recommender
{
    private readonly WeightTensors tensors;

    public SlimRecommender(ModelData data, Device device) : base(data, device)
    {
        tensors = new WeightTensors(data, Compute);
        data.CheckAllTaken();
        Weights = tensors.Read(Compute);
    }

    public SparseWeights Weights { get; }

    protected override IReadOnlyList<NamedTensor> Tensors => tensors.Named;

    protected override Ranker NewRanker(Compute c) => new SparseRanker(c, Weights);

    // What a click on the item adds to the score of each.
    protected override void Similarities(Compute c, int item, Span<float> scores) => tensors.Row(c, item, scores);

    protected override void Free() => tensors.Dispose();
}
