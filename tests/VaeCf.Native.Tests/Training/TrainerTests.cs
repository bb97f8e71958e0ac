using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Models;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

public class TrainerTests
{
    private static readonly ModelConfig Small = new() { Hidden = [24], Latent = 8 };

    // 230 users: a last batch of 30 with batches of 40.
    private static readonly TrainingOptions Options = new() { Epochs = 4, BatchSize = 40, Seed = 5, LearningRate = 3e-3 };

    /// <summary>Users of two tastes: a user of taste t clicks items of the half t, the earlier the likelier.</summary>
    internal static DataSplit TwoTastes(int trainUsers = 230, int items = 40, int heldOut = 30)
    {
        var random = new RandomSequence(new RandomStream(9, RandomPurpose.Split, 0));
        ClickMatrix Draw(int users, int taste, ref RandomSequence random)
        {
            var starts = new List<long> { 0 };
            var columns = new List<int>();
            for (int user = 0; user < users; user++)
            {
                var row = new SortedSet<int>();
                while (row.Count < 6)
                    row.Add((taste + user) % 2 * (items / 2) + Math.Min(random.NextBelow(items / 2), random.NextBelow(items / 2)));
                columns.AddRange(row);
                starts.Add(columns.Count);
            }
            return new ClickMatrix(items, [.. starts], [.. columns]);
        }
        EvaluationSet Held(ref RandomSequence random)
        {
            ClickMatrix all = Draw(heldOut, 0, ref random);
            ClickMatrix Every(int from, int count) => new(items, [.. Enumerable.Range(0, heldOut + 1).Select(user => (long)user * count)],
                [.. Enumerable.Range(0, heldOut).SelectMany(user => all.ItemsOf(user).Slice(from, count).ToArray())]);
            return new EvaluationSet(Every(0, 4), Every(4, 2));
        }
        return new DataSplit(new Vocabulary([.. Enumerable.Range(100, items).Select(id => (long)id)]), Draw(trainUsers, 0, ref random), Held(ref random), Held(ref random));
    }

    private static TrainingState Train(ModelConfig config, TrainingOptions options, int threads = 1, int? stopAtStep = null, TrainingState? from = null)
    {
        using Device device = Device.Cpu(threads);
        using var trainer = new Trainer(TwoTastes(), config, options, device, from);
        using var stop = new CancellationTokenSource();
        trainer.Run(progress =>
        {
            if (progress.Step == stopAtStep)
                stop.Cancel();
        }, stop.Token).Dispose();
        return trainer.Capture();
    }

    private static void AssertSameBits(TrainingState expected, TrainingState actual)
    {
        Assert.Equal((expected.Step, expected.Epoch, expected.Position, expected.Sums), (actual.Step, actual.Epoch, actual.Position, actual.Sums));
        Assert.Equal(expected.Permutation, actual.Permutation);
        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(expected.FirstMoments, actual.FirstMoments);
        Assert.Equal(expected.SecondMoments, actual.SecondMoments);
        Assert.Equal(expected.Best?.Weights, actual.Best?.Weights);
        Assert.Equal(expected.History, actual.History);
    }

    [Theory]
    [InlineData(ModelKind.MultVae)]
    [InlineData(ModelKind.MultDae)]
    public void The_number_of_threads_changes_no_bit(ModelKind kind)
    {
        ModelConfig config = Small with { Kind = kind, WeightDecay = 1e-3 };
        TrainingState one = Train(config, Options);
        AssertSameBits(one, Train(config, Options, threads: 2));
        AssertSameBits(one, Train(config, Options, threads: 3));
        Assert.NotEqual(one.Weights, Train(config, Options with { Seed = 6 }).Weights);
    }

    [Theory]
    [InlineData(1)]   // in the first epoch
    [InlineData(6)]   // at its end
    [InlineData(15)]  // in the third
    public void A_run_resumed_from_a_captured_state_ends_with_the_same_bits(int step)
    {
        TrainingState whole = Train(Small, Options), part = Train(Small, Options, stopAtStep: step);
        Assert.Equal(step, part.Step);
        AssertSameBits(whole, Train(Small, Options, from: part));
    }

