using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>A fit of one step, by a model that remembers one number for each item.</summary>
public class ClosedFormFitTests
{
    private static readonly ModelType type = new()
    {
        Name = "ruler",
        Title = "Ruler",
        Summary = "Recommends the last items first.",
        Citation = "none",
        Settings = [],
        Fit = (data, settings, device) => new RulerFit(data, settings, device),
        Load = (data, device) => new Ruler(data, device),
    };

    private static FitRun Run(DataSplit? split = null) => new(split ?? Small.TwoTastes(), type.Defaults, Device.Cpu(1));

    [Fact]
    public void It_has_one_step_and_its_model_outlives_it()
    {
        Recommender model;
        using (FitRun run = Run())
        {
            model = run.Run();
            Assert.Equal(new FitPosition(1, 1, 0), run.Fit.Position);
            Assert.True(run.IsFinished);
            Assert.Equal((1, run.Best!.Validation), (model.Info.Epoch, model.Info.Validation!.Value));
        }
        using (model)
            Assert.Equal(["139", "138", "136"], model.Recommend(["137"], 3).Items.Select(item => item.Item));
    }

    [Fact]
    public void Its_tensors_are_handed_over_once()
    {
        using FitRun run = Run();
        using Recommender model = run.Run();
        Assert.StartsWith("the recommender of this Ruler fit has been made already and owns its tensors",
            Assert.Throws<InvalidOperationException>(() => run.Run()).Message);
        Assert.Equal("139", model.Recommend(["100"], 1).Items[0].Item);
        // A capture copies: it can still be made.
        Assert.Equal(40, Assert.Single(run.Capture().Model).Values.Length);
    }

    [Fact]
    public void Within_its_step_progress_rises_too()
    {
        var reports = new List<FitProgress>();
        using FitRun run = Run();
        run.Run(reports.Add).Dispose();
        Assert.Equal([0.25, 0.5, 1], reports.Select(report => report.Share));
        Assert.Equal([1, 1, 1], reports.Select(report => report.Epoch));
        Assert.Equal([0L, 0L, 1L], reports.Select(report => report.Step));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
        Assert.NotNull(reports[^1].Validation);
    }

    [Fact]
    public void A_step_that_is_cancelled_leaves_the_fit_as_it_was()
    {
        using FitRun run = Run();
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => run.Run(_ => stop.Cancel(), stop.Token));
        Assert.Equal(0, run.Fit.Position.Step);
        // It can be made again.
        using Recommender model = run.Run();
        Assert.Equal("139", model.Recommend(["100"], 1).Items[0].Item);
    }

    [Fact]
    public void A_captured_state_restores_the_model()
    {
        Checkpoint end;
        using (FitRun run = Run())
        {
            using Recommender fitted = run.Run();
            end = run.Capture();
        }
        using var restored = new FitRun(Small.TwoTastes(), type.Defaults, from: end);
        Assert.True(restored.IsFinished);
        using Recommender model = restored.Run();
        Assert.Equal("139", model.Recommend(["100"], 1).Items[0].Item);
    }

    private sealed class RulerFit(FitData data, Settings settings, Device device)
        : ClosedFormFit(data, settings, device)
    {
        private Tensor? scores;

        private Tensor Scores => scores ??= Compute.Allocate(1, Data.Items.Count);

        public override IReadOnlyList<NamedTensor> Model => [new NamedTensor("scores", Scores, IsVector: true)];

        protected override void Solve(IProgress<double>? progress, CancellationToken cancellationToken)
        {
            progress?.Report(0.25);
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(0.5);
            Compute.Write([.. Enumerable.Range(0, Data.Items.Count).Select(item => (float)item)], Scores);
        }

        protected override Ranker NewRanker() => new RulerRanker(Compute, Scores);
    }

    private sealed class Ruler : Recommender
    {
        private readonly Tensor scores;

        public Ruler(ModelData data, Device device) : base(data, device)
        {
            scores = data.Take(Compute, "scores", data.Items.Count);
            data.CheckAllTaken();
        }

        protected override IReadOnlyList<NamedTensor> Tensors => [new NamedTensor("scores", scores, IsVector: true)];

        protected override Ranker NewRanker(Compute c) => new RulerRanker(c, scores);

        protected override void Free() => scores.Dispose();
    }

    private sealed class RulerRanker(Compute c, Tensor scores) : Ranker
    {
        public override int ItemCount => scores.Columns;

        public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
            Span<float> ranked)
        {
            var values = new float[ItemCount];
            c.Read(scores, values);
            items.Fill(-1);
            ranked.Fill(float.NaN);
            for (int row = 0; row < rows.Length; row++)
            {
                int[] seen = users.Clicks.ItemsOf(rows[row]).ToArray();
                int[] best = [.. Enumerable.Range(0, ItemCount).Except(seen).OrderByDescending(item => values[item])
                    .Take(k)];
                best.CopyTo(items[(row * k)..]);
                for (int i = 0; i < best.Length && !ranked.IsEmpty; i++)
                    ranked[row * k + i] = values[best[i]];
            }
        }
    }
}
