using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>DeepRec's gradients, steps and predictions; its cases are in <see cref="GoldenCaseTests"/>.</summary>
public class DeepRecTests
{
    private static readonly ClickMatrix ratings = Clicks.Rated(Clicks.Random(new Random(3), 11, 17));

    private static readonly Dictionary<string, Settings> variants = new()
    {
        ["deep"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [5, 4, 6]),
        ["deep, tied"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [5, 4, 6]).With(DeepRec.Tied, true),
        ["one layer"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [6]),
        ["one layer, tied"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [6]).With(DeepRec.Tied, true),
        ["less the mean"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [5, 6]).With(DeepRec.SubtractMean, true),
        ["nothing dropped"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [5, 6]).With(DeepRec.KeepProbability, 1),
        ["fed three times"] = DeepRec.Type.Defaults.With(DeepRec.Widths, [5, 6]).With(DeepRec.Refeeding, 3)
            .With(DeepRec.HalveAfter, [1, 2]).With(DeepRec.WeightDecay, 0.01),
    };

    public static TheoryData<string> Variants => [.. variants.Keys];

    private static Settings Of(string variant)
    {
        Settings settings = variants[variant].With(GradientFit.EpochCount, 3);
        return settings.Get(DeepRec.KeepProbability) == 1 ? settings : settings.With(DeepRec.KeepProbability, 0.6);
    }

    private static FitRun Run(Settings settings, Device? device = null, Checkpoint? from = null) =>
        new(new DataSplit(Clicks.Ids(ratings.ItemCount), ratings, null, null, Clicks.Ids(ratings.UserCount)), settings,
            device, from);

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
        Settings settings = Of(variant).With(DeepRec.Refeeding, 0).With(DeepRec.WeightDecay, 0);
        using Device device = Device.Reference();
        Checkpoint start;
        using (FitRun run = Run(settings, device))
            start = run.Capture();
        var random = new RandomSequence(new RandomStream(1, RandomPurpose.Weights, 0));
        foreach (SavedTensor tensor in start.Model.Where(tensor => tensor.Name != "mean"))
            for (int i = 0; i < tensor.Values.Length; i++)
                tensor.Values[i] = (float)(0.3 * random.NextNormal());
        // Without a velocity before, the first one is the gradient.
        (_, IReadOnlyList<SavedTensor> state) = FirstStep(settings, device, start);
        double difference = 0, norm = 0;
        foreach (SavedTensor gradient in state)
        {
            SavedTensor tensor = start.Model.Single(one => "velocity." + one.Name == gradient.Name);
            for (int i = 0; i < tensor.Values.Length; i += 1 + tensor.Values.Length / 12)
            {
                float own = tensor.Values[i], above = own + 1e-3f, below = own - 1e-3f;
                tensor.Values[i] = above;
                double higher = FirstStep(settings, device, start).Loss;
                tensor.Values[i] = below;
                double slope = (higher - FirstStep(settings, device, start).Loss) / ((double)above - below);
                tensor.Values[i] = own;
                (difference, norm) = (difference + Math.Pow(gradient.Values[i] - slope, 2), norm + slope * slope);
            }
        }
        Assert.True(norm > 0);
        Assert.InRange(Math.Sqrt(difference / norm), 0, 1e-5);
    }

    [Theory, MemberData(nameof(Variants))]
    public void It_goes_on_from_any_step_with_any_number_of_threads_to_the_same_bits(string variant)
    {
        Settings settings = Of(variant).With(GradientFit.BatchSize, 4);
        Assert.Equal(10, Fits.AssertGoesOnFromAnyStep((device, from) => Run(settings, device, from)));
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_processor_agrees_with_the_reference(string variant)
    {
        using Device cpu = Device.Cpu(2), reference = Device.Reference();
        using FitRun one = Run(Of(variant), cpu), other = Run(Of(variant), reference);
        using Recommender model = one.Run(), exact = other.Run();
        foreach ((SavedTensor found, SavedTensor expected) in model.CopyTensors().Zip(exact.CopyTensors()))
        {
            double norm = Math.Sqrt(expected.Values.Sum(value => (double)value * value)), apart = Math.Sqrt(
                found.Values.Zip(expected.Values, (a, b) => ((double)a - b) * ((double)a - b)).Sum());
            Assert.InRange(norm > 0 ? apart / norm : apart, 0, 1e-4);
        }
    }

    [Fact]
    public void Outputs_start_near_0_or_near_the_mean_if_that_is_subtracted()
    {
        double square = Enumerable.Range(0, ratings.UserCount)
            .SelectMany(user => ratings.ValuesOf(user).ToArray()).Average(rating => rating * rating);
        Assert.InRange(FirstLoss("deep"), square / 2, 2 * square);
        Assert.InRange(FirstLoss("less the mean"), 0, square / 2);

        static double FirstLoss(string variant)
        {
            using FitRun run = Run(Of(variant));
            run.Fit.Step();
            return run.Fit.Measures[0].Value;
        }
    }

    [Fact]
    public void A_tied_decoder_has_biases_alone_and_a_model_without_layers_is_refused()
    {
        using FitRun run = Run(Of("deep, tied"));
        Assert.Equal(["decoder.0.bias", "decoder.1.bias", "decoder.2.bias"], run.Fit.Model.Select(one => one.Name)
            .Where(name => name.StartsWith("decoder", StringComparison.Ordinal)));
        Assert.Contains("expected at least one layer",
            Assert.Throws<ArgumentException>(DeepRec.Type.Defaults.With(DeepRec.Widths, []).Check).Message);
    }
}
