using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>How autoencoders are trained: first weights, beta, optimiser, RecVAE's turns.</summary>
public class AutoencoderFitTests
{
    private static Checkpoint Start(Settings settings)
    {
        using var run = new FitRun(Small.TwoTastes(), settings);
        return run.Capture();
    }

    private static double[] Betas(Settings settings)
    {
        var betas = new List<double>();
        using var run = new FitRun(Small.TwoTastes(), settings);
        run.Run(progress => betas.Add(progress.Measures.Single(measure => measure.Name == "beta").Value)).Dispose();
        return [.. betas.Select(beta => Math.Round(beta, 12))];
    }

    [Fact]
    public void RecVae_trains_its_encoder_in_three_passes_and_its_decoder_in_the_fourth()
    {
        Settings settings = Small.Of("recvae").With(GradientFit.EpochCount, 8).With(Autoencoders.AnnealSteps, 0);
        var after = new List<Checkpoint>();
        using (var run = new FitRun(Small.TwoTastes(), settings))
        {
            after.Add(run.Capture());
            run.Run(progress =>
            {
                if (progress.Finished is not null)
                    after.Add(run.Capture());
            }).Dispose();
        }
        Assert.Equal(9, after.Count);
        float[][] Encoder(int epoch) => [.. after[epoch].Model.SkipLast(2).Select(tensor => tensor.Values)];
        float[][] Decoder(int epoch) => [.. after[epoch].Model.TakeLast(2).Select(tensor => tensor.Values)];
        float[][] Frozen(int epoch) => [.. after[epoch].State
            .Where(tensor => tensor.Name.StartsWith("frozen.", StringComparison.Ordinal))
            .Select(tensor => tensor.Values)];
        foreach (int epoch in new[] { 1, 2, 3, 5, 6, 7 })
        {
            Assert.All(Encoder(epoch - 1).Zip(Encoder(epoch)), pair => Assert.NotEqual(pair.First, pair.Second));
            Assert.Equal(Decoder(epoch - 1), Decoder(epoch));
        }
        foreach (int epoch in new[] { 4, 8 })
        {
            Assert.Equal(Encoder(epoch - 1), Encoder(epoch));
            Assert.All(Decoder(epoch - 1).Zip(Decoder(epoch)), pair => Assert.NotEqual(pair.First, pair.Second));
            Assert.Equal(Encoder(epoch), Frozen(epoch));
        }
        Assert.Equal(Encoder(0), Frozen(1));
        Assert.Equal(Encoder(4), Frozen(7));
    }

    [Fact]
    public void Each_of_RecVaes_parameters_counts_its_own_updates()
    {
        Settings settings = Small.Of("recvae").With(Autoencoders.WeightDecay, 0).With(GradientFit.BatchSize, 230);
        Checkpoint before = FitRunTests.Train(settings, stopAtStep: 3),
            after = FitRunTests.Train(settings);
        double Updates(Checkpoint of, string name) =>
            of.Numbers.Single(number => number.Name == "updates of " + name).Value;
        Assert.Equal((3, 0), (Updates(before, "encoder.mu.weight"), Updates(before, "decoder.bias")));
        Assert.Equal((3, 1), (Updates(after, "encoder.mu.weight"), Updates(after, "decoder.bias")));
        // Adam's first update moves every number that has a gradient by the learning rate; its fourth, by less.
        Assert.All(before.Model[^1].Values.Zip(after.Model[^1].Values),
            pair => Assert.Equal(settings.Get(Autoencoders.LearningRate), Math.Abs(pair.First - pair.Second), 1e-5));
    }

    [Fact]
    public void RecVae_needs_an_epoch_for_its_decoder_or_a_model_to_start_from()
    {
        Settings settings = Small.Of("recvae"), three = settings.With(GradientFit.EpochCount, 3);
        using var run = new FitRun(Small.TwoTastes(), three);
        Assert.Equal("epochs is 3; expected at least 4 for recvae, whose decoder is first trained in epoch 4, or a "
            + "model to start from", Assert.Throws<InputException>(() => run.Run()).Message);
        using var first = new FitRun(Small.TwoTastes(), settings);
        using Recommender trained = first.Run();
        run.Fit.StartFrom(trained);
        using Recommender model = run.Run();
        Assert.Equal(3, run.Fit.Position.Epoch);
    }

