using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

public class NcfTests
{
    private const int Users = 31, Items = 23;

    private static readonly ClickMatrix train = Clicks.Random(new Random(1), Users, Items),
        foldIn = Clicks.Random(new Random(2), 5, Items);

    private static readonly Vocabulary ids = new([.. Enumerable.Range(0, Users).Select(user => $"u{user}")]);

    public NcfTests() => Catalog.Add(BaselineModels.All);

    private static Settings Small(ModelType type) => Clicks.Small(type).With(Ncf.LearningRate, 0.02);

    private static FitRun Run(Settings settings, ClickMatrix clicks, Device device, Checkpoint? from = null) =>
        new(new DataSplit(Clicks.Ids(clicks.ItemCount), clicks, null, null, Clicks.Ids(clicks.UserCount)), settings,
            device, from);

    private static float[] Values(IReadOnlyList<SavedTensor> tensors, string name) =>
        tensors.Single(tensor => tensor.Name == name).Values;

    public static TheoryData<string> Names => ["gmf", "mlp", "neumf"];

    [Theory, MemberData(nameof(Names))]
    public void A_user_of_the_training_has_a_list_and_strangers_share_one(string name)
    {
        using Recommender model = Clicks.Fitted(Small(Catalog.Find(name)), train, users: ids),
            loaded = Clicks.Reloaded(model);
        Vocabulary mixed = new(["a", "u30", "c", "u0", "e"]);
        float[][] unknown = [.. Clicks.Scores(model, new(foldIn)).Chunk(Items)],
            known = [.. Clicks.Scores(model, new(foldIn, mixed)).Chunk(Items)];
        for (int row = 0; row < 5; row++)
        {
            // What a stranger clicked changes nothing.
            Assert.Equal(unknown[0], unknown[row]);
            Assert.Equal(row % 2 == 0, known[row].SequenceEqual(unknown[row]));
        }
        Assert.NotEqual(known[1], known[3]);
        Assert.Equal(known.SelectMany(one => one), Clicks.Scores(loaded, new(foldIn, mixed)));
    }

    [Fact]
    public void A_stranger_of_gmf_has_the_mean_of_all_scores()
    {
        // Only of GMF, whose scores are linear in the user's vector.
        using Recommender model = Clicks.Fitted(Small(Gmf.Type), train, users: ids);
        var all = new Histories(train, ids);
        float[][] scores = [.. Clicks.Scores(model, all).Chunk(Items)];
        float[] stranger = Clicks.Scores(model, new(foldIn))[..Items];
        for (int item = 0; item < Items; item++)
            Assert.Equal(scores.Average(one => one[item]), stranger[item], 1e-5);
    }

    [Theory, MemberData(nameof(Names))]
    public void What_goes_together_is_ranked_first_for_those_who_have_part_of_it(string name)
    {
        // Two kinds of users, each with items of their own, who have not clicked one of them.
        ClickMatrix tastes = Clicks.Of(8, [.. Enumerable.Range(0, 24).Select(user =>
            Enumerable.Range(0, 4).Where(n => n != user / 2 % 4).Select(n => user % 2 * 4 + n).ToArray())]);
        Settings settings = Catalog.Find(name).Defaults.With(Ncf.EpochCount, 60).With(Ncf.LearningRate, 0.01);
        using Recommender model = Clicks.Fitted(settings, tastes, users: Clicks.Ids(24));
        int[] ranked = new int[24];
        model.Rank(new Histories(tastes, Clicks.Ids(24)), [.. Enumerable.Range(0, 24)], 1, RankFilter.None, ranked, []);
        Assert.Equal(Enumerable.Range(0, 24).Select(user => user % 2 * 4 + user / 2 % 4), ranked);
    }

    // The items whose vectors a step of lazy Adam moves are those of the pairs.
    [Fact]
    public void Each_epoch_has_every_click_and_negatives_that_are_not_clicked_and_new()
    {
        ClickMatrix one = Clicks.Of(40, [3, 17]);
        using Device device = Device.Reference();
        using FitRun run = Run(Small(Gmf.Type).With(Ncf.LazyAdam, true).With(Ncf.Negatives, 3), one, device);
        Assert.Equal(8, run.Fit.EpochLength);
        var drawn = new Dictionary<int, int>();
        float[] before = Values(run.Capture().Model, "gmf.item.weight");
        while (!run.Fit.IsDone)
        {
            run.Fit.Step();
            float[] after = Values(run.Capture().Model, "gmf.item.weight");
            int[] moved = [.. Enumerable.Range(0, 40).Where(item =>
                !before.AsSpan(item * 8, 8).SequenceEqual(after.AsSpan(item * 8, 8)))];
            Assert.Subset(new HashSet<int>(moved), new HashSet<int> { 3, 17 });
            Assert.InRange(moved.Length, 3, 8);
            foreach (int item in moved)
                drawn[item] = drawn.GetValueOrDefault(item) + 1;
            before = after;
        }
        Assert.Equal([3, 17], drawn.Where(pair => pair.Value == 12).Select(pair => pair.Key).Order());
        Assert.InRange(drawn.Count, 25, 40);
    }

