using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class CdaeTests
{
    private static readonly ClickMatrix train = Clicks.Random(new Random(1), 31, 23),
        foldIn = Clicks.Random(new Random(2), 5, 23);

    private static readonly Vocabulary ids = new([.. Enumerable.Range(0, 31).Select(user => $"u{user}")]);

    public CdaeTests() => Catalog.Add(BaselineModels.All);

    private static Settings Small => Clicks.Small(Cdae.Type).With(Cdae.LearningRate, 0.02);

    private static Vocabulary Names(params string[] names) => new(names);

    [Fact]
    public void A_user_of_the_training_has_a_node_and_others_have_none()
    {
        using Recommender model = Clicks.Fitted(Small, train, users: ids), loaded = Clicks.Reloaded(model);
        float[] unknown = Clicks.Scores(model, new(foldIn)),
            strangers = Clicks.Scores(model, new(foldIn, Names("a", "b", "c", "d", "e"))),
            known = Clicks.Scores(model, new(foldIn, Names("a", "u30", "c", "u0", "e")));
        Assert.Equal(unknown, strangers);
        for (int row = 0; row < 5; row++)
            Assert.Equal(row % 2 == 0, unknown[(row * 23)..(row * 23 + 23)].SequenceEqual(
                known[(row * 23)..(row * 23 + 23)]));
        Assert.Equal(known, Clicks.Scores(loaded, new(foldIn, Names("a", "u30", "c", "u0", "e"))));
    }

    [Fact]
    public void A_node_that_is_fitted_raises_the_clicks_and_leaves_known_users_as_they_are()
    {
        Settings fitted = Small.With(Cdae.FoldInSteps, 20);
        using Recommender without = Clicks.Fitted(Small, train, users: ids),
            with = Clicks.Fitted(fitted, train, users: ids);
        Histories mixed = new(foldIn, Names("a", "u30", "c", "u0", "e"));
        float[] zero = Clicks.Scores(without, mixed), found = Clicks.Scores(with, mixed);
        for (int row = 0; row < 5; row++)
        {
            float Of(float[] scores) => foldIn.ItemsOf(row).ToArray().Sum(item => scores[row * 23 + item]);
            if (row % 2 == 1 || foldIn.CountOf(row) == 0)
                Assert.Equal(row % 2 == 1,
                    zero[(row * 23)..(row * 23 + 23)].SequenceEqual(found[(row * 23)..(row * 23 + 23)]));
            else
                Assert.True(Of(found) > Of(zero), $"row {row}: {Of(found)}, before {Of(zero)}");
            // Alone as among others.
            var alone = new float[23];
            int[] items = new int[23];
            with.Rank(mixed, [row], 23, RankFilter.Of(23, seenToo: true), items, alone);
            Assert.All(Enumerable.Range(0, 23), place => Assert.Equal(found[row * 23 + items[place]], alone[place]));
        }
    }

    [Fact]
    public void With_as_many_negatives_as_there_are_items_samples_are_all_of_them()
    {
        using Device device = Device.Reference();
        IReadOnlyList<SavedTensor> Trained(int negatives)
        {
            using var run = new FitRun(new DataSplit(Clicks.Ids(23), Clicked(train), null, null),
                Small.With(Cdae.Negatives, negatives).With(GradientFit.EpochCount, 3), device);
            using Recommender model = run.Run();
            return model.CopyTensors();
        }

        foreach ((SavedTensor all, SavedTensor sampled) in Trained(0).Zip(Trained(1000)))
            Assert.All(all.Values.Zip(sampled.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    // Only users with clicks, who alone can have negatives.
    private static ClickMatrix Clicked(ClickMatrix clicks) =>
        Clicks.Of(clicks.ItemCount, [.. Enumerable.Range(0, clicks.UserCount).Where(user => clicks.CountOf(user) > 0)
            .Select(user => clicks.ItemsOf(user).ToArray())]);

    [Fact]
    public void Negatives_are_as_many_as_asked_for_not_clicked_and_new_in_each_epoch()
    {
        // A step of AdaGrad changes the biases of the sampled items alone, where nothing decays.
        ClickMatrix one = Clicks.Of(40, [3, 17]);
        using Device device = Device.Reference();
        using var run = new FitRun(new DataSplit(Clicks.Ids(40), one, null, null), Small.With(Cdae.Negatives, 5)
            .With(Cdae.Optimizer, OptimizerKind.AdaGrad).With(Cdae.WeightDecay, 0), device);
        var drawn = new HashSet<int>();
        float[] before = new float[40];
        for (int epoch = 0; epoch < 12; epoch++)
        {
            run.Fit.Step();
            float[] after = run.Capture().Model.Single(tensor => tensor.Name == "decoder.bias").Values;
            int[] changed = [.. Enumerable.Range(0, 40).Where(item => after[item] != before[item])];
            Assert.Equal(12, changed.Length);
            Assert.Contains(3, changed);
            Assert.Contains(17, changed);
            drawn.UnionWith(changed);
            before = after;
        }
        Assert.InRange(drawn.Count, 30, 40);
    }

    [Fact]
    public void A_file_with_the_ids_of_other_users_is_refused()
    {
        using Recommender model = Clicks.Fitted(Small, train, users: ids);
        Fits.AssertRefusesOtherUsers(model);
    }
}