    [Theory]
    [InlineData("multvae", Likelihood.Multinomial)]
    [InlineData("multdae", Likelihood.Multinomial)]
    [InlineData("multvae", Likelihood.Logistic)]
    [InlineData("multvae", Likelihood.Gaussian)]
    [InlineData("multvae", Likelihood.Multinomial, true, true)]
    [InlineData("vamp", Likelihood.Multinomial, false, true)]
    [InlineData("vamp", Likelihood.Logistic, true)]
    [InlineData("hvamp", Likelihood.Logistic, true, true)]
    [InlineData("hvamp", Likelihood.Multinomial)]
    [InlineData("recvae", Likelihood.Multinomial)]
    public void Training_finds_the_users_taste(string model, Likelihood likelihood, bool gated = false,
        bool asKimAndSuh = false)
    {
        DataSplit split = Small.TwoTastes();
        Settings settings = Small.Of(model, gated, asKimAndSuh).With(Autoencoders.Likelihood, likelihood)
            .With(Autoencoders.WeightDecay, 0).With(GradientFit.EpochCount, 40);
        if (model == "recvae")
            settings = settings.With(Autoencoders.BetaCap, 0.005);
        using var run = new FitRun(split, settings);
        using Recommender trained = run.Run();
        double Ndcg(IRanker ranker) =>
            Evaluator.Evaluate(ranker, split.Test!, new EvaluationOptions { Cutoffs = [10] }).At(10).Ndcg.Value;
        // Popularity cannot tell the tastes apart: half of its list is of the other one.
        double[] counts = new double[40];
        foreach (int item in split.Train.Items)
            counts[item]++;
        double found = Ndcg(trained);
        double popularity = Ndcg(new ScoreTableRanker([.. Enumerable.Repeat(counts, 30).SelectMany(row => row)], 40));
        Assert.True(found > 1.2 * popularity, $"{found} against {popularity}");
        Assert.True(run.History[^1]["loss"] < run.History[0]["loss"]);
    }

    [Fact]
    public void Beta_rises_by_update_to_its_cap()
    {
        Settings settings = Small.MultVae.With(Autoencoders.AnnealSteps, 20).With(Autoencoders.BetaCap, 0.25)
            .With(GradientFit.EpochCount, 3);
        double[] betas = Betas(settings);
        Assert.Equal([0, 0.05, 0.2, 0.25, 0.25], new[] { 0, 1, 4, 5, 17 }.Select(updates => betas[updates]));
        Assert.All(Betas(settings.With(Autoencoders.AnnealSteps, 0)), beta => Assert.Equal(0.25, beta));
    }

    [Fact]
    public void Beta_rises_by_epoch_to_its_cap()
    {
        Settings settings = Small.MultVae.With(Autoencoders.WarmUpEpochs, 4).With(GradientFit.EpochCount, 6);
        Assert.Equal([0.05, 0.1, 0.15, 0.2, 0.2, 0.2],
            FitRunTests.Train(settings).History.Select(epoch => Math.Round(epoch["beta"], 12)));
        // A learning rate too small to move: the first validation stays the best; patience counts from epoch 4.
        Settings still = settings.With(GradientFit.EpochCount, 50).With(Autoencoders.LearningRate, 1e-30)
            .With(FitRun.Patience, 3);
        Assert.Equal(4 + 3, FitRunTests.Train(still).Position.Epoch);
    }

