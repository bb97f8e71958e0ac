using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>The batches of a fit by gradient, seen by a model that learns nothing.</summary>
public class GradientFitTests
{
    private static readonly ModelType type = new()
    {
        Name = "watcher",
        Title = "Watcher",
        Summary = "Looks on.",
        Citation = "none",
        Settings = [GradientFit.EpochCount, GradientFit.BatchSize, GradientFit.Seed],
        Fit = (data, settings, device) => new WatchingFit(data, settings, device),
        Load = (_, _) => throw new NotSupportedException(),
    };

    private static readonly Settings settings = type.Defaults.With(GradientFit.EpochCount, 3)
        .With(GradientFit.BatchSize, 40);

    private static WatchingFit Fit(Settings? given = null, int users = 230) => (WatchingFit)type.Fit(new FitData(
        new Histories(Small.TwoTastes(users).Train), Small.TwoTastes().Items), given ?? settings, Device.Cpu(1));

    private static int[][] Batches(WatchingFit fit)
    {
        while (!fit.IsDone)
            fit.Step();
        return [.. fit.Batches];
    }

    [Fact]
    public void The_last_partial_batch_is_trained_on()
    {
        using WatchingFit fit = Fit();
        int[][] batches = Batches(fit);
        Assert.Equal([40, 40, 40, 40, 40, 30], batches[..6].Select(batch => batch.Length));
        Assert.All(batches.Chunk(6), epoch =>
            Assert.Equal(Enumerable.Range(0, 230), epoch.SelectMany(batch => batch).Order()));
        Assert.Equal((18L, new FitPosition(18, 3, 0)), (fit.Steps, fit.Position));
    }

    [Fact]
    public void Epochs_that_are_automatic_follow_from_the_data()
    {
        using WatchingFit fit = Fit(type.Defaults);
        Assert.Equal((500, 500), (fit.Epochs, fit.Settings.Get(GradientFit.EpochCount)));
    }

    [Fact]
    public void Every_epoch_shuffles_anew_by_the_seed()
    {
        using WatchingFit fit = Fit(), same = Fit(), other = Fit(settings.With(GradientFit.Seed, 2ul));
        int[][] batches = Batches(fit);
        Assert.Equal(3, batches.Chunk(6)
            .Select(epoch => string.Join(' ', epoch.SelectMany(batch => batch))).Distinct().Count());
        Assert.Equal(batches, Batches(same));
        Assert.NotEqual(batches[0], Batches(other)[0]);
    }

    [Fact]
    public void Measures_are_means_over_the_users_of_the_epoch_so_far()
    {
        using WatchingFit fit = Fit();
        // A batch reports its length: 40 users of 40, then 30 of 30.
        foreach (double mean in new[] { 40, 40, 40, 40, 40, (5 * 40 * 40 + 30 * 30) / 230.0, 40 })
        {
            fit.Step();
            Assert.Equal(mean, Assert.Single(fit.Measures).Value, 12);
        }
    }

    [Fact]
    public void A_restored_fit_goes_on_with_the_users_that_are_left_and_the_sums_so_far()
    {
        using WatchingFit whole = Fit(), part = Fit();
        int[][] batches = Batches(whole);
        for (int step = 0; step < 9; step++)
            part.Step();
        using WatchingFit resumed = Fit();
        resumed.Restore(part.Position, part.Numbers.ToDictionary(number => number.Name, number => number.Value));
        Assert.Equal(new FitPosition(9, 1, 120), resumed.Position);
        Assert.Equal(part.Measures, resumed.Measures);
        Assert.Equal(batches[9..], Batches(resumed));
        Assert.Equal(whole.Measures, resumed.Measures);
    }

    [Fact]
    public void A_measure_that_is_no_number_ends_the_fit_and_is_named()
    {
        using WatchingFit fit = Fit();
        fit.Result = double.NaN;
        Assert.StartsWith("the loss is NaN at update 1 (epoch 1): training diverged; expected a finite number",
            Assert.Throws<DivergenceException>(() => fit.Step()).Message);
    }

    private sealed class WatchingFit(FitData data, Settings settings, Device device)
        : GradientFit(data, settings, device)
    {
        public List<int[]> Batches { get; } = [];

        public double? Result { get; set; }

        public override Ranker Ranker => throw new NotSupportedException();

        public override IReadOnlyList<NamedTensor> Model => [];

        protected override IReadOnlyList<Measure> Update(ClickBatch batch)
        {
            Batches.Add(((HostBatch)batch).Users.ToArray());
            return [new Measure("loss", Result ?? batch.UserCount)];
        }
    }
}
