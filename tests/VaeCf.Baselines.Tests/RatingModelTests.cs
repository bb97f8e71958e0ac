using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>What holds for the models that predict ratings, and what each is.</summary>
public class RatingModelTests
{
    // Two groups of users, whose tastes are opposite; some rate everything lower than others.
    private static readonly DataSplit split = Splits.Ratings(Ratings()).Split;

    private static ClickData Ratings()
    {
        var random = new Random(1);
        var ratings = new ClickBuilder(new ReadOptions { KeepCounts = true });
        for (int user = 0; user < 60; user++)
            for (int item = 0; item < 40; item++)
                if (random.Next(3) == 0)
                    ratings.Add($"{user}", $"{item}",
                        Math.Clamp((user % 2 == item % 2 ? 5 : 3) - user % 3 + random.Next(2) / 2f, 1, 5));
        return ratings.Build();
    }

    public static TheoryData<string> Names =>
        [.. BaselineModels.All.Where(type => type.PredictsRatings).Select(type => type.Name)];

    private static Settings Of(string name)
    {
        Catalog.Add(BaselineModels.All);
        Settings settings = Catalog.Find(name).Defaults;
        if (!settings.Has(GradientFit.EpochCount))
            return settings;
        settings = settings.With(GradientFit.EpochCount, 300).With(GradientFit.BatchSize, 16).With(FitRun.Patience, 0);
        return name switch
        {
            "deeprec" => settings.With(DeepRec.Widths, [20, 16]).With(DeepRec.KeepProbability, 0.8)
                .With(DeepRec.LearningRate, 0.02).With(GradientFit.EpochCount, 100),
            "rbm" => settings.With(Rbm.Units, 20).With(Rbm.LearningRate, 0.05).With(GradientFit.EpochCount, 100),
            _ => settings.With(AutoRec.Units, 20).With(AutoRec.Lambda, 1).With(AutoRec.LearningRate, 0.01),
        };
    }

    private static Recommender Fit(Settings settings, Device? device = null)
    {
        using var run = new FitRun(split, settings, device);
        return run.Run();
    }

    private static double Rmse(Recommender model) =>
        RatingEvaluator.Evaluate(model, split.Test!, model.Info.Scale!.Value).All.Rmse.Value;

    private static float[] Predictions(Recommender model)
    {
        var ratings = new float[split.Test!.HeldOut.ClickCount];
        model.Predict(new Histories(split.Test.FoldIn, split.Test.Users),
            [.. Enumerable.Range(0, split.Test.HeldOut.UserCount)], split.Test.HeldOut, ratings);
        return ratings;
    }

    [Fact]
    public void Each_model_is_better_than_the_one_before()
    {
        using Recommender mean = Fit(Of("mean")), biases = Fit(Of("biases")), items = Fit(Of("iautorec")),
            users = Fit(Of("uautorec")), deep = Fit(Of("deeprec")), boltzmann = Fit(Of("rbm"));
        Assert.True(Rmse(biases) < Rmse(mean));
        Assert.True(Rmse(items) < 0.7 * Rmse(biases), $"{Rmse(items)} {Rmse(biases)}");
        Assert.True(Rmse(users) < 0.7 * Rmse(biases), $"{Rmse(users)} {Rmse(biases)}");
        Assert.True(Rmse(deep) < 0.7 * Rmse(biases), $"{Rmse(deep)} {Rmse(biases)}");
        Assert.True(Rmse(boltzmann) < 0.7 * Rmse(biases), $"{Rmse(boltzmann)} {Rmse(biases)}");
    }

    [Theory, MemberData(nameof(Names))]
    public void The_best_epoch_is_that_of_the_least_validation_error(string name)
    {
        using var run = new FitRun(split, Of(name));
        using Recommender model = run.Run();
        EpochSummary best = run.History.MinBy(epoch => epoch.Validation)!;
        Assert.Equal((best.Epoch, best.Validation), (model.Info.Epoch, model.Info.Validation));
        Assert.Equal(best.Validation!.Value, RatingEvaluator.Evaluate(model, split.Validation!,
            RatingScale.Of(split.Train)).All.Rmse.Value, 1e-6);
        Assert.Equal(RatingScale.Of(split.Train), model.Info.Scale);
    }