    [Fact]
    public void The_way_in_which_beta_rises_is_the_one_given_where_the_models_default_is_the_other()
    {
        Settings Resolved(Settings settings)
        {
            using var run = new FitRun(Small.TwoTastes(), settings.With(Autoencoders.Hidden, [4])
                .With(Autoencoders.Latent, 2));
            return run.Settings;
        }
        Settings vamp = Vamp.Type.Defaults.With(Autoencoders.Components, 2);
        Assert.Equal((100, null), Ways(Resolved(vamp)));
        Assert.Equal((null, 7.0), Ways(Resolved(vamp.With(Autoencoders.AnnealSteps, 7))));
        Settings recvae = RecVae.Type.Defaults;
        Assert.Equal((null, 0.0), Ways(Resolved(recvae)));
        Assert.Equal((5, null), Ways(Resolved(recvae.With(Autoencoders.WarmUpEpochs, 5))));
        // Half of 500 epochs of one update, over the cap.
        Assert.Equal((null, 250 / 0.2), Ways(Resolved(MultVae.Type.Defaults)));

        static (int?, double?) Ways(Settings settings) =>
            (settings.Get(Autoencoders.WarmUpEpochs), settings.Get(Autoencoders.AnnealSteps));
    }

    [Fact]
    public void A_normalised_gradient_has_the_same_effect_at_any_scale()
    {
        // One update by Adam hides a gradient's scale all but for epsilon; its first moment shows it.
        Checkpoint end = FitRunTests.Train(Small.MultVae.With(Autoencoders.NormalizeGradients, true)
            .With(GradientFit.EpochCount, 1).With(GradientFit.BatchSize, 230));
        SavedTensor[] moments =
            [.. end.State.Where(tensor => tensor.Name.StartsWith("adam.m.", StringComparison.Ordinal))];
        Assert.Equal(8, moments.Length);
        Assert.All(moments, moment => Assert.Equal(0.1, Math.Sqrt(moment.Values.Sum(m => (double)m * m)), 1e-5));
    }

    [Theory]
    [InlineData(WeightStart.HeNormal)]
    [InlineData(WeightStart.UniformFanIn)]
    public void Weights_start_as_asked(WeightStart start)
    {
        IReadOnlyList<SavedTensor> weights = Start(Small.Shape("vamp", [300], latent: 100, components: 50)
            .With(Autoencoders.WeightStart, start).With(Autoencoders.PseudoInputStart, PseudoInputStart.Random)).Model;
        double Deviation(int tensor) =>
            Math.Sqrt(weights[tensor].Values.Sum(w => (double)w * w) / weights[tensor].Values.Length);
        // Of 40 x 300 weights and of 300 x 100: inputs 40 and 300; then 40 biases of the output layer, of 300 inputs.
        foreach ((int tensor, int inputs) in new[] { (0, 40), (2, 300) })
            Assert.Equal(1, Deviation(tensor)
                / (start == WeightStart.HeNormal ? Math.Sqrt(2.0 / inputs) : 1 / Math.Sqrt(3.0 * inputs)), 0.03);
        Assert.Equal(1, Deviation(9) * Math.Sqrt(3.0 * 300), 0.3);
        Assert.All(weights[9].Values, b => Assert.InRange(Math.Abs(b), 0, 1 / Math.Sqrt(300)));
        float[] pseudoInputs = weights[10].Values;
        Assert.Equal(50 * 40, pseudoInputs.Length);
        Assert.Equal(0.05, pseudoInputs.Average(), 1e-3);
        Assert.Equal(0.01, Math.Sqrt(pseudoInputs.Average(u => (u - 0.05) * (u - 0.05))), 1e-3);
    }

