using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>Settings are chosen by successive halving, and a search that was stopped goes on.</summary>
public sealed class GridSearchTests : IDisposable
{
    // Of Mult-VAE's grid, batch size and rate are searched here, or these and the cap of beta; nine epochs.
    private static readonly Settings four = Small.Shape("multvae", [16], 6, 0).With(GradientFit.EpochCount, 9)
        .With(Autoencoders.BetaCap, 0.2), twelve = Small.Shape("multvae", [16], 6, 0).With(GradientFit.EpochCount, 9);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[] Bytes(Recommender model)
    {
        using (model)
            return model.Bytes();
    }

    private static IEnumerable<object?> Results(GridSearch search) => search.Trials.Select(trial => (object?)(trial with
    {
        Seconds = 0,
    }));

    [Fact]
    public void The_combinations_are_those_of_the_grid_less_what_is_given_the_defaults_first()
    {
        IReadOnlyList<Settings> combinations = SettingGrid.Combine(four);
        Assert.Equal(4, combinations.Count);
        Assert.Equal($"{four}", $"{combinations[0]}");
        Assert.Equal(4, combinations.Select(settings => $"{settings}").Distinct().Count());
        Assert.All(combinations, settings => Assert.Equal(0.2, settings.Get(Autoencoders.BetaCap)));
        Assert.Equal([100, 500],
            combinations.Select(settings => settings.Get(GradientFit.BatchSize)).Distinct().Order());
    }

    [Fact]
    public void A_third_goes_on_to_three_times_as_many_epochs_and_the_best_model_is_that_of_its_settings()
    {
        var search = new GridSearch(Small.TwoTastes(), twelve, folder["s"]);
        search.Run();
        Assert.Equal([(1, 12, 1), (2, 4, 3), (3, 2, 9)], search.Trials.GroupBy(trial => trial.Round)
            .Select(round => (round.Key, round.Count(), round.Max(trial => trial.Epochs))));
        Assert.Equal(search.Trials.Max(trial => trial.Validation), search.Best!.Validation);
        foreach (IGrouping<int, Trial> round in search.Trials.GroupBy(trial => trial.Round).Skip(1))
        {
            IEnumerable<Trial> before = search.Trials.Where(trial => trial.Round == round.Key - 1);
            Assert.Equal(round.Select(trial => trial.Number).Order(),
                before.OrderByDescending(trial => trial.Validation).Take(round.Count())
                    .Select(trial => trial.Number).Order());
        }
        using var run = new FitRun(Small.TwoTastes(), search.Candidates[search.Best.Number]);
        Assert.Equal(Bytes(run.Run()), Bytes(search.ToRecommender()));
        Assert.Equal(["best.safetensors", "search.json"],
            Directory.GetFiles(folder["s"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Stopped_at_any_step_it_goes_on_to_the_same_trials_and_the_same_model()
    {
        var whole = new GridSearch(Small.TwoTastes(), four, folder["whole"]);
        whole.Run();
        foreach (int stopAfter in (int[])[1, 2, 5, 9, 14, 30])
        {
            string path = folder[$"stopped after {stopAfter}"];
            using var stop = new CancellationTokenSource();
            int steps = 0;
            Assert.ThrowsAny<OperationCanceledException>(() => new GridSearch(Small.TwoTastes(), four, path).Run(
                progress: (_, _, _) =>
                {
                    if (++steps == stopAfter)
                        stop.Cancel();
                }, cancellationToken: stop.Token));
            var again = new GridSearch(Small.TwoTastes(), four, path);
            again.Run();
            Assert.Equal(Results(whole), Results(again));
            Assert.Equal(Bytes(whole.ToRecommender()), Bytes(again.ToRecommender()));
        }
        // A search that is done has nothing left to do.
        new GridSearch(Small.TwoTastes(), four, folder["whole"]).Run(progress: (_, _, _) => Assert.Fail("it trained"));
    }

    [Fact]
    public void A_combination_without_a_result_is_listed_with_the_reason_and_the_others_go_on()
    {
        Setting<int> size = Setting.Integer("size", "What may be too large.", 1, least: 1);
        var type = new ModelType
        {
            Name = "sometimes",
            Title = "Sometimes",
            Summary = "Popularity, unless its setting is large.",
            Citation = "this test",
            Settings = [size],
            Grid = [size.Over(1, 500)],
            Fit = (data, settings, device) => settings.Get(size) == 500
                ? throw new InputException("too large") : Baselines.Popularity.Type.Fit(data, settings, device),
            Load = Baselines.Popularity.Type.Load,
        };
        var search = new GridSearch(Small.TwoTastes(), type.Defaults, folder["s"]);
        var seen = new List<Trial>();
        search.Run(finished: seen.Add);
        Assert.Equal(search.Trials, seen);
        Assert.Equal([null, "too large"], seen.Select(trial => trial.Failure));
        Assert.Equal(1, search.Candidates[search.Best!.Number].Get(size));
    }

    [Fact]
    public void When_time_is_up_the_rest_is_left_out()
    {
        var search = new GridSearch(Small.TwoTastes(), twelve, folder["s"]);
        search.Run(TimeSpan.Zero);
        Assert.Single(search.Trials);
    }

    [Fact]
    public void A_folder_of_another_search_and_data_without_validation_are_refused()
    {
        new GridSearch(Small.TwoTastes(), four, folder["s"]).Run();
        void Refused(string message, Action open) =>
            Assert.Contains(message, Assert.Throws<InputException>(open).Message);
        Refused("on the same data; expected one of", () => _ = new GridSearch(Small.TwoTastes(), twelve, folder["s"]));
        Refused("on other data", () => _ = new GridSearch(Small.TwoTastes(trainUsers: 100), four, folder["s"]));
        Refused("validation users; found none",
            () => _ = new GridSearch(Small.TwoTastes() with { Validation = null }, four, folder["t"]));
        File.WriteAllText(Path.Combine(folder["s"], "search.json"), "{}");
        Refused("found no search", () => _ = new GridSearch(Small.TwoTastes(), four, folder["s"]));
    }
}
