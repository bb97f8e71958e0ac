using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench.Tests;

/// <summary>
/// The mistakes are made as they are described, beside a model that makes none; and solutions of
/// docs/course/5-mistakes.md.
/// </summary>
public class MistakesExerciseTests
{
    private const int Latent = 4;

    private static float[] Trained(ModelType type, Func<Settings, Settings>? choose = null)
    {
        var clicks = new ClickBuilder();
        foreach (int user in Enumerable.Range(0, 25))
            foreach (int place in Enumerable.Range(0, 6))
                clicks.Add($"{user}", $"{(3 * user + place * place) % 17}");
        Settings settings = type.Defaults.With(Autoencoders.Hidden, [5]).With(Autoencoders.Latent, Latent)
            .With(GradientFit.EpochCount, 3).With(GradientFit.BatchSize, 10).With(Autoencoders.WarmUpEpochs, 2);
        using var run = new FitRun(DataSplit.All(clicks.Build()), choose is null ? settings : choose(settings));
        using Recommender model = run.Run();
        return [.. model.CopyTensors().SelectMany(tensor => tensor.Values)];
    }

    [Fact]
    public void Without_a_mistake_it_is_Mult_VAE_to_the_last_bit() =>
        Assert.Equal(Trained(MultVae.Type), Trained(MistakenVae.TypeOf(Mistake.None)));

    [Theory]
    [InlineData(Mistake.LittleNoise)]
    [InlineData(Mistake.MeanKl)]
    [InlineData(Mistake.NoNormalisation)]
    [InlineData(Mistake.DroppedBatch)]
    public void A_mistake_in_training_changes_the_weights_and_nothing_breaks(object mistake)
    {
        float[] mistaken = Trained(MistakenVae.TypeOf((Mistake)mistake));
        Assert.NotEqual(Trained(MultVae.Type), mistaken);
        Assert.All(mistaken, weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void Sampling_at_prediction_changes_the_answers_and_not_the_weights() =>
        Assert.Equal(Trained(MultVae.Type), Trained(MistakenVae.TypeOf(Mistake.SampledPrediction)));

    [Fact]
    public void A_mean_over_the_units_is_a_smaller_beta() =>
        // With Z a power of 2 the division is exact, and so are the bits.
        Assert.Equal(
            Trained(MultVae.Type, one => one.With(Autoencoders.BetaCap, one.Get(Autoencoders.BetaCap) / Latent)),
            Trained(MistakenVae.TypeOf(Mistake.MeanKl)));

    [Fact]
    public void The_mean_of_means_prefers_the_worse_model()
    {
        // Three users in the first batch, one in the second.
        double[][] better = [[0.8, 0.8, 0.8], [0]], worse = [[0.5, 0.5, 0.5], [0.5]];
        static double Mean(double[][] batches) => batches.SelectMany(users => users).Average();
        static double MeanOfMeans(double[][] batches) => batches.Average(users => users.Average());
        Assert.True(Mean(better) > Mean(worse));
        Assert.True(MeanOfMeans(better) < MeanOfMeans(worse));
    }
}