    [Fact]
    public void Pseudo_inputs_start_as_rows_of_the_data_with_noise()
    {
        DataSplit split = Small.TwoTastes();
        Settings settings = Small.Of("vamp").With(Autoencoders.Components, 9)
            .With(Autoencoders.PseudoInputStart, PseudoInputStart.Data);
        float[] pseudoInputs = Start(settings).Model[^1].Values;
        string[] users =
            [.. Enumerable.Range(0, 230).Select(user => string.Join(' ', split.Train.ItemsOf(user).ToArray()))];
        Assert.Equal(9 * 40, pseudoInputs.Length);
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
        var clicks = new ClickMatrix(1, [.. Enumerable.Range(0, users + 1).Select(user => (long)user)], new int[users]);
        Settings small = MultVae.Type.Defaults.With(Autoencoders.Hidden, []).With(Autoencoders.Latent, 1);
        using var run = new FitRun(new DataSplit(new Vocabulary(["item"]), clicks, null, null), small, Device.Cpu(1));
        Assert.Equal(epochs, run.Settings.Get(GradientFit.EpochCount));
        long updates = epochs * (long)Math.Ceiling(users / 500.0);
        Assert.Equal(updates, run.Fit.Steps);
        // beta = updates / N is at its cap of 0.2 half-way through.
        double steps = run.Settings.Get(Autoencoders.AnnealSteps)!.Value;
        Assert.True((updates / 2 - 1) / steps < 0.2);
        Assert.Equal(0.2, updates / 2 / steps, 12);
        Assert.Equal(epochs / 2, run.Fit.WarmUpEnd);
    }

    [Fact]
    public void The_search_for_beta_takes_the_peak_and_keeps_the_slope()
    {
        DataSplit split = Small.TwoTastes();
        BetaSearch search = BetaSearch.Run(split, Small.MultVae.With(GradientFit.EpochCount, 10));
        Assert.Equal(10, search.Curve.Count);
        Assert.Equal(59 / 60.0, search.Curve[^1]["beta"], 12);
        double peak = search.Curve.MaxBy(epoch => epoch.Validation)!["beta"];
        Assert.Equal((peak, peak), (search.Beta, search.Settings.Get(Autoencoders.BetaCap)));
        Assert.Equal(60, search.Settings.Get(Autoencoders.AnnealSteps));
        Assert.Equal(50, search.Settings.Get(FitRun.Patience));
        string Refused(DataSplit data, Settings settings) =>
            Assert.Throws<InputException>(() => BetaSearch.Run(data, settings)).Message;
        Assert.Contains("found multvae and no validation users",
            Refused(split with { Validation = null }, Small.MultVae));
        Assert.Contains("found multdae and validation users", Refused(split, Small.Of("multdae")));
        Assert.Contains("found recvae and validation users", Refused(split, Small.Of("recvae")));
    }

    [Fact]
    public void Wrong_settings_are_named()
    {
        void Names(string text, Func<Settings> settings) => Assert.Contains(text,
            Assert.Throws<ArgumentException>(() => new FitRun(Small.TwoTastes(), settings())).Message);
        Settings multvae = Small.MultVae;
        Names("learning_rate is NaN; expected a finite number above 0", () =>
            multvae.With(Autoencoders.LearningRate, double.NaN));
        Names("batch is 0; expected a whole number, at least 1", () => multvae.With(GradientFit.BatchSize, 0));
        Names("beta_cap is -1", () => multvae.With(Autoencoders.BetaCap, -1));
        Names("keep_probability is 0", () => multvae.With(Autoencoders.KeepProbability, 0));
        Names("latent is 0", () => multvae.With(Autoencoders.Latent, 0));
        Names("hidden is 24,0", () => multvae.With(Autoencoders.Hidden, [24, 0]));
        Names("hidden is none; expected at least one layer for hvamp",
            () => Small.Of("hvamp").With(Autoencoders.Hidden, []));
        Names("hidden is none; expected at least one layer for vamp", () =>
            Small.Of("vamp").With(Autoencoders.Hidden, []));
        Names("hidden is 24,12; expected one width", () => Small.Of("recvae").With(Autoencoders.Hidden, [24, 12]));
        Names("recvae has no setting 'gated'", () => Small.Of("recvae").With(Autoencoders.Gated, true));
        Names("components is 0", () => Small.Of("vamp").With(Autoencoders.Components, 0));
        Names("warm_up_epochs is 0", () => multvae.With(Autoencoders.WarmUpEpochs, 0));
        Names("warm_up_epochs is 3; expected none beside anneal_steps",
            () => multvae.With(Autoencoders.WarmUpEpochs, 3).With(Autoencoders.AnnealSteps, 5));
        Names("gaussian_c1 is 3; expected its default", () => multvae.With(Autoencoders.GaussianC1, 3));
    }
}
