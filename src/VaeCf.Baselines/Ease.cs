using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// EASE (Steck 2019): item-item weights B with diag B = 0 that minimise ||X - X B||^2 + lambda ||B||^2, in closed form.
/// With P = (X'X + lambda I)^-1, B_ij = -P_ij / P_jj: each column is divided by its own P_jj. A user's scores are x B.
/// </summary>
public static class Ease
{
    /// <summary>
    /// Strength of the L2 term; 500 by default, which is about the best on ML-20M. On Netflix it is 1,000, on MSD 200.
    /// </summary>
    public static readonly Setting<double> Lambda =
        Setting.Positive("lambda", "Strength of the L2 term, N ||B||^2.", 500,
            paper: "the same on ML-20M, 1,000 on Netflix, 200 on MSD");

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "ease",
        Title = "EASE",
        Summary = "Linear item-item weights with a zero diagonal, in closed form.",
        Citation = "Steck 2019, Embarrassingly shallow autoencoders for sparse data (arXiv 1905.03375)",
        Settings = [Lambda],
        Grid = [Lambda.Over(20, 50, 100, 200, 400, 700, 1000, 2000, 5000)],
        Fit = (data, settings, device) =>
        {
            device.ExpectRoom($"EASE's weights of {data.Items.Count:N0} x {data.Items.Count:N0} items",
                (long)data.Items.Count * data.Items.Count);
            return new EaseFit(data, settings, device);
        },
        Load = (data, device) => new EaseRecommender(data, device),
    };
}

/// <summary>Gram matrix, Cholesky factor, inverse and weights, all in the memory of the weights.</summary>
internal sealed class EaseFit(FitData data, Settings settings, Device device) : ClosedFormFit(data, settings, device)
{
    // Shares of the work done: after the Gram matrix, the factor takes a third of the rest and the inverse two thirds.
    private const double AfterGram = 0.05, AfterFactor = 0.36;

    private Tensor? weights;

    private Tensor Weights => weights ??= Compute.Allocate(Data.Items.Count, Data.Items.Count);

    public override IReadOnlyList<NamedTensor> Model => [new NamedTensor("weights", Weights)];

    protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using (ClickBatch all = Compute.AllocateBatch())
        {
            Compute.Load(Data.Clicks, [.. Enumerable.Range(0, Data.Clicks.UserCount)], all);
            Compute.Gram(all, Settings.Get(Ease.Lambda), Weights, cancellationToken);       // A = X'X + lambda I
        }
        progress?.Report(AfterGram);
        try
        {
            Compute.CholeskyFactor(Weights, Part(AfterGram, AfterFactor), cancellationToken); // A = L L'
        }
        catch (ArithmeticException e)
        {
            throw new InputException($"EASE cannot be solved with lambda {Settings.Text(Ease.Lambda)}: {e.Message}. "
                + "A larger lambda may help, or smaller counts", e);
        }
        Compute.CholeskyInverse(Weights, Part(AfterFactor, 1), cancellationToken);          // P = A^-1
        DivideColumns();                                                                    // B = -P / diag P, B_jj = 0

        IProgress<double>? Part(double from, double to) => progress is null ? null : new PartOf(progress, from, to);
    }

    /// <summary>The weights, row by row.</summary>
    internal double[] Read()
    {
        var values = new double[Weights.Length];
        Compute.Read(Weights, values);
        return values;
    }

    private void DivideColumns()
    {
        int items = Data.Items.Count;
        double[] row = new double[items], diagonal = new double[items];
        for (int i = 0; i < items; i++)
        {
            Compute.Read(Weights.Slice(i, 1), row);
            diagonal[i] = row[i];
        }
        for (int i = 0; i < items; i++)
        {
            Compute.Read(Weights.Slice(i, 1), row);
            for (int j = 0; j < items; j++)
                row[j] = j == i ? 0 : -row[j] / diagonal[j];
            Compute.Write(row, Weights.Slice(i, 1));
        }
    }

    protected override Ranker NewRanker() => new EaseRanker(Compute, Weights);

    private sealed class PartOf(IProgress<double> whole, double from, double to) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + value * (to - from));
    }
}

internal sealed class EaseRecommender : Recommender
{
    private readonly Tensor weights;

    public EaseRecommender(ModelData data, Device device) : base(data, device)
    {
        weights = data.Take(Compute, "weights", data.Items.Count, data.Items.Count);
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => [new NamedTensor("weights", weights)];

    protected override Ranker NewRanker(Compute c) => new EaseRanker(c, weights);

    // What a click on the item adds to the score of each.
    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        c.Read(weights.Slice(item, 1), scores);

    protected override void Free() => weights.Dispose();
}

internal sealed class EaseRanker(Compute c, Tensor weights) : Ranker
{
    private readonly ClickBatch batch = c.AllocateBatch();

    public override int ItemCount => weights.Columns;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        c.Load(users.Clicks, rows, batch);
        c.LinearRank(batch, weights, k, filter, items, scores);                             // the best of x B
    }

    public override void Dispose()
    {
        batch.Dispose();
        base.Dispose();
    }
}
