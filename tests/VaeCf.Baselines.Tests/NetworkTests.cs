using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>What holds for every network that is trained by gradients.</summary>
public class NetworkTests
{
    private static readonly ClickMatrix clicks = Clicks.Random(new Random(3), 11, 17);

    private static readonly Dictionary<string, Settings> variants = new()
    {
        ["ae logistic"] = Ae.Type.Defaults,
        ["ae square"] = Ae.Type.Defaults.With(Ae.Loss, ClickLoss.Square),
        ["ae multinomial"] = Ae.Type.Defaults.With(Ae.Loss, ClickLoss.Multinomial).With(Ae.Normalize, true),
        ["deep collaborative"] = DeepCollaborative.Type.Defaults,
        ["deep collaborative without inputs"] =
            DeepCollaborative.Type.Defaults.With(DeepCollaborative.ExcludeInputs, true),
        ["cdae"] = Cdae.Type.Defaults,
        ["cdae M1"] = CdaeOf(Activation.Identity, Activation.Identity, ClickLoss.Square),
        ["cdae M2"] = CdaeOf(Activation.Identity, Activation.Sigmoid, ClickLoss.Logistic),
        ["cdae M3"] = CdaeOf(Activation.Sigmoid, Activation.Identity, ClickLoss.Square),
        ["cdae M4"] = CdaeOf(Activation.Sigmoid, Activation.Sigmoid, ClickLoss.Logistic),
        ["cdae M4 of samples"] =
            CdaeOf(Activation.Sigmoid, Activation.Sigmoid, ClickLoss.Logistic).With(Cdae.Negatives, 1),
        ["cdae of samples"] = Cdae.Type.Defaults.With(Cdae.Negatives, 1),
        ["cdae of samples, sigmoid"] =
            Cdae.Type.Defaults.With(Cdae.OutputActivation, Activation.Sigmoid).With(Cdae.Negatives, 2),
        ["cdae by adagrad"] = Cdae.Type.Defaults.With(Cdae.Optimizer, OptimizerKind.AdaGrad),
        ["svae"] = Svae.Type.Defaults,
        ["svae, one next item, without KL"] = Svae.Type.Defaults.With(Svae.Next, 1).With(Autoencoders.BetaCap, 0),
        ["svae by the lower bound, with the other deviation"] = Svae.Type.Defaults
            .With(Svae.Loss, SequenceLoss.Elbo).With(Svae.Deviation, Sampling.LogSigma),
        ["cdae of samples by adagrad"] =
            Cdae.Type.Defaults.With(Cdae.Optimizer, OptimizerKind.AdaGrad).With(Cdae.Negatives, 1),
        ["gmf"] = Gmf.Type.Defaults,
        ["mlp"] = Mlp.Type.Defaults,
        ["neumf"] = NeuMf.Type.Defaults,
        ["neumf by lazy adam"] = NeuMf.Type.Defaults.With(Ncf.LazyAdam, true),
    };

    private static Settings CdaeOf(Activation hidden, Activation output, ClickLoss loss) =>
        Cdae.Type.Defaults.With(Cdae.HiddenActivation, hidden).With(Cdae.OutputActivation, output)
            .With(Cdae.Loss, loss);

    public static TheoryData<string> Variants => [.. variants.Keys];

    private static Settings Of(string variant)
    {
        Settings settings = variants[variant];
        foreach ((string name, string value) in ((string, string)[])[("widths", "5,5"), ("latent", "4"),
            ("epochs", "3"), ("learning_rate", "0.01"), ("weight_decay", "0.05"), ("mlp_factors", "3"),
            ("embedding", "5"), ("state", "6"), ("hidden", "5"), ("anneal_steps", "0"), ("batch", "100")])
            if (settings.Type.Find(name) is not null)
                settings = settings.With(name, value);
        return settings;
    }

    private static FitRun Run(Settings settings, Device device, Checkpoint? from = null) =>
        new(new DataSplit(Clicks.Ids(clicks.ItemCount), clicks, null, null), settings, device, from);

