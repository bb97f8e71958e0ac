using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class WmfTests
{
    // Clicks that count 1 to 5; a user and an item without any.
    private static ClickMatrix Counted()
    {
        var random = new Random(4);
        ClickMatrix clicks = Clicks.Random(random, 40, 29);
        long[] starts = [.. clicks.RowStarts, clicks.ClickCount];
        return new ClickMatrix(30, starts, [.. clicks.Items], [.. clicks.Items.ToArray().Select(_ =>
            (float)random.Next(1, 6))]);
    }

    private static FitRun Run(ClickMatrix train, Settings settings, Device device, Checkpoint? from = null)
    {
        var items = new Vocabulary([.. Enumerable.Range(0, train.ItemCount).Select(id => (long)id)]);
        return new FitRun(new DataSplit(items, train, null, null), settings, device, from);
    }

    private static Settings Small(Confidence confidence)
    {
        Settings settings = Wmf.Type.Defaults.With(Wmf.Factors, 7).With(Wmf.Sweeps, 4).With(Wmf.Weighting, confidence)
            .With(Wmf.Lambda, 0.05);
        return confidence == Confidence.Rendle ? settings
            : settings.With(Wmf.Alpha, confidence == Confidence.Log ? 0.3 : 3);
    }

    // The objective as its formula has it: over all pairs, without any trick.
    private static double Loss(ClickMatrix clicks, Settings settings, float[] x, float[] y)
    {
        int k = settings.Get(Wmf.Factors), users = clicks.UserCount, items = clicks.ItemCount;
        bool rendle = settings.Get(Wmf.Weighting) == Confidence.Rendle;
        double c0 = rendle ? settings.Get(Wmf.Alpha0) : 1, alpha = settings.Get(Wmf.Alpha), loss = 0;
        var clicksOfItem = new int[items];
        for (int u = 0; u < users; u++)
        {
            var confidence = new double[items];
            Array.Fill(confidence, c0);
            for (int n = 0; n < clicks.CountOf(u); n++)
            {
                double r = clicks.ValuesOf(u)[n];
                clicksOfItem[clicks.ItemsOf(u)[n]]++;
                confidence[clicks.ItemsOf(u)[n]] += settings.Get(Wmf.Weighting) switch
                {
                    Confidence.Hu => alpha * r,
                    Confidence.Log => alpha * Math.Log(1 + r / settings.Get(Wmf.Epsilon)),
                    _ => 1,
                };
            }
            for (int i = 0; i < items; i++)
            {
                double score = 0;
                for (int f = 0; f < k; f++)
                    score += (double)x[u * k + f] * y[i * k + f];
                double target = clicks.ItemsOf(u).Contains(i) ? 1 : 0;
                loss += confidence[i] * (target - score) * (target - score);
            }
            loss += Ridge(clicks.CountOf(u), items) * Square(x.AsSpan(u * k, k));
        }
        for (int i = 0; i < items; i++)
            loss += Ridge(clicksOfItem[i], users) * Square(y.AsSpan(i * k, k));
        return loss;

        double Ridge(int count, int possible) =>
            settings.Get(Wmf.Lambda) * Math.Pow(count + c0 * possible, settings.Get(Wmf.Nu));
    }

    private static double Square(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += (double)value * value;
        return sum;
    }

    [Theory]
    [InlineData(Confidence.Hu, 0.0)]
    [InlineData(Confidence.Log, 0.5)]
    [InlineData(Confidence.Rendle, 1.0)]
    public void The_objective_falls_with_every_half_sweep_and_no_small_change_of_a_side_lowers_it(Confidence confidence,
        double nu)
    {
        ClickMatrix clicks = Counted();
        Settings settings = Small(confidence).With(Wmf.Nu, nu);
        using Device device = Device.Reference();
        using FitRun run = Run(clicks, settings, device);
        double before = double.PositiveInfinity;
        while (!run.Fit.IsDone)
        {
            run.Fit.Step();
            Checkpoint now = run.Capture();
            float[] x = now.State.Single().Values, y = now.Model.Single().Values;
            double loss = Loss(clicks, settings, x, y);
            Assert.InRange(loss, 0, before);
            before = loss;
            float[] solved = run.Fit.Position.Done > 0 ? x : y;
            for (int i = 0; i < solved.Length; i += 11)
                foreach (float change in (float[])[-0.01f, 0.01f])
                {
                    float own = solved[i];
                    solved[i] += change;
                    Assert.InRange(Loss(clicks, settings, x, y), loss, double.PositiveInfinity);
                    solved[i] = own;
                }
        }
    }

    [Fact]
    public void Any_number_of_threads_makes_the_same_bits()
    {
        ClickMatrix clicks = Counted();
        float[]? first = null;
        for (int threads = 1; threads <= 7; threads++)
        {
            using Device device = Device.Cpu(threads);
            using FitRun run = Run(clicks, Small(Confidence.Hu), device);
            using Recommender model = run.Run();
            float[] items = model.CopyTensors().Single().Values;
            Assert.Equal(first ??= items, items);
        }
    }

    [Fact]
    public void The_processor_agrees_with_the_reference()
    {
        ClickMatrix clicks = Counted();
        using Device cpu = Device.Cpu(2), reference = Device.Reference();
        Settings settings = Small(Confidence.Log);
        using FitRun one = Run(clicks, settings, cpu), other = Run(clicks, settings, reference);
        using Recommender model = one.Run(), exact = other.Run();
        float[] items = model.CopyTensors().Single().Values, expected = exact.CopyTensors().Single().Values;
        double apart = Math.Sqrt(items.Zip(expected, (a, b) => ((double)a - b) * ((double)a - b)).Sum());
        Assert.InRange(apart / Math.Sqrt(Square(expected)), 0, 1e-4);
    }

    [Fact]
    public void It_goes_on_from_any_step_and_after_a_cancelled_one_to_the_same_bits()
    {
        ClickMatrix clicks = Counted();
        Settings settings = Small(Confidence.Rendle);
        using Device device = Device.Cpu(2);
        using FitRun whole = Run(clicks, settings, device);
        var checkpoints = new List<Checkpoint> { whole.Capture() };
        var cancelled = new CancellationToken(canceled: true);
        while (!whole.Fit.IsDone)
        {
            FitPosition before = whole.Fit.Position;
            Assert.Throws<OperationCanceledException>(() => whole.Fit.Step(null, cancelled));
            Assert.Equal(before, whole.Fit.Position);
            Assert.Equal(checkpoints[^1].Model.Single().Values, whole.Capture().Model.Single().Values);
            whole.Fit.Step();
            checkpoints.Add(whole.Capture());
        }
        Assert.Equal(9, checkpoints.Count);
        foreach (Checkpoint checkpoint in checkpoints)
        {
            using FitRun resumed = Run(clicks, settings, device, checkpoint);
            using Recommender model = resumed.Run();
            Assert.Equal(checkpoints[^1].Model.Single().Values, model.CopyTensors().Single().Values);
        }
    }

    [Theory]
    [InlineData(Confidence.Hu)]
    [InlineData(Confidence.Rendle)]
    public void Folding_in_a_user_of_the_training_gives_the_vector_that_the_users_step_gives(Confidence confidence)
    {
        ClickMatrix clicks = Counted();
        Settings settings = Small(confidence);
        using Device device = Device.Cpu(2);
        using FitRun run = Run(clicks, settings, device), longer = Run(clicks, settings.With(Wmf.Sweeps, 5), device);
        using Recommender model = run.Run();
        for (int step = 0; step < 9; step++)
            longer.Fit.Step();
        float[] users = longer.Capture().State.Single().Values, codes = new float[clicks.UserCount * model.CodeLength];
        model.Encode(new Histories(clicks), [.. Enumerable.Range(0, clicks.UserCount)], codes);
        Assert.Equal(users, codes);
        Assert.All(codes[^7..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void It_recommends_what_goes_together_and_finds_similar_items()
    {
        // Two kinds of users, each with items of their own.
        ClickMatrix clicks = Clicks.Of(8, [.. Enumerable.Range(0, 24).Select(user =>
            Enumerable.Range(0, 4).Where(n => n != user / 2 % 4).Select(n => user % 2 * 4 + n).ToArray())]);
        using Device device = Device.Cpu(1);
        using FitRun run = Run(clicks, Wmf.Type.Defaults.With(Wmf.Factors, 2), device);
        using Recommender model = run.Run();
        Assert.Equal(["2", "3"], model.Recommend(["0", "1"], 2).Items.Select(item => item.Item).Order());
        Assert.Equal(["4", "5", "7"], model.Similar("6", 3).Select(item => item.Item).Order());
        Assert.Equal(8, model.Recommend(Array.Empty<string>()).Items.Count);
        Assert.All(model.Explain([new HistoryItem("0"), new HistoryItem("1")], ["2"]).Single().Reasons,
            reason => Assert.InRange(reason.Score, 0, 1));
    }

    [Theory]
    [InlineData(Confidence.Rendle, "alpha")]
    [InlineData(Confidence.Rendle, "epsilon")]
    [InlineData(Confidence.Hu, "epsilon")]
    [InlineData(Confidence.Hu, "alpha0")]
    [InlineData(Confidence.Log, "alpha0")]
    public void A_setting_that_the_confidence_does_not_use_is_refused(Confidence confidence, string idle)
    {
        Settings settings = Small(confidence).With(idle, "7");
        Assert.Equal(idle, Assert.Throws<ArgumentException>(settings.Check).ParamName);
    }

    [Fact]
    public void Counts_that_give_no_weight_are_refused_with_their_user()
    {
        var clicks = new ClickMatrix(2, [0, 1, 3], [0, 0, 1], [1, 2, -1]);
        using Device device = Device.Cpu(1);
        foreach (Confidence confidence in (Confidence[])[Confidence.Hu, Confidence.Log])
            Assert.StartsWith("user 1: found a click that counts -1, so that its weight is ",
                Assert.Throws<InputException>(() => Run(clicks, Small(confidence), device)).Message);
        using FitRun run = Run(clicks, Small(Confidence.Rendle), device);
        run.Run().Dispose();
    }

    [Fact]
    public void Progress_rises_to_1_within_a_step()
    {
        using Device device = Device.Cpu(1);
        using FitRun run = Run(Counted(), Small(Confidence.Hu), device);
        var shares = new List<double>();
        run.Fit.Step(new Shares(shares));
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
        Assert.Equal((1, 0, 41, 71), (run.Fit.Position.Step, run.Fit.Position.Epoch, run.Fit.Position.Done,
            run.Fit.EpochLength));
    }

    private sealed class Shares(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }
}
