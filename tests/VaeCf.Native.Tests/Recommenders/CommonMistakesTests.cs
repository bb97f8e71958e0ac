using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>
/// What implementations of Mult-VAE are known to get wrong. Networks start with all parameters 0 and are given what a
/// test needs.
/// </summary>
public class CommonMistakesTests
{
    private static readonly Settings NoHidden = Small.Shape("multvae", [], latent: 3, components: 3);

    public static TheoryData<bool> Precisions() => [false, true];

    [Theory, MemberData(nameof(Precisions))]
    public void Noise_with_a_standard_deviation_of_a_hundredth(bool single)
    {
        using var run = new Run(NoHidden.With(Autoencoders.Latent, 50),
            Sets.Clicks(4, [.. Enumerable.Repeat<int[]>([1], 200)]), single);
        run.Network.DrawNoise(run.Batch, 7, 0);
        run.Network.Forward(run.Batch);

        // All parameters 0: mu = logvar = 0, so z is the noise.
        double[] z = run.Read(run.Network.Codes[0].Value);
        double variance = z.Sum(value => value * value) / z.Length;
        Assert.Equal(10_000, z.Length);
        Assert.InRange(variance, 1 - 5 * Math.Sqrt(2.0 / z.Length), 1 + 5 * Math.Sqrt(2.0 / z.Length));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(40, false)]
    [InlineData(40, true)]
    public void A_KL_averaged_over_the_latent_units(int latent, bool single)
    {
        using var run = new Run(NoHidden.With(Autoencoders.Latent, latent), Sets.Clicks(4, [0], [1, 2]), single);
        run.Write("encoder.0.bias", [.. Enumerable.Repeat(1.0, latent), .. new double[latent]]); // mu = 1, logvar = 0
        run.Step(beta: 0.5);

        Assert.All(run.Network.KlPerUser, kl => Assert.Equal(latent / 2.0, kl, 1e-5));
        Assert.Equal(latent / 2.0, run.Network.Terms().Kl, 1e-5);
        // Two users of weight beta / 2 each, d KL / d mu = mu; the decoder's weights are 0 and pass nothing back.
        Assert.All(run.Read(run.Parameter("encoder.0.bias").Gradient)[..latent], d => Assert.Equal(0.5, d, 1e-6));
    }

    [Theory]
    [InlineData("multvae")]
    [InlineData("multdae")]
    [InlineData("vamp")]
    [InlineData("hvamp")]
    [InlineData("recvae")]
    public void Sampling_or_dropout_at_prediction(string model)
    {
        Settings settings = Small.Shape(model, [4], latent: 3, components: 3);
        using var run = new Run(settings, Sets.Clicks(6, [0, 2, 5], [1]), single: true);
        run.Network.Initialize(3);
        float[] before = Predicted();
        var forwards = new List<double[]>();
        for (ulong step = 0; step < 5; step++)
        {
            run.Network.DrawNoise(run.Batch, 7, step);
            run.Network.Forward(run.Batch);
            forwards.Add(run.Read(run.Network.Logits));
            Assert.Equal(before, Predicted());
        }
        Assert.Contains(forwards, logits => !logits.SequenceEqual(forwards[0])); // the noise is there

        float[] Predicted()
        {
            var scores = new float[run.Batch.UserCount * run.Network.ItemCount];
            run.Network.Rank(run.Batch, run.Network.ItemCount, RankFilter.None, new int[scores.Length], scores);
            return scores;
        }
    }

    [Fact]
    public void Input_dropout_off_by_default()
    {
        Assert.All(Small.Models, model =>
            Assert.Equal(0.5, Catalog.Find(model).Defaults.Get(Autoencoders.KeepProbability)));
        using var run = new Run(
            NoHidden, Sets.Clicks(50, [.. Enumerable.Repeat(Enumerable.Range(0, 50).ToArray(), 80)]), single: true);
        run.Write("encoder.0.weight", [.. Enumerable.Repeat(1.0, run.Parameter("encoder.0.weight").Value.Rows * 6)]);
        // With all weights 1 an output is the sum of a row, of 50 clicks of 1 / sqrt 50 each, of which the kept ones
        // are doubled.
        double[] kept = [.. Kept(step: 0)];
        Assert.InRange(kept.Average(), 0.5 - 5 * 0.5 / Math.Sqrt(4000), 0.5 + 5 * 0.5 / Math.Sqrt(4000));
        Assert.NotEqual(kept, Kept(step: 1));

        IEnumerable<double> Kept(ulong step)
        {
            run.Network.DrawNoise(run.Batch, 7, step);
            run.Network.Forward(run.Batch);
            return run.Read(((MultVaeNetwork)run.Network).Head).Chunk(6).Select(row => row[0] / 2 / Math.Sqrt(50));
        }
    }