    // The loss of the first step from some weights, and what the optimiser then keeps.
    private static (double Loss, IReadOnlyList<SavedTensor> State) FirstStep(Settings settings, Device device,
        Checkpoint from)
    {
        using FitRun run = Run(settings, device, from);
        run.Fit.Step();
        return (run.Fit.Measures.Single(measure => measure.Name == "loss").Value, run.Capture().State);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Its_gradients_are_the_slopes_of_its_loss(string variant)
    {
        Settings settings = Of(variant);
        bool isAdam = !variant.EndsWith("adagrad", StringComparison.Ordinal);
        using Device device = Device.Reference();
        Checkpoint start;
        using (FitRun run = Run(settings, device))
            start = run.Capture();
        // Weights far from 0 and from each other, biases too, so that no part of the gradient is lost.
        var random = new RandomSequence(new RandomStream(1, RandomPurpose.Weights, 0));
        foreach (SavedTensor tensor in start.Model)
            for (int i = 0; i < tensor.Values.Length; i++)
                tensor.Values[i] = (float)(0.3 * random.NextNormal());
        (_, IReadOnlyList<SavedTensor> state) = FirstStep(settings, device, start);

        double difference = 0, norm = 0;
        foreach (SavedTensor tensor in start.Model)
        {
            float[] kept = state.Single(one => one.Name == (isAdam ? "m." : "squares.") + tensor.Name).Values;
            for (int i = 0; i < tensor.Values.Length; i += 1 + tensor.Values.Length / 12)
            {
                float own = tensor.Values[i], above = own + 1e-5f, below = own - 1e-5f;
                tensor.Values[i] = above;
                double higher = FirstStep(settings, device, start).Loss;
                tensor.Values[i] = below;
                double lower = FirstStep(settings, device, start).Loss;
                tensor.Values[i] = own;
                double slope = (higher - lower) / ((double)above - below);
                // Adam's first moment is a tenth of the gradient, AdaGrad's sum its square.
                double apart = isAdam ? 10.0 * kept[i] - slope : Math.Sqrt(kept[i]) - Math.Abs(slope);
                (difference, norm) = (difference + apart * apart, norm + slope * slope);
            }
        }
        Assert.True(norm > 0);
        Assert.InRange(Math.Sqrt(difference / norm), 0, 1e-5);
    }

    [Theory, MemberData(nameof(Variants))]
    public void It_goes_on_from_any_step_with_any_number_of_threads_to_the_same_bits(string variant)
    {
        // Of the pairs of clicks and negatives there are more than of users.
        Settings settings = Of(variant).With(GradientFit.BatchSize, Of(variant).Has(Ncf.LazyAdam) ? 60 : 4);
        int states = Fits.AssertGoesOnFromAnyStep((device, from) => Run(settings, device, from));
        Assert.True(states >= 10, $"{states}");
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_processor_agrees_with_the_reference(string variant)
    {
        Settings settings = Of(variant);
        using Device cpu = Device.Cpu(2), reference = Device.Reference();
        using FitRun one = Run(settings, cpu), other = Run(settings, reference);
        using Recommender model = one.Run(), exact = other.Run();
        foreach ((SavedTensor found, SavedTensor expected) in model.CopyTensors().Zip(exact.CopyTensors()))
        {
            double apart = Math.Sqrt(found.Values.Zip(expected.Values, (a, b) => ((double)a - b) * ((double)a - b))
                .Sum()), norm = Math.Sqrt(expected.Values.Sum(value => (double)value * value));
            Assert.InRange(apart / norm, 0, 1e-4);
        }
    }

    [Fact]
    public void What_goes_together_is_recommended_and_similar()
    {
        // Two kinds of users, each with items of their own.
        ClickMatrix tastes = Clicks.Of(8, [.. Enumerable.Range(0, 24).Select(user =>
            Enumerable.Range(0, 4).Where(n => n != user / 2 % 4).Select(n => user % 2 * 4 + n).ToArray())]);
        foreach (ModelType type in (ModelType[])[Ae.Type, DeepCollaborative.Type, Cdae.Type])
        {
            Settings settings = Clicks.Small(type).With(GradientFit.EpochCount, 200).With("learning_rate", "0.01");
            using Recommender model = Clicks.Fitted(settings, tastes);
            Assert.Equal(["2", "3"], model.Recommend(["0", "1"], 2).Items.Select(item => item.Item).Order());
            Assert.Equal(["4", "5", "7"], model.Similar("6", 3).Select(item => item.Item).Order());
        }
    }

    [Theory]
    [InlineData(10, 7)]
    [InlineData(3, 2)]
    [InlineData(1, 1)]
    public void Deep_collaborative_reads_seven_of_ten_clicks_anew_in_each_epoch(int count, int read)
    {
        ClickMatrix one = Clicks.Of(12, [.. Enumerable.Range(0, 1).Select(_ => Enumerable.Range(1, count).ToArray())]);
        using Device device = Device.Reference();
        var seen = new HashSet<string>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            using var run = new FitRun(new DataSplit(Clicks.Ids(12), one, null, null),
                DeepCollaborative.Type.Defaults.With(Ae.Widths, [64]).With(GradientFit.Seed, seed), device);
            run.Fit.Step();
            // The rows of the first layer that have a gradient are those of the items that were read.
            int[] items = [.. run.Capture().State.Single(tensor => tensor.Name == "m.layer.0.weight").Values.Chunk(64)
                .Select((row, item) => (row, item)).Where(one => one.row.Any(value => value != 0))
                .Select(one => one.item)];
            Assert.Equal(read, items.Length);
            Assert.All(items, item => Assert.InRange(item, 1, count));
            seen.Add(string.Join(',', items));
        }
        Assert.Equal(count > 1, seen.Count > 1);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "ae: widths none", "expected at least one layer" },
        { "deepcollaborative: widths 8,9", "expected at least one layer, all of the same width" },
        { "deepcollaborative: widths none", "expected at least one layer, all of the same width" },
        { "cdae: click_loss multinomial", "expected square or logistic" },
        { "cdae: output_activation relu", "expected identity, tanh or sigmoid" },
        { "cdae: click_loss logistic; output_activation identity", "expected sigmoid, or its default" },
        { "cdae: click_loss logistic; weight_on_ones 3", "expected its default with the logistic loss" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void Values_that_do_not_go_together_are_refused(string given, string expected)
    {
        Catalog.Add(BaselineModels.All);
        Settings settings = given.Split(": ")[1].Split("; ").Select(one => one.Split(' '))
            .Aggregate(Catalog.Find(given.Split(": ")[0]).Defaults, (all, one) => all.With(one[0], one[1]));
        Assert.Contains(expected, Assert.Throws<ArgumentException>(settings.Check).Message);
    }
}
