using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class SlimTests
{
    private const int Items = 1_103;
    private static readonly ClickMatrix train = Clicks.Random(new Random(1), 97, Items);
    private static readonly Settings settings = Slim.Type.Defaults.With(Slim.L1, 3).With(Slim.L2, 20);

    public SlimTests() => Catalog.Add(BaselineModels.All);

    private static DataSplit Split(ClickMatrix clicks, int firstId = 0) => new(
        new Vocabulary([.. Enumerable.Range(firstId, clicks.ItemCount).Select(id => (long)id)]), clicks, null, null);

    private static byte[] Saved(FitRun run)
    {
        using Recommender model = run.Run();
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    [Fact]
    public void A_run_resumed_after_any_step_from_a_file_ends_with_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using Device device = Device.Cpu(2);
        using var whole = new FitRun(Split(train), settings, device);
        using (Recommender from = Clicks.Fitted(Slim.Type, Clicks.Random(new Random(2), 50, Items)))
            whole.Fit.StartFrom(from);
        var captured = new List<Checkpoint> { whole.Capture() };
        byte[] expected;
        using (Recommender model = whole.Run(now => captured.Add(now.Run.Capture())))
        using (var stream = new MemoryStream())
        {
            model.Save(stream);
            expected = stream.ToArray();
        }
        Assert.Equal(4, captured.Count);
        Assert.True(captured[2].Model[1].Values.Length > captured[1].Model[1].Values.Length);
        foreach (Checkpoint checkpoint in captured)
        {
            string file = folder["slim.checkpoint"];
            CheckpointFile.Save(file, checkpoint);
            using var resumed = new FitRun(Split(train), settings, device, CheckpointFile.Load(file));
            Assert.Equal(expected, Saved(resumed));
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        byte[]? first = null;
        for (int threads = 1; threads <= 7; threads++)
        {
            using Device device = Device.Cpu(threads);
            using var run = new FitRun(Split(train), settings, device);
            byte[] saved = Saved(run);
            first ??= saved;
            Assert.Equal(first, saved);
        }
    }

    [Fact]
    public void A_start_from_another_model_matches_items_by_id_and_ends_near_the_same_weights()
    {
        using var cold = new FitRun(Split(train), settings);
        using Recommender expected = cold.Run();
        // The other model knows the items but the first 100, and 100 that are gone.
        using var other = new FitRun(Split(train, firstId: 100), settings.With(Slim.L1, 4));
        using Recommender from = other.Run();
        using var warm = new FitRun(Split(train), settings);
        Assert.Equal(new WarmStart(Items - 100, 100, 100), warm.Fit.StartFrom(from));
        using Recommender model = warm.Run();
        foreach (string item in new[] { "0", "7", "500" })
            foreach ((ScoredItem one, ScoredItem same) in expected.Similar(item, 5).Zip(model.Similar(item, 5)))
                Assert.InRange(one.Score, same.Score - 0.002f, same.Score + 0.002f);
        Assert.Throws<InvalidOperationException>(() => warm.Fit.StartFrom(from));
        using Recommender popularity = Clicks.Fitted(Popularity.Type, train);
        using var again = new FitRun(Split(train), settings);
        Assert.Throws<ArgumentException>("from", () => again.Fit.StartFrom(popularity));
    }

    [Fact]
    public void Similar_items_are_those_that_a_click_raises_the_most()
    {
        using Recommender model = Clicks.Fitted(Slim.Type, train);
        Recommendations answer = model.Recommend(["3"], 10);
        Assert.Equal(answer.Items, model.Similar("3", 10));
    }

    [Fact]
    public void Columns_that_are_not_done_are_counted()
    {
        using var run = new FitRun(Split(train), settings.With(Slim.Sweeps, 1));
        using Recommender model = run.Run();
        Assert.Equal(Items, run.History[0]["unfinished columns"]);
    }

    [Fact]
    public void Negative_counts_need_weights_that_may_be_negative()
    {
        var clicks = new ClickMatrix(2, [0, 2], [0, 1], values: [1, -1]);
        Assert.Contains("found a click that counts -1", Assert.Throws<InputException>(
            () => new FitRun(Split(clicks), settings)).Message);
        using var run = new FitRun(Split(clicks), settings.With(Slim.Signed, true).With(Slim.L1, 0.5));
        using Recommender model = run.Run();
        Assert.True(model.Similar("0")[0].Score < 0);
    }

    [Fact]
    public void Items_without_clicks_have_no_weights()
    {
        using Recommender model = Clicks.Fitted(Slim.Type, Clicks.Of(3, [0], [0]));
        Assert.Equal([0, 0, 0], model.CopyTensors()[0].Values);
        Assert.Empty(model.CopyTensors()[1].Values);
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        using Recommender loaded = Recommender.Load(stream);
        Assert.Equal([new("1", 0), new("2", 0)], loaded.Recommend(["0"]).Items);
    }

    public static TheoryData<string, float[], string> Damage => new()
    {
        { "counts", [1, 1, -1], "found -1 in tensor 'counts'" }, { "counts", [1, 0.5f, 1], "found 0.5" },
        { "counts", [2, 2, 2], "'items'" }, { "counts", [4, 0, 0], "found 4" }, { "items", [1, 0, 3], "found 3" },
        { "items", [1, -1, 0], "found -1" }, { "counts", [2, 0, 1], "row 0 has item 0 after 1" },
    };

    [Theory, MemberData(nameof(Damage))]
    public void A_file_of_other_than_sparse_weights_is_refused(string tensor, float[] values, string message)
    {
        var items = new Vocabulary([0L, 1, 2]);
        using Device device = Device.Cpu(1);
        using Compute c = device.Open();
        NamedTensor Tensor(string name, float[] own, bool isVector)
        {
            float[] numbers = name == tensor ? values : own;
            Tensor made = isVector ? c.Allocate(1, numbers.Length) : c.Allocate(numbers.Length, 1);
            c.Write(numbers, made);
            return new NamedTensor(name, made, isVector);
        }
        ModelData data = ModelData.HandOver(Slim.Type.Defaults, items, new ModelInfo(1, null, 1, false),
            [Tensor("counts", [1, 1, 1], true), Tensor("items", [1, 0, 0], false), Tensor("values", [1, 1, 1], false)]);
        Assert.Contains(message, Assert.Throws<InputException>(() => Slim.Type.Load(data, device)).Message);
    }
}
