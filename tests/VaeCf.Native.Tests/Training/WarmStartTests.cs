using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

public class WarmStartTests
{
    public static TheoryData<string, int> Models => new()
    {
        { "multvae", 1 }, { "multdae", 2 }, { "vamp", 1 }, { "hvamp", 1 }, { "hvamp", 2 }, { "recvae", 2 },
    };

    private static Recommender Trained(string model, int layers, DataSplit split)
    {
        Settings settings = Small.Shape(model, [.. Enumerable.Repeat(6, layers)], latent: 3, components: 4)
            .With(GradientFit.EpochCount, 4).With(GradientFit.BatchSize, 100);
        using var run = new FitRun(split, settings);
        return run.Run();
    }

    // The same clicks on items in another order, of which the last has another id.
    private static DataSplit Reordered(DataSplit split, bool newItem)
    {
        int items = split.Items.Count;
        int[] column = [.. Enumerable.Range(0, items).Select(item => items - 1 - item)];
        string[] ids = [.. column.Select(item => split.Items[item])];
        if (newItem)
            ids[^1] = "new";
        ClickMatrix train = split.Train.OnColumns(0, split.Train.UserCount, column, items);
        return new DataSplit(new Vocabulary(ids), train, null, null);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_model_goes_on_with_its_items_wherever_they_are_now(string model, int layers)
    {
        using Recommender before = Trained(model, layers, Small.TwoTastes());
        AssertGoesOn(before);
    }

    [Fact]
    public void The_samples_own_model_goes_on_with_its_items_too()
    {
        using var first = new FitRun(Small.TwoTastes(), LinearAutoencoder.Type.Defaults
            .With(LinearAutoencoder.Rank, 5).With(GradientFit.EpochCount, 2));
        using Recommender before = first.Run();
        AssertGoesOn(before);
        using var other = new FitRun(Small.TwoTastes(), before.Settings.With(LinearAutoencoder.Rank, 6));
        Assert.Contains("rank 5", Assert.Throws<ArgumentException>("from", () => other.Fit.StartFrom(before)).Message);
    }

    // A fit that starts from a model answers as the model does, on the same items in another order.
    private static void AssertGoesOn(Recommender before)
    {
        using var run = new FitRun(Reordered(Small.TwoTastes(), newItem: false), before.Settings);
        Assert.Equal(new WarmStart(Shared: 40, New: 0, Gone: 0), run.Fit.StartFrom(before));
        using Recommender after = run.Fit.ToRecommender(before.Info);
        foreach (string[] history in (string[][])[["100", "103"], ["121", "139", "105"]])
        {
            Dictionary<string, float> expected =
                before.Recommend(history, 40).Items.ToDictionary(one => one.Item, one => one.Score);
            IReadOnlyList<ScoredItem> found = after.Recommend(history, 40).Items;
            Assert.Equal(expected.Count, found.Count);
            // Sums over the items are in another order.
            Assert.All(found, one => Assert.Equal(expected[one.Item], one.Score, 1e-4));
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_new_item_starts_anew_and_one_that_is_gone_is_dropped(string model, int layers)
    {
        DataSplit split = Small.TwoTastes();
        using Recommender before = Trained(model, layers, split);
        using var run = new FitRun(Reordered(split, newItem: true), before.Settings);
        float[] Output(IReadOnlyList<NamedTensor> tensors) =>
            tensors.Last(tensor => tensor.Value.Rows == 40 && tensor.Value.Columns < 40).Copy(run.Fit.Compute);
        float[] fresh = Output(run.Fit.Model);
        Assert.Equal(new WarmStart(Shared: 39, New: 1, Gone: 1), run.Fit.StartFrom(before));
        float[] started = Output(run.Fit.Model);
        int width = fresh.Length / 40;
        Assert.Equal(fresh[(39 * width)..], started[(39 * width)..]);
        Assert.NotEqual(fresh[..(39 * width)], started[..(39 * width)]);
    }

    [Fact]
    public void Other_types_and_shapes_and_fits_that_have_begun_are_refused()
    {
        DataSplit split = Small.TwoTastes();
        using Recommender before = Trained("multvae", 1, split), dae = Trained("multdae", 1, split);
        using var run = new FitRun(split, before.Settings);
        Assert.Contains("is multdae; expected multvae",
            Assert.Throws<ArgumentException>(() => run.Fit.StartFrom(dae)).Message);
        using var wider = new FitRun(split, before.Settings.With(Autoencoders.Latent, 4));
        Assert.Contains("does not fit multvae",
            Assert.Throws<ArgumentException>(() => wider.Fit.StartFrom(before)).Message);
        run.Fit.Step();
        Assert.Throws<InvalidOperationException>(() => run.Fit.StartFrom(before));
    }
}
