using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
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
        Assert.Equal(expected.Frozen, actual.Frozen);
        Assert.Equal(expected.Best?.Weights, actual.Best?.Weights);
        Assert.Equal(expected.History, actual.History);
    }

    /// <summary>Every model, gated where it can be, with and without its authors' way to train.</summary>
    public static TheoryData<ModelKind, bool, bool> Family() => new()
    {
        { ModelKind.MultVae, false, false }, { ModelKind.MultVae, true, true }, { ModelKind.MultDae, false, false }, { ModelKind.MultDae, true, false },
        { ModelKind.Vamp, false, false }, { ModelKind.Vamp, true, true }, { ModelKind.HVamp, false, false }, { ModelKind.HVamp, true, true }, { ModelKind.RecVae, false, false },
    };

    private static (ModelConfig, TrainingOptions) Of(ModelKind kind, bool gated, bool asEvcf) => (
        Small with { Kind = kind, Gated = gated, Components = 7, WeightDecay = 1e-3, Hidden = kind is ModelKind.HVamp or ModelKind.RecVae ? [24, 24] : [24] },
        asEvcf ? Options with { NormalizeGradients = true, WarmUpEpochs = 3, WeightStart = WeightStart.HeNormal, PseudoInputStart = PseudoInputStart.Data } : Options);

    [Theory, MemberData(nameof(Family))]
    public void The_number_of_threads_changes_no_bit(ModelKind kind, bool gated, bool asEvcf)
    {
        (ModelConfig config, TrainingOptions options) = Of(kind, gated, asEvcf);
        TrainingState one = Train(config, options);
        AssertSameBits(one, Train(config, options, threads: 2));
        AssertSameBits(one, Train(config, options, threads: 3));
        Assert.NotEqual(one.Weights, Train(config, options with { Seed = 6 }).Weights);
    }

    [Theory, MemberData(nameof(Family))]
    public void A_run_resumed_from_a_captured_state_ends_with_the_same_bits(ModelKind kind, bool gated, bool asEvcf)
    {
        (ModelConfig config, TrainingOptions options) = Of(kind, gated, asEvcf);
        TrainingState whole = Train(config, options);
        // In the first epoch, at its end, in the third, and in the fourth, in which RecVAE's decoder is trained.
        foreach (int step in new[] { 1, 6, 15, 20 })
        {
            TrainingState part = Train(config, options, stopAtStep: step);
            Assert.Equal(step, part.Step);
            AssertSameBits(whole, Train(config, options, from: part));
        }
    }

    [Fact]
    public void RecVae_trains_its_encoder_in_three_passes_and_its_decoder_in_the_fourth()
    {
        (ModelConfig config, TrainingOptions options) = Of(ModelKind.RecVae, false, false);
        TrainingState[] after = [.. Enumerable.Range(0, 9).Select(epochs => Train(config, options with { Epochs = epochs, AnnealSteps = 0 }))];
        float[][] Encoder(int epoch) => after[epoch].Weights[..^2];
        float[][] Decoder(int epoch) => after[epoch].Weights[^2..];
        foreach (int epoch in new[] { 1, 2, 3, 5, 6, 7 })
        {
            Assert.All(Encoder(epoch - 1).Zip(Encoder(epoch)), tensors => Assert.NotEqual(tensors.First, tensors.Second));
            Assert.Equal(Decoder(epoch - 1), Decoder(epoch));
        }
        foreach (int epoch in new[] { 4, 8 })
        {
            Assert.Equal(Encoder(epoch - 1), Encoder(epoch));
            Assert.All(Decoder(epoch - 1).Zip(Decoder(epoch)), tensors => Assert.NotEqual(tensors.First, tensors.Second));
            Assert.Equal(Encoder(epoch), after[epoch].Frozen);
        }
        Assert.Equal(Encoder(0), after[1].Frozen);
        Assert.Equal(Encoder(4), after[7].Frozen);
    }

    [Fact]
    public void Each_of_RecVaes_optimisers_counts_its_own_updates()
    {
        // Adam's first update moves every number that has a gradient by the learning rate, to its sign: at T = 19 it would be far less.
        ModelConfig config = Of(ModelKind.RecVae, false, false).Item1 with { WeightDecay = 0 };
        TrainingOptions oneStep = Options with { BatchSize = 230 };
        float[] before = Train(config, oneStep with { Epochs = 3 }).Weights[^1], after = Train(config, oneStep with { Epochs = 4 }).Weights[^1];
        Assert.All(before.Zip(after), pair => Assert.Equal(oneStep.LearningRate, Math.Abs(pair.First - pair.Second), 1e-5));
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
    [InlineData(ModelKind.MultVae, Likelihood.Multinomial, true, true)]
    [InlineData(ModelKind.Vamp, Likelihood.Multinomial, false, true)]
    [InlineData(ModelKind.Vamp, Likelihood.Logistic, true)]
    [InlineData(ModelKind.HVamp, Likelihood.Logistic, true, true)]
    [InlineData(ModelKind.HVamp, Likelihood.Multinomial)]
    [InlineData(ModelKind.RecVae, Likelihood.Multinomial)]
    public void Training_finds_the_users_taste(ModelKind kind, Likelihood likelihood, bool gated = false, bool asEvcf = false)
    {
        DataSplit split = TwoTastes();
        (ModelConfig config, TrainingOptions options) = Of(kind, gated, asEvcf);
        using var trainer = new Trainer(split, config with { Likelihood = likelihood, WeightDecay = 0 }, options with { Epochs = 40, BetaCap = kind == ModelKind.RecVae ? 0.005 : 0.2 });
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
        Assert.Equal([0, 0.05, 0.2, 0.25, 0.25], new long[] { 0, 1, 4, 5, 1000 }.Select(updates => resolved.BetaAt(updates, 0)));
        Assert.Equal(0.25, (options with { AnnealSteps = 0 }).Resolve(1000).BetaAt(0, 0));
    }

    [Fact]
    public void Beta_rises_by_epoch_to_its_cap()
    {
        TrainingOptions options = Options with { WarmUpEpochs = 4, BetaCap = 0.2, Epochs = 6 };
        Assert.Equal([0.05, 0.1, 0.15, 0.2, 0.2, 0.2], Train(Small, options).History.Select(epoch => Math.Round(epoch.Beta, 12)));
        // A learning rate too small to move: the first validation stays the best, and patience counts from the fourth epoch.
        Assert.Equal(4 + 3, Train(Small, options with { Epochs = 50, LearningRate = 1e-30, Patience = 3 }).Epoch);
    }

    [Fact]
    public void A_normalised_gradient_has_the_same_effect_at_any_scale()
    {
        // One update by Adam hides a gradient's scale all but for epsilon; its first moment shows it.
        TrainingState state = Train(Small, Options with { NormalizeGradients = true, Epochs = 1, BatchSize = 230 });
        Assert.All(state.FirstMoments, moments => Assert.Equal(0.1, Math.Sqrt(moments.Sum(m => (double)m * m)), 1e-5));
    }

    [Theory]
    [InlineData(WeightStart.HeNormal)]
    [InlineData(WeightStart.UniformFanIn)]
    public void Weights_start_as_asked(WeightStart start)
    {
        TrainingState state = Train(new ModelConfig { Kind = ModelKind.Vamp, Hidden = [300], Latent = 100, Components = 50 },
            Options with { Epochs = 0, WeightStart = start, PseudoInputStart = PseudoInputStart.Random });
        double Deviation(int tensor) => Math.Sqrt(state.Weights[tensor].Sum(w => (double)w * w) / state.Weights[tensor].Length);
        // Of 40 x 300 weights and of 300 x 100: inputs 40 and 300; then the 40 biases of the output layer, whose inputs are 300.
        foreach ((int tensor, int inputs) in new[] { (0, 40), (2, 300) })
            Assert.Equal(1, Deviation(tensor) / (start == WeightStart.HeNormal ? Math.Sqrt(2.0 / inputs) : 1 / Math.Sqrt(3.0 * inputs)), 0.03);
        Assert.Equal(1, Deviation(9) * Math.Sqrt(3.0 * 300), 0.3);
        Assert.All(state.Weights[9], b => Assert.InRange(Math.Abs(b), 0, 1 / Math.Sqrt(300)));
        float[] pseudoInputs = state.Weights[10];
        Assert.Equal(50 * 40, pseudoInputs.Length);
        Assert.Equal(0.05, pseudoInputs.Average(), 1e-3);
        Assert.Equal(0.01, Math.Sqrt(pseudoInputs.Average(u => (u - 0.05) * (u - 0.05))), 1e-3);
    }

    [Fact]
    public void Pseudo_inputs_start_as_rows_of_the_data_with_noise()
    {
        DataSplit split = TwoTastes();
        float[] pseudoInputs = Train(Small with { Kind = ModelKind.Vamp, Components = 9 }, Options with { Epochs = 0, PseudoInputStart = PseudoInputStart.Data }).Weights[^1];
        string[] users = [.. Enumerable.Range(0, 230).Select(user => string.Join(' ', split.Train.ItemsOf(user).ToArray()))];
        Assert.All(pseudoInputs.Chunk(40), row =>
        {
            Assert.Contains(string.Join(' ', Enumerable.Range(0, 40).Where(item => row[item] > 0.5)), users);
            Assert.All(row, value => Assert.InRange(Math.Min(Math.Abs(value), Math.Abs(value - 1)), 0, 0.06));
            Assert.True(row.Count(value => value is 0 or 1) < 2);
        });
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
        Assert.True(resolved.BetaAt(updates / 2 - 1, 0) < 0.2);
        Assert.Equal(0.2, resolved.BetaAt(updates / 2, 0));
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
        Names("Hidden is 0", Small with { Hidden = [24, 0] }, Options);
        Names("Hidden is empty", Small with { Kind = ModelKind.HVamp, Hidden = [] }, Options);
        Names("Hidden is 24,12", Small with { Kind = ModelKind.RecVae, Hidden = [24, 12] }, Options);
        Names("Gated is True", Small with { Kind = ModelKind.RecVae, Gated = true }, Options);
        Names("Components is 0", Small with { Kind = ModelKind.Vamp, Components = 0 }, Options);
        Names("WarmUpEpochs is 0", Small, Options with { WarmUpEpochs = 0 });
        Names("WarmUpEpochs is 3", Small, Options with { WarmUpEpochs = 3, AnnealSteps = 5 });
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