    [Fact]
    public void A_user_who_clicked_everything_has_clicks_alone()
    {
        ClickMatrix all = Clicks.Of(3, [0, 1, 2], [], [0, 1, 2]);
        using Device device = Device.Cpu(1);
        foreach (ModelType type in (ModelType[])[Gmf.Type, Mlp.Type, NeuMf.Type])
        {
            // A batch of one pair is now and then of none.
            using FitRun run = Run(Small(type).With(Ncf.BatchSize, 1), all, device);
            using Recommender model = run.Run();
            Assert.Equal(6 * 5, run.Fit.EpochLength);
            Assert.All(run.History, epoch => Assert.True(epoch.Measures.All(one => double.IsFinite(one.Value))));
        }
    }

    [Fact]
    public void Parts_trained_apart_are_gmf_and_mlp_and_then_they_are_joined()
    {
        const int apart = 2;
        using Device device = Device.Cpu(2);
        Settings With(ModelType type) =>
            Small(type).With(Ncf.EpochCount, apart).With(Ncf.BatchSize, 50).With(Ncf.LearningRate, 0.01);
        using FitRun gmf = Run(With(Gmf.Type), train, device), mlp = Run(With(Mlp.Type), train, device),
            joined = Run(With(NeuMf.Type).With(Ncf.EpochCount, 4).With(Ncf.PretrainEpochs, apart), train, device);
        foreach (FitRun run in (FitRun[])[gmf, mlp])
            while (!run.Fit.IsDone)
                run.Fit.Step();
        while (joined.Fit.Position.Epoch < apart)
            joined.Fit.Step();
        IReadOnlyList<SavedTensor> model = joined.Capture().Model, of1 = gmf.Capture().Model, of2 = mlp.Capture().Model;
        foreach (SavedTensor tensor in of1.Concat(of2).Where(tensor => tensor.Name != "output.bias"))
        {
            bool isOutput = tensor.Name.StartsWith("output", StringComparison.Ordinal);
            Assert.Equal(tensor.Values.Select(value => isOutput ? value / 2 : value), Values(model, tensor.Name));
        }
        Assert.Equal((Values(of1, "output.bias")[0] + Values(of2, "output.bias")[0]) / 2,
            Values(model, "output.bias")[0], 1e-7);
        // Plain gradient descent moves little, but all of it.
        while (!joined.Fit.IsDone)
            joined.Fit.Step();
        Assert.All(joined.Capture().Model, tensor => Assert.NotEqual(Values(model, tensor.Name), tensor.Values));
    }

    [Fact]
    public void It_goes_on_within_the_training_of_its_parts_and_after_it_to_the_same_bits()
    {
        Settings settings = Small(NeuMf.Type).With(Ncf.EpochCount, 3).With(Ncf.PretrainEpochs, 2)
            .With(Ncf.BatchSize, 200).With(Ncf.MlpFactors, 5).With(Ncf.DescentRate, 0.1);
        Fits.AssertGoesOnFromAnyStep((device, from) => Run(settings, train, device, from));
    }

    [Fact]
    public void Within_the_training_of_its_parts_a_model_is_what_they_come_to()
    {
        Settings settings = Small(NeuMf.Type).With(Ncf.PretrainEpochs, 2).With(Ncf.BatchSize, 50);
        using Device device = Device.Cpu(2);
        using FitRun run = Run(settings, train, device);
        run.Fit.Step();
        float[] before = Values(run.Capture().Model, "output.gmf.weight");
        using Recommender model = run.Fit.ToRecommender(new(1, null, Users, false));
        Assert.NotEqual(before, Values(model.CopyTensors(), "output.gmf.weight"));
    }

    [Fact]
    public void Settings_that_do_not_go_together_are_refused()
    {
        string Refused(Settings settings) => Assert.Throws<ArgumentException>(settings.Check).Message;
        Assert.Contains("widths is none; expected at least one hidden layer",
            Refused(Mlp.Type.Defaults.With(Ncf.Widths, [])));
        Assert.Contains("pretrain_epochs is 20; expected fewer than the 20 of epochs",
            Refused(NeuMf.Type.Defaults.With(Ncf.PretrainEpochs, 20)));
    }

    [Fact]
    public void A_file_with_the_ids_of_other_users_is_refused()
    {
        using Recommender model = Clicks.Fitted(Small(Gmf.Type), train, users: ids);
        Fits.AssertRefusesOtherUsers(model);
    }
}
