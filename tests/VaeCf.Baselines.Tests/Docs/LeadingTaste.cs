using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests.Docs;

/// <summary>
/// One taste for everybody: q [I, 1], the leading right singular vector of the clicks X, by power iteration. A sweep
/// over the users makes q = X'(X q), scaled to length 1; a user's scores are (x q) q'.
/// </summary>
internal static class LeadingTaste
{
    public static readonly Setting<int> Sweeps = Setting.Integer("sweeps", "Sweeps over the users.", 5, least: 1);

    public static ModelType Type { get; } = new()
    {
        Name = "leadingtaste",
        Title = "Leading taste",
        Summary = "The leading singular vector of the clicks.",
        Citation = "docs/add-a-model.md",
        Settings = [Sweeps],
        Fit = (data, settings, device) => new LeadingTasteFit(data, settings, device),
        Load = (data, device) => new LeadingTasteRecommender(data, device),
    };
}

internal sealed class LeadingTasteFit : Fit
{
    private const int UsersPerReport = 1000;

    private readonly Tensor q;

    public LeadingTasteFit(FitData data, Settings settings, Device device) : base(data, settings, device)
    {
        q = Compute.Allocate(data.Items.Count, 1);
        Compute.Fill(1, q);
        Ranker = new LeadingTasteRanker(Compute, q);
    }

    public override int Epochs => Settings.Get(LeadingTaste.Sweeps);

    public override long Steps => Epochs;                               // a sweep is a step, and an epoch

    public override int EpochLength => Data.Clicks.UserCount;           // the unit of FitPosition.Done

    public override Ranker Ranker { get; }

    public override IReadOnlyList<NamedTensor> Model => [new NamedTensor("q", q)];

    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        double[] old = new double[q.Length], next = new double[q.Length];
        Compute.Read(q, old);
        for (int user = 0; user < Data.Clicks.UserCount; user++)
        {
            cancellationToken.ThrowIfCancellationRequested();           // before anything has changed
            if (user % UsersPerReport == 0)
                progress?.Report((double)user / Data.Clicks.UserCount);
            double score = 0;                                           // x q
            foreach (int item in Data.Clicks.ItemsOf(user))
                score += old[item];
            foreach (int item in Data.Clicks.ItemsOf(user))
                next[item] += score;                                    // X'(X q)
        }
        double length = Math.Sqrt(next.Sum(value => value * value));
        Compute.Write([.. next.Select(value => value / Math.Max(length, double.Epsilon))], q);
        Position = new FitPosition(Position.Step + 1, Position.Epoch + 1, Done: 0);
    }

    protected override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers) =>
        Position = position;

    public override void Dispose()
    {
        base.Dispose();                                                 // first: it waits for a step that runs
        Ranker.Dispose();
        q.Dispose();
    }
}

internal sealed class LeadingTasteRecommender : Recommender
{
    private readonly Tensor q;

    public LeadingTasteRecommender(ModelData data, Device device) : base(data, device)
    {
        q = data.Take(Compute, "q", data.Items.Count, 1);
        data.CheckAllTaken();
    }

    protected override IReadOnlyList<NamedTensor> Tensors => [new NamedTensor("q", q)];

    protected override Ranker NewRanker(Compute c) => new LeadingTasteRanker(c, q);

    protected override void Free() => q.Dispose();
}

internal sealed class LeadingTasteRanker(Compute c, Tensor q) : ScoreRanker(c, q.Rows)
{
    private readonly Compute c = c;
    private readonly Tensor x = c.Allocate(0, 1), taste = c.Allocate(0, 1);

    protected override void Score(Histories users, ReadOnlySpan<int> rows, ClickBatch batch, Tensor scores)
    {
        x.Resize(batch.ClickCount);
        c.Fill(1, x);
        c.SparseGemm(batch, x, q, taste);                               // x q
        c.Gemm(Transpose.B, taste, q, scores);                          // (x q) q'
    }

    public override void Dispose()
    {
        x.Dispose();
        taste.Dispose();
        base.Dispose();
    }
}
