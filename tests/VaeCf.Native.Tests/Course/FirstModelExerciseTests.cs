using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Course;

/// <summary>Solutions of docs/course/2-first-model.md.</summary>
public class FirstModelExerciseTests
{
    [Fact]
    public void The_more_the_KL_costs_the_less_there_is_of_it()
    {
        double Kl(double cap)
        {
            using var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(Autoencoders.BetaCap, cap)
                .With(Autoencoders.WarmUpEpochs, 1).With(GradientFit.EpochCount, 20));
            run.Run().Dispose();
            return run.History[^1]["kl"];
        }
        // At no cost a code says what it can. At full cost it says what pays.
        Assert.True(Kl(0) > 3 * Kl(1));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        byte[] File(int threads, ulong seed)
        {
            using Device device = Device.Cpu(threads);
            using var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(GradientFit.Seed, seed), device);
            using Recommender model = run.Run();
            return model.Bytes();
        }
        Assert.Equal(File(1, seed: 5), File(4, seed: 5));
        Assert.NotEqual(File(1, seed: 5), File(1, seed: 6));
    }

    [Fact]
    public void Without_a_history_it_recommends_what_is_popular()
    {
        DataSplit split = Bundled.Split();
        using Recommender popularity = Bundled.Fitted("popularity", split), model = Bundled.Fitted("multvae", split,
            settings => settings.With(Autoencoders.Hidden, [50]).With(Autoencoders.Latent, 20)
                .With(GradientFit.EpochCount, 20).With(GradientFit.BatchSize, 100)
                .With(Autoencoders.LearningRate, 3e-3));
        IEnumerable<string> List(Recommender one) =>
            one.Recommend(Array.Empty<string>(), 10).Items.Select(item => item.Item);
        // An empty row leaves the biases of all layers, and the last one's are what fits nobody in particular best.
        Assert.InRange(List(model).Intersect(List(popularity)).Count(), 5, 10);
    }
}