    [Fact]
    public void Beta_not_capped_until_the_last_step()
    {
        var betas = new List<double>();
        Settings settings = NoHidden.With(GradientFit.EpochCount, 4).With(GradientFit.BatchSize, 4)
            .With(Autoencoders.AnnealSteps, 20).With(Autoencoders.BetaCap, 0.2);
        using var run = new FitRun(OneItemEach(10), settings);
        run.Run(progress => betas.Add(progress.Measures.Single(measure => measure.Name == "beta").Value)).Dispose();
        Assert.Equal([0, 0.05, 0.1, 0.15, .. Enumerable.Repeat(0.2, 8)], betas.Select(beta => Math.Round(beta, 12)));
    }

    [Theory, MemberData(nameof(Precisions))]
    public void Seen_items_masked_by_a_logit_of_zero(bool single)
    {
        ClickMatrix clicks = Sets.Clicks(4, [0, 2]);
        using var run = new Run(NoHidden, clicks, single);
        run.Write("decoder.0.bias", [-1, -8, -2, -4]);
        using var ranker = new AutoencoderRanker(run.Compute, run.Network, ownsNetwork: false);
        Assert.Equal([3, 1, -1, -1], Sets.Rank(ranker, clicks, 0, 4));
    }

    [Theory, MemberData(nameof(Precisions))]
    public void No_L2_normalisation_of_the_input(bool single)
    {
        // One click, four clicks, four clicks of count 3: with all weights 1, mu is the sum of the row.
        using var run = new Run(NoHidden.With(Autoencoders.Latent, 1).With(Autoencoders.KeepProbability, 1),
            new ClickMatrix(5, [0, 1, 5, 9], [4, 0, 1, 2, 3, 0, 1, 2, 3], [1, 1, 1, 1, 1, 3, 3, 3, 3]), single);
        run.Write("encoder.0.weight", [.. Enumerable.Repeat(1.0, 10)]);
        run.Network.Rank(run.Batch, 1, RankFilter.None, new int[3], []);
        Assert.Equal([1, 2, 2], run.Read(run.Network.Codes[0].Value).Select(mu => Math.Round(mu, 6)));
        run.Network.DrawNoise(run.Batch, 7, 0);
        run.Network.Forward(run.Batch);
        double[] head = run.Read(((MultVaeNetwork)run.Network).Head);
        Assert.Equal([1, 1, 2, 2, 2, 2], head.Select(value => Math.Round(value, 6)));
    }

    [Fact]
    public void The_last_partial_batch_dropped()
    {
        // An item's row of the first weight moves only if a user who clicked it is trained on; every item has one user.
        Settings settings = NoHidden.With(Autoencoders.KeepProbability, 1).With(GradientFit.EpochCount, 1)
            .With(GradientFit.BatchSize, 2);
        using var run = new FitRun(OneItemEach(5), settings);
        float[][] before = [.. run.Capture().Model[0].Values.Chunk(6)];
        run.Run().Dispose();
        float[][] after = [.. run.Capture().Model[0].Values.Chunk(6)];
        Assert.Equal(5, after.Length);
        Assert.All(before.Zip(after), rows => Assert.NotEqual(rows.First, rows.Second));
    }

    [Theory, MemberData(nameof(Precisions))]
    public void An_L2_term_that_is_not_in_the_loss_or_not_in_the_gradient(bool single)
    {
        // A user without clicks: the loss is the L2 term alone.
        Settings settings = Small.Shape("multdae", [], latent: 1, components: 1).With(Autoencoders.WeightDecay, 0.5);
        using var run = new Run(settings, Sets.Clicks(2, Array.Empty<int>()), single);
        run.Write("encoder.0.weight", [3, -1]);
        run.Write("decoder.0.weight", [2, -4]);
        run.Write("decoder.0.bias", [7, -7]);
        run.Step(beta: 0);
        Assert.Equal(0.25 * (9 + 1 + 4 + 16), run.Network.Terms().Total(0), 1e-5);

        using var adam = new AdamOptimizer(run.Compute, run.Network.Parameters,
            new AdamStep(LearningRate: 0.125, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0.5));
        foreach (Parameter p in run.Network.Parameters)
            adam.Apply(p);
        Assert.Equal([2.875, -0.875], run.Read(run.Parameter("encoder.0.weight").Value).Select(w => Math.Round(w, 5)));
        Assert.Equal([1.875, -3.875], run.Read(run.Parameter("decoder.0.weight").Value).Select(w => Math.Round(w, 5)));
        Assert.Equal([7, -7], run.Read(run.Parameter("decoder.0.bias").Value));
        double[] moment = run.Read(adam.State.Single(tensor => tensor.Name == "adam.m.encoder.0.weight").Value);
        Assert.Equal([0.15, -0.05], moment.Select(m => Math.Round(m, 6))); // 0.1 x 0.5 W
    }

