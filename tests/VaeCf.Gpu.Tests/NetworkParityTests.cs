using VaeCf.Baselines;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Gpu.Tests;

/// <summary>
/// SVAE, DeepRec and Boltzmann machines on a card, host code and shipped PTX, against the processor's.
/// </summary>
public class NetworkParityTests
{
    private const int Users = 11, Items = 37;
    private const double Tolerance = 1e-4;

    // Histories of 0 to 9 items; no two batches have steps of the same numbers of users.
    private static ClickMatrix Histories()
    {
        int[][] rows = [.. Enumerable.Range(0, Users)
            .Select(user => Enumerable.Range(0, user * 7 % 10).Select(n => (5 * user + 8 * n) % Items).ToArray())];
        long end = 0;
        return new ClickMatrix(Items, [0, .. rows.Select(row => end += row.Length)],
            [.. rows.SelectMany(row => row.Order())], inOrder: [.. rows.SelectMany(row => row)]);
    }

    // The same with ratings from 1 to 5.
    private static ClickMatrix Ratings()
    {
        ClickMatrix clicks = Histories();
        return new ClickMatrix(Items, [.. clicks.RowStarts], [.. clicks.Items],
            [.. Enumerable.Range(0, clicks.Items.Length).Select(n => 1f + n * 3 % 5)]);
    }

    public static TheoryData<string, SequenceLoss, Sampling> Forms
    {
        get
        {
            var data = new TheoryData<string, SequenceLoss, Sampling>();
            foreach (string device in GpuDevices.Names)
            {
                data.Add(device, SequenceLoss.Authors, Sampling.HalfLogvar);
                data.Add(device, SequenceLoss.Elbo, Sampling.LogSigma);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void Steps_and_rankings_are_the_processors(string device, SequenceLoss loss, Sampling sampling)
    {
        Settings settings = Svae.Type.Defaults.With(Svae.Embedding, 13).With(Svae.State, 17).With(Svae.Hidden, [11])
            .With(Svae.Latent, 5).With(Svae.Loss, loss).With(Svae.Deviation, sampling)
            .With(Autoencoders.AnnealSteps, 0).With(GradientFit.EpochCount, 2).With(GradientFit.BatchSize, 4);
        AssertAlike(device, settings, Histories());
    }

    [Theory, MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Steps_and_predictions_of_DeepRec_are_the_processors(string device)
    {
        Settings settings = DeepRec.Type.Defaults.With(DeepRec.Widths, [13, 7]).With(GradientFit.EpochCount, 3)
            .With(GradientFit.BatchSize, 4);
        AssertAlike(device, settings, Ratings());
        AssertAlike(device, settings.With(DeepRec.Tied, true).With(DeepRec.SubtractMean, true), Ratings());
    }

    [Theory, MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Chains_and_rankings_of_Boltzmann_machines_are_the_processors(string device)
    {
        Settings Small(ModelType type) => type.Defaults.With(Rbm.Units, 9).With(GradientFit.EpochCount, 3)
            .With(GradientFit.BatchSize, 4);
        AssertAlike(device, Small(Rbm.Type), Ratings());
        AssertAlike(device, Small(ClickRbm.Type), Histories());
    }

    private static void AssertAlike(string device, Settings settings, ClickMatrix histories)
    {
        using Device cpu = Device.Cpu(1), gpu = GpuDevices.Open(device);
        (double[] losses, double[] scores) = Run(cpu, settings, histories);
        (double[] theirLosses, double[] theirScores) = Run(gpu, settings, histories);
        AssertClose(losses, theirLosses);
        AssertClose(scores, theirScores);
    }

    // The loss of each step, and afterwards each rating as it is predicted, or the score of each item for each user.
    private static (double[] Losses, double[] Scores) Run(Device device, Settings settings, ClickMatrix histories)
    {
        using var run = new FitRun(new DataSplit(
            new Vocabulary([.. Enumerable.Range(0, Items).Select(item => (long)item)]), histories, null, null),
            settings, device);
        var losses = new List<double>();
        while (!run.Fit.IsDone)
        {
            run.Fit.Step();
            losses.AddRange(run.Fit.Measures.Select(measure => measure.Value));
        }
        int[] users = [.. Enumerable.Range(0, Users)];
        bool predicts = settings.Type.PredictsRatings;
        var scores = new float[predicts ? histories.Items.Length : Users * Items];
        if (predicts)
            run.Fit.Ranker.Predict(new Histories(histories), users, histories, scores);
        else
            run.Fit.Ranker.ScoreAll(new Histories(histories), users, scores);
        return ([.. losses], [.. scores.Select(score => (double)score)]);
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double norm = Math.Sqrt(expected.Sum(x => x * x)),
            difference = Math.Sqrt(expected.Zip(actual, (a, b) => (a - b) * (a - b)).Sum());
        Assert.True(norm > 0);
        Assert.InRange(difference / norm, 0, Tolerance);
    }
}