    [Fact]
    public void The_last_partial_batch_is_trained_on()
    {
        TrainingState state = Train(Small, Options with { Epochs = 1 });
        Assert.Equal(6, state.Step);
        Assert.Equal(Enumerable.Range(0, 230), state.Permutation.Order());
    }

    [Fact]
    public void Every_epoch_shuffles_anew()
    {
        Assert.NotEqual(Train(Small, Options with { Epochs = 1 }).Permutation, Train(Small, Options with { Epochs = 2 }).Permutation);
    }

    [Theory]
    [InlineData(ModelKind.MultVae, Likelihood.Multinomial)]
    [InlineData(ModelKind.MultDae, Likelihood.Multinomial)]
    [InlineData(ModelKind.MultVae, Likelihood.Logistic)]
    [InlineData(ModelKind.MultVae, Likelihood.Gaussian)]
    public void Training_finds_the_users_taste(ModelKind kind, Likelihood likelihood)
    {
        DataSplit split = TwoTastes();
        using var trainer = new Trainer(split, Small with { Kind = kind, Likelihood = likelihood }, Options with { Epochs = 40 });
        using Model model = trainer.Run();
        double Ndcg(IRanker ranker) => Evaluator.Evaluate(ranker, split.Test!, new EvaluationOptions { Cutoffs = [10] }).At(10).Ndcg.Value;
        // Popularity cannot tell the tastes apart: half of its list is of the other one.
        Assert.True(Ndcg(model) > 1.2 * Ndcg(new PopularityRanker(split.Train)), $"{Ndcg(model)} against {Ndcg(new PopularityRanker(split.Train))}");
        Assert.True(trainer.History[^1].Loss < trainer.History[0].Loss);
    }

    [Fact]
    public void The_best_validated_epoch_is_the_one_returned()
    {
        DataSplit split = TwoTastes();
        using var trainer = new Trainer(split, Small, Options with { Epochs = 12, LearningRate = 0.03 });
        using Model model = trainer.Run();
        EpochSummary best = trainer.History.MaxBy(epoch => epoch.ValidationNdcg)!;
        Assert.Equal((best.Epoch, best.ValidationNdcg), (model.Info.Epoch, model.Info.ValidationNdcg));
        Assert.Equal(best.ValidationNdcg, Evaluator.Evaluate(model, split.Validation!, new EvaluationOptions { Cutoffs = [100] }).At(100).Ndcg.Value);
    }

    [Fact]
    public void Beta_rises_by_update_to_its_cap()
    {
        var options = new TrainingOptions { AnnealSteps = 20, BetaCap = 0.25, Epochs = 3 };
        TrainingOptions resolved = options.Resolve(1000);
        Assert.Equal([0, 0.05, 0.2, 0.25, 0.25], new long[] { 0, 1, 4, 5, 1000 }.Select(resolved.BetaAt));
        Assert.Equal(0.25, (options with { AnnealSteps = 0 }).Resolve(1000).BetaAt(0));
    }

    [Theory]
    [InlineData(100, 500)]     // one update an epoch
    [InlineData(12_500, 200)]
    [InlineData(116_677, 100)] // MovieLens-20M
    public void Epochs_and_annealing_suit_the_size_of_the_data(int users, int epochs)
    {
        TrainingOptions resolved = new TrainingOptions().Resolve(users);
        Assert.Equal(epochs, resolved.Epochs);
        long updates = epochs * (long)Math.Ceiling(users / 500.0);
        Assert.True(resolved.BetaAt(updates / 2 - 1) < 0.2);
        Assert.Equal(0.2, resolved.BetaAt(updates / 2));
    }

    [Fact]
    public void Patience_counts_from_the_epoch_of_the_cap()
    {
        // A learning rate too small to move: the first validation stays the best.
        TrainingOptions options = Options with { Epochs = 50, LearningRate = 1e-30, Patience = 3, AnnealSteps = 600, BetaCap = 0.1 };
        Assert.Equal(10 + 3, Train(Small, options).Epoch);
    }