    [Fact]
    public void The_whole_click_matrix_made_dense()
    {
        // 100,000 x 100,000: dense it would take 40 GB, more than one array can hold. Only this thread's allocations
        // count: other tests run beside.
        long before = GC.GetAllocatedBytesForCurrentThread();
        Settings settings = NoHidden.With(Autoencoders.Latent, 1).With(GradientFit.EpochCount, 1)
            .With(GradientFit.BatchSize, 2);
        using var run = new FitRun(OneItemEach(100_000), settings);
        using var stop = new CancellationTokenSource();
        run.Run(_ => stop.Cancel(), stop.Token).Dispose();
        Assert.Equal(1, run.Capture().Position.Step);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 28);
    }

    [Fact]
    public void Metrics_that_change_with_the_evaluation_batch_size()
    {
        EvaluationSet set = Sets.Random(new Random(11), 67, 31);
        using var run = new Run(NoHidden, set.FoldIn, single: true);
        run.Network.Initialize(3);
        using var ranker = new AutoencoderRanker(run.Compute, run.Network, ownsNetwork: false);
        string[] results = [.. new[] { 1, 2, 13, 67, 500 }
            .Select(size => Sets.Json(Evaluator.Evaluate(ranker, set, new() { BlockSize = size, Cutoffs = [5, 20] })))];
        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Theory]
    [InlineData("multvae", Likelihood.Multinomial)]
    [InlineData("multvae", Likelihood.Logistic)]
    [InlineData("multvae", Likelihood.Gaussian)]
    [InlineData("multdae", Likelihood.Multinomial)]
    [InlineData("vamp", Likelihood.Multinomial)]
    [InlineData("hvamp", Likelihood.Logistic)]
    [InlineData("recvae", Likelihood.Multinomial)]
    public void NaN_for_a_user_without_targets_or_an_empty_row(string model, Likelihood likelihood)
    {
        // Users: an empty row in training; in validation one without targets, one without fold-in, one with neither.
        var held = new EvaluationSet(Sets.Clicks(4, [0], [], [], [1, 2]), Sets.Clicks(4, [], [1], [], [3]));
        var split = new DataSplit(new Vocabulary(new long[] { 1, 2, 3, 4 }),
            Sets.Clicks(4, [0, 1], [], [2, 3], [], [1, 3]), held, held);
        Settings settings = Small.Shape(model, [4], latent: 3, components: 3, likelihood)
            .With(GradientFit.EpochCount, 5).With(GradientFit.BatchSize, 1).With(FitRun.ValidateEvery, 1);
        using var run = new FitRun(split, settings);
        using Recommender trained = run.Run();
        string[] measures = model == "multdae" ? ["loss", "reconstruction"] : ["loss", "reconstruction", "kl", "beta"];
        Assert.All(run.History, epoch =>
        {
            Assert.Equal(measures, epoch.Measures.Select(measure => measure.Name));
            Assert.All(epoch.Measures, measure => Assert.True(double.IsFinite(measure.Value), measure.Name));
            Assert.True(double.IsFinite(epoch.Validation!.Value));
        });
        Assert.All(run.Capture().Model.SelectMany(tensor => tensor.Values), weight =>
            Assert.True(float.IsFinite(weight)));

        EvaluationReport report = Evaluator.Evaluate(trained, held, new() { Cutoffs = [2] });
        Assert.Equal((2, 2), (report.UsersCounted, report.UsersWithoutTargets));
        Assert.All(report.At(2).OverUsers, measure => Assert.True(
            double.IsFinite(measure.Estimate.Value) && double.IsFinite(measure.Estimate.StandardError!.Value),
            measure.Name));
        Assert.All(trained.Recommend(Array.Empty<string>(), 4).Items, item => Assert.True(float.IsFinite(item.Score)));
    }

    /// <summary>As many users as items, each with one click on an item of its own.</summary>
    private static DataSplit OneItemEach(int users) =>
        new(new Vocabulary([.. Enumerable.Range(0, users).Select(id => (long)id)]),
            new ClickMatrix(users, [.. Enumerable.Range(0, users + 1).Select(start => (long)start)],
                [.. Enumerable.Range(0, users)]), null, null);

    /// <summary>A network, a device, and a batch of all users of a matrix.</summary>
    private sealed class Run : IDisposable
    {
        public Run(Settings settings, ClickMatrix clicks, bool single)
        {
            Compute = (single ? Device.Cpu(2) : Device.Reference()).Open();
            Network = Autoencoder.Create(Compute, settings, clicks.ItemCount);
            Batch = Compute.AllocateBatch();
            Compute.Load(clicks, [.. Enumerable.Range(0, clicks.UserCount)], Batch);
        }

        public Compute Compute { get; }
        public Autoencoder Network { get; }
        public ClickBatch Batch { get; }

        public Parameter Parameter(string name) => Network.Parameters.Single(p => p.Name == name);

        public void Write(string name, double[] values) => Compute.Write(values, Parameter(name).Value);

        public double[] Read(Tensor tensor)
        {
            var values = new double[tensor.Length];
            Compute.Read(tensor, values);
            return values;
        }

        /// <summary>Everything of a training step but the update.</summary>
        public void Step(double beta)
        {
            Network.DrawNoise(Batch, 7, 0);
            Network.Forward(Batch);
            Network.Loss(Batch);
            Network.Backward(Batch, beta);
        }

        public void Dispose()
        {
            Batch.Dispose();
            Network.Dispose();
            Compute.Dispose();
        }
    }
}
