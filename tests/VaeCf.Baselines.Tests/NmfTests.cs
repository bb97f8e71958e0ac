using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class NmfTests
{
    private static readonly ClickMatrix train = Clicks.Random(new Random(3), 37, 23);

    public static TheoryData<string> Losses => ["loss=square", "loss=square,l1=0.05,l2=0.1", "loss=kl"];

    private static Settings Of(string text) => text.Split(',').Select(pair => pair.Split('='))
        .Aggregate(Nmf.Type.Defaults.With(Nmf.Factors, 5).With(Nmf.Sweeps, 30),
            (settings, pair) => settings.With(pair[0], pair[1]));

    private static DataSplit Split => new(Clicks.Ids(train.ItemCount), train, Validation: null, Test: null);

    // In double: what is left near a minimum is below the rounding of float.
    [Theory, MemberData(nameof(Losses))]
    public void The_objective_never_rises(string settings)
    {
        using Device device = Device.Reference();
        using var run = new FitRun(Split, Of(settings), device);
        run.Run().Dispose();
        double[] losses = [.. run.History.Select(epoch => epoch.Measures.Single().Value)];
        Assert.Equal(30, losses.Length);
        Assert.All(losses.Skip(1).Zip(losses), pair => Assert.InRange(pair.First, 0, pair.Second * (1 + 1e-12)));
        Assert.InRange(losses[^1], 0, 0.9 * losses[0]);
    }

    [Theory, MemberData(nameof(Losses))]
    public void The_loss_is_that_of_the_dense_product(string settings)
    {
        using Device device = Device.Reference();
        using var run = new FitRun(Split, Of(settings), device);
        run.Run().Dispose();
        Dictionary<string, SavedTensor> tensors = run.Capture().Model.Concat(run.Capture().State)
            .ToDictionary(tensor => tensor.Name);
        float[] w = tensors["users"].Values, h = tensors["items"].Values;
        (double l1, double l2) = (run.Settings.Get(Nmf.L1), run.Settings.Get(Nmf.L2));
        double expected = w.Concat(h).Sum(value => l1 * value + l2 / 2 * value * value);
        for (int user = 0; user < train.UserCount; user++)
            for (int item = 0; item < train.ItemCount; item++)
            {
                double product = 0, x = train.ItemsOf(user).Contains(item) ? 1 : 0;
                for (int factor = 0; factor < 5; factor++)
                    product += (double)w[user * 5 + factor] * h[item * 5 + factor];
                expected += settings == "loss=kl" ? product - (x > 0 ? Math.Log(product) : 0)
                    : (x - product) * (x - product) / 2;
            }
        Assert.Equal(expected, run.Fit.Measures.Single().Value, 1e-4 * expected);
    }

    [Theory, MemberData(nameof(Losses))]
    public void A_run_resumed_after_any_step_has_the_same_bytes(string settings)
    {
        Settings few = Of(settings).With(Nmf.Sweeps, 4);
        var states = new List<Checkpoint>();
        using var run = new FitRun(Split, few);
        using Recommender whole = run.Run(now => states.Add(now.Run.Capture()));
        Assert.Equal(8, states.Count);
        foreach (Checkpoint state in states)
        {
            using var rest = new FitRun(Split, few, from: state);
            using Recommender model = rest.Run();
            Assert.Equal(whole.CopyTensors()[0].Values, model.CopyTensors()[0].Values);
            Assert.Equal(run.Fit.Measures, rest.Fit.Measures);
        }
    }

    [Fact]
    public void A_step_that_is_cancelled_changes_nothing()
    {
        using var run = new FitRun(Split, Of("loss=square"));
        run.Fit.Step();
        Checkpoint before = run.Capture();
        Assert.Throws<OperationCanceledException>(() => run.Fit.Step(null, new CancellationToken(canceled: true)));
        Checkpoint after = run.Capture();
        Assert.Equal(before.Position, after.Position);
        Assert.Equal(before.Model.Concat(before.State).SelectMany(tensor => tensor.Values),
            after.Model.Concat(after.State).SelectMany(tensor => tensor.Values));
    }

    [Theory, MemberData(nameof(Losses))]
    public void Factors_are_never_negative_and_a_users_code_has_as_many(string settings)
    {
        using Recommender model = Clicks.Fitted(Of(settings), train);
        Assert.All(model.CopyTensors().Single().Values, value => Assert.True(value >= 0));
        Assert.Equal(5, model.Encode([new HistoryItem("1")]).FlattenedLength);
        Assert.Equal(10, model.Similar("1").Count);
    }

    [Fact]
    public void An_answer_makes_a_bounded_number_of_updates() => Assert.Contains("expected at most 10000",
        Assert.Throws<ArgumentException>(Nmf.Type.Defaults.With(Nmf.FoldIn, int.MaxValue).Check).Message);

    [Fact]
    public void Regularisers_go_with_the_square_loss_alone() => Assert.Contains("l1 and l2 go with the square loss",
        Assert.Throws<ArgumentException>(() => Of("loss=kl,l1=1").Check()).Message);

    [Fact]
    public void A_file_with_a_negative_factor_is_refused()
    {
        using Device device = Device.Cpu(1);
        using Compute c = device.Open();
        Tensor items = c.Allocate(2, 1);
        c.Write(new float[] { 1, -0.5f }, items);
        var data = ModelData.HandOver(Nmf.Type.Defaults.With(Nmf.Factors, 1), Clicks.Ids(2),
            new ModelInfo(1, null, 1, TrainedOnCounts: false), [new NamedTensor("items", items)]);
        Assert.Contains("found -0.5 in tensor 'items'",
            Assert.Throws<InputException>(() => Nmf.Type.Load(data, device)).Message);
    }
}