    [Theory, MemberData(nameof(Names))]
    public void Predictions_are_the_same_after_loading_with_any_threads_and_in_any_blocks(string name)
    {
        using Device one = Device.Cpu(1), three = Device.Cpu(3);
        using Recommender model = Fit(Of(name), one), again = Fit(Of(name), three),
            loaded = Clicks.Reloaded(model, three);
        float[] all = Predictions(model);
        Assert.Equal(all, Predictions(again));
        Assert.Equal(all, Predictions(loaded));
        Assert.Equal(model.Info, loaded.Info);
        int n = 0;
        for (int row = 0; row < split.Test!.HeldOut.UserCount; row++)
        {
            var some = new float[split.Test.HeldOut.CountOf(row)];
            model.Predict(new Histories(split.Test.FoldIn, split.Test.Users), [row], split.Test.HeldOut, some);
            Assert.Equal(all[n..(n += some.Length)], some);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_score_is_a_predicted_rating_before_it_is_clipped(string name)
    {
        using Recommender model = Fit(Of(name));
        float[] scores = Clicks.Scores(model, new Histories(split.Test!.FoldIn, split.Test.Users)),
            ratings = Predictions(model);
        int n = 0;
        for (int user = 0; user < split.Test.HeldOut.UserCount; user++)
            foreach (int item in split.Test.HeldOut.ItemsOf(user))
                Assert.Equal(model.Info.Scale!.Value.Clip(scores[user * model.ItemCount + item]), ratings[n++], 1e-5);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_run_that_is_resumed_after_any_epoch_ends_with_the_same_bits(string name)
    {
        Settings settings = Of(name);
        if (settings.Has(GradientFit.EpochCount))
            settings = settings.With(GradientFit.EpochCount, 4);
        var captured = new List<Checkpoint>();
        using var run = new FitRun(split, settings);
        using Recommender whole = run.Run(now => captured.Add(now.Run.Capture()));
        foreach (Checkpoint from in captured)
        {
            using var resumed = new FitRun(split, settings, from: from);
            if (resumed.IsFinished)
                continue;
            using Recommender model = resumed.Run();
            Assert.Equal(whole.CopyTensors().SelectMany(tensor => tensor.Values),
                model.CopyTensors().SelectMany(tensor => tensor.Values));
        }
    }

    [Fact]
    public void Rprop_trains_on_all_rows_at_once()
    {
        Settings settings = Of("iautorec").With(AutoRec.Optimizer, AutoRecOptimizer.RProp)
            .With(AutoRec.LearningRate, 0.001);
        using var run = new FitRun(split, settings);
        using Recommender model = run.Run(), biases = Fit(Of("biases"));
        Assert.Equal((300L, split.Items.Count), (run.Fit.Position.Step, run.Settings.Get(GradientFit.BatchSize)));
        Assert.True(Rmse(model) < 0.7 * Rmse(biases), $"{Rmse(model)} {Rmse(biases)}");
    }

    [Fact]
    public void A_model_stopped_within_an_epoch_predicts_by_its_weights_as_they_are()
    {
        using var run = new FitRun(split with { Validation = null }, Of("iautorec"));
        for (int step = 0; step < 4; step++)
            run.Fit.Step();
        Assert.False(run.Fit.EndsEpoch);
        using Recommender early = run.Fit.ToRecommender(
            new ModelInfo(1, null, split.Train.UserCount, true, RatingScale.Of(split.Train)));
        Assert.NotEqual(0, early.CopyTensors()[0].Values.Sum(Math.Abs));
    }

    [Fact]
    public void Biases_are_the_shrunken_means_that_they_should_be()
    {
        var ratings = new ClickMatrix(2, [0, 2, 3], [0, 1, 0], [5, 1, 3]);
        Settings settings = Biases.Type.Defaults.With(Biases.UserRidge, 1).With(Biases.ItemRidge, 2);
        using Recommender model = Clicks.Fitted(settings, ratings);
        double[] items = [.. model.CopyTensors()[1].Values.Select(value => (double)value)];
        double first = (2 - items[0] + -2 - items[1]) / 3, second = (0 - items[0]) / 2;
        Assert.Equal(3, model.CopyTensors()[0].Values[0]);
        Assert.Equal((2 - first + 0 - second) / 4, items[0], 1e-6);
        Assert.Equal((-2 - first) / 3, items[1], 1e-6);
        Assert.Equal(Math.Clamp(3 + first + items[0], 1, 5),
            model.Predict(null, [new("0", 5), new("1", 1)], ["0"]).Items[0].Score, 1e-5);
    }

    [Fact]
    public void One_user_is_asked_about_by_id_or_by_ratings()
    {
        using Recommender items = Fit(Of("iautorec")), users = Fit(Of("uautorec"));
        Recommendations byId = items.Predict("3", [], ["7", "none", "2", "7"]);
        Assert.Equal("3", byId.User);
        Assert.Equal(["7", "2"], byId.Items.Select(item => item.Item));
        Assert.Equal(["none"], byId.UnknownItems);
        Assert.True(byId.Items[0].Score > byId.Items[1].Score);
        Recommendations byRatings = users.Predict(null, [new("1", 5), new("3", 5), new("0", 1)], ["5", "6"]);
        Assert.True(byRatings.Items[0].Score > byRatings.Items[1].Score);
        Assert.Contains("found the user 'nobody'",
            Assert.Throws<ArgumentException>(() => items.Predict("nobody", [], ["7"])).Message);
        Assert.Contains("knows a user by them alone",
            Assert.Throws<ArgumentException>(() => users.Predict("3", [], ["7"])).Message);
    }

    [Fact]
    public void What_predicts_no_ratings_says_so_and_clicks_without_ratings_are_refused()
    {
        using Recommender popularity = Fit(Popularity.Type.Defaults);
        Assert.Contains("Popularity predicts no ratings",
            Assert.Throws<NotSupportedException>(() => popularity.Predict("1", [], ["2"])).Message);
        DataSplit clicks = split with { Train = split.Train.WithoutValues() };
        foreach (string name in BaselineModels.All.Where(type => type.PredictsRatings).Select(type => type.Name))
            Assert.Contains("found clicks without ratings",
                Assert.Throws<InputException>(() => new FitRun(clicks, Of(name))).Message);
        Assert.Contains("users without ids", Assert.Throws<InputException>(
            () => new FitRun(split with { TrainUsers = null }, Of("iautorec"))).Message);
    }

    [Fact]
    public void Pairs_of_other_sizes_are_refused()
    {
        using Recommender model = Fit(Of("mean"));
        var users = new Histories(split.Test!.FoldIn);
        Assert.Throws<ArgumentException>("pairs",
            () => model.Predict(users, [0], new ClickMatrix(model.ItemCount, [0, 1], [0]), new float[1]));
        Assert.Throws<ArgumentException>("ratings",
            () => model.Predict(users, [], split.Test.HeldOut, new float[1]));
        Assert.Throws<ArgumentException>("rows",
            () => model.Predict(users, [-1], split.Test.HeldOut, []));
    }
}