    [Fact]
    public void The_search_for_beta_takes_the_peak_and_keeps_the_slope()
    {
        DataSplit split = TwoTastes();
        BetaSearch search = BetaSearch.Run(split, Small, Options with { Epochs = 10 });
        Assert.Equal(10, search.Curve.Count);
        Assert.Equal(59 / 60.0, search.Curve[^1].Beta, 12);
        Assert.Equal(search.Curve.MaxBy(epoch => epoch.ValidationNdcg)!.Beta, search.Options.BetaCap);
        Assert.Equal(60, search.Options.AnnealSteps);
        Assert.Throws<InputException>(() => BetaSearch.Run(split with { Validation = null }, Small, Options));
        Assert.Throws<InputException>(() => BetaSearch.Run(split, Small with { Kind = ModelKind.MultDae }, Options));
    }

    [Fact]
    public void Progress_tells_of_every_update_and_every_epoch()
    {
        var reports = new List<TrainingProgress>();
        using var trainer = new Trainer(TwoTastes(), Small, Options);
        trainer.Run(reports.Add).Dispose();
        Assert.Equal(Enumerable.Range(1, 24).Select(step => (long)step), reports.Select(report => report.Step));
        Assert.All(reports, report => Assert.True(report is { Epochs: 4, Steps: 24, UsersPerSecond: > 0 } && report.Remaining >= TimeSpan.Zero && double.IsFinite(report.Loss)));
        Assert.Equal([1, 2, 3, 4], reports.Where(report => report.Finished is not null).Select(report => report.Finished!.Epoch));
        Assert.Equal(4, reports.Count(report => report.Validation is not null));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
    }

    [Fact]
    public void Users_without_clicks_and_a_set_of_one_user_or_one_item_train()
    {
        var withEmpty = new DataSplit(new Vocabulary(new long[] { 1, 2 }), new ClickMatrix(2, [0, 0, 1, 3], [1, 0, 1]), null, null);
        var oneItem = new DataSplit(new Vocabulary(new long[] { 1 }), new ClickMatrix(1, [0, 1], [0]), null, null);
        foreach (DataSplit split in new[] { withEmpty, oneItem })
        {
            using var trainer = new Trainer(split, Small, Options);
            using Model model = trainer.Run();
            Assert.Equal(4, model.Info.Epoch);
            Assert.All(trainer.History, epoch => Assert.True(double.IsFinite(epoch.Loss)));
        }
    }

    [Fact]
    public void Wrong_settings_and_data_are_named()
    {
        DataSplit split = TwoTastes();
        void Names(string text, ModelConfig config, TrainingOptions options) =>
            Assert.Contains(text, Assert.Throws<ArgumentException>(() => new Trainer(split, config, options)).Message);
        Names("LearningRate is NaN", Small, Options with { LearningRate = double.NaN });
        Names("BatchSize is 0", Small, Options with { BatchSize = 0 });
        Names("BetaCap is -1", Small, Options with { BetaCap = -1 });
        Names("KeepProbability is 0", Small with { KeepProbability = 0 }, Options);
        Names("Latent is 0", Small with { Latent = 0 }, Options);
        Names("Hidden is 3", Small with { Hidden = [1, 2, 3] }, Options);
        DataSplit Counted(float count) => new(new Vocabulary(new long[] { 1 }), new ClickMatrix(1, [0, 1], [0], [count]), null, null);
        Assert.Throws<InputException>(() => new Trainer(Counted(-1), Small, Options));
        Assert.Throws<InputException>(() => new Trainer(Counted(2), Small with { Likelihood = Likelihood.Logistic }, Options));
        Assert.Throws<InputException>(() => new Trainer(split with { Train = new ClickMatrix(40, [0], []) }, Small, Options));
        EvaluationSet nothingToFind = split.Validation! with { HeldOut = new ClickMatrix(40, new long[31], []) };
        Assert.Contains("none of the 30 validation users", Assert.Throws<InputException>(() => new Trainer(split with { Validation = nothingToFind }, Small, Options)).Message);
    }

    [Fact]
    public void Divergence_is_told_not_trained_through()
    {
        using var trainer = new Trainer(TwoTastes(), Small with { Likelihood = Likelihood.Gaussian }, Options with { LearningRate = 1e30, Epochs = 20 });
        Assert.Contains("training diverged", Assert.Throws<InputException>(() => trainer.Run()).Message);
    }
}
