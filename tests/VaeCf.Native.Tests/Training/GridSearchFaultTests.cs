using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>
/// Whatever ends a search, what is not of the settings is no result, and the next one in the folder goes on to the same
/// trials and the same model.
/// </summary>
public sealed class GridSearchFaultTests : IDisposable
{
    private static readonly Settings four = Small.Shape("multvae", [16], 6, 0).With(GradientFit.EpochCount, 9)
        .With(Autoencoders.BetaCap, 0.2);

    private static readonly Lazy<(IReadOnlyList<Trial> Trials, byte[] Model)> whole = new(() =>
    {
        using var folder = new TemporaryFolder();
        var search = new GridSearch(Small.TwoTastes(), four, folder["s"]);
        search.Run();
        return (Results(search), Bytes(search));
    });

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Folder => folder["s"];

    private static Trial[] Results(GridSearch search) =>
        [.. search.Trials.Select(trial => trial with { Seconds = 0 })];

    private static byte[] Bytes(GridSearch search)
    {
        using Recommender model = search.ToRecommender();
        return model.Bytes();
    }

    private GridSearch Open(Settings? start = null) => new(Small.TwoTastes(), start ?? four, Folder);

    private void AssertGoesOnToTheSame()
    {
        GridSearch search = Open();
        search.Run();
        Assert.Equal(whole.Value.Trials, Results(search));
        Assert.Equal(whole.Value.Model, Bytes(search));
        Assert.Equal(whole.Value.Model, File.ReadAllBytes(search.ModelFile));
    }

    private void StopAfter(int stopAfter)
    {
        using var stop = new CancellationTokenSource();
        int steps = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => Open().Run(progress: (_, _, _) =>
        {
            if (++steps == stopAfter)
                stop.Cancel();
        }, cancellationToken: stop.Token));
    }

    private static string Refused(Action action) => Assert.Throws<InputException>(action).Message;

    // Popularity, but for what a combination throws instead.
    private static ModelType Failing(Func<int, Exception?> failure)
    {
        Setting<int> size = Setting.Integer("size", "What may be too large.", 1, least: 1);
        return new ModelType
        {
            Name = "failing",
            Title = "Failing",
            Summary = "Popularity, unless it fails.",
            Citation = "this test",
            Settings = [size],
            Grid = [size.Over(1, 500)],
            Fit = (data, settings, device) => failure(settings.Get(size)) is { } thrown ? throw thrown
                : Popularity.Type.Fit(data, settings, device),
            Load = Popularity.Type.Load,
        };
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(100)]
    public void When_time_was_up_a_search_with_more_time_goes_on(int milliseconds)
    {
        GridSearch search = Open();
        search.Run(TimeSpan.FromMilliseconds(milliseconds));
        Assert.All(search.Trials.Where(trial => trial.Failure is not null), trial => Assert.False(trial.IsDone));
        // With no more time than before, nothing changes.
        GridSearch again = Open();
        again.Run(TimeSpan.Zero);
        Assert.Equal(Results(search), Results(again));
        // Which combination went on to the second round meanwhile is a matter of time: there may be one more.
        search = Open();
        search.Run();
        Assert.Subset(Results(search).ToHashSet(), whole.Value.Trials.ToHashSet());
        Assert.All(search.Trials, trial => Assert.Null(trial.Failure));
        Assert.Contains(search.Trials, trial => trial.Number == search.Best!.Number && trial.IsDone);
        Assert.True(search.Best!.Validation >= whole.Value.Trials.Max(trial => trial.Validation));
        Assert.Empty(Directory.GetFiles(Folder, "trial-*"));
    }

    [Fact]
    public void What_progress_throws_comes_out_and_is_no_trial()
    {
        foreach (Exception thrown in (Exception[])[new ArgumentException("a"), new InputException("b"),
            new OperationCanceledException(), new NotSupportedException("c"), new OutOfMemoryException()])
        {
            int steps = 0;
            Assert.Same(thrown, Record.Exception(() => Open().Run(progress: (_, _, _) =>
            {
                if (++steps == 2)
                    throw thrown;
            })));
            Assert.Empty(Open().Trials);
        }
        AssertGoesOnToTheSame();
    }

    [Fact]
    public void What_exceeds_the_memory_is_left_out_and_tried_again_by_the_next_search()
    {
        bool isLarge = false;
        ModelType type = Failing(size => size == 1 || isLarge ? null : new OutOfMemoryException());
        GridSearch search = Open(type.Defaults);
        search.Run();
        Assert.Equal([null, "this machine does not have enough memory"],
            search.Trials.Select(trial => trial.Failure));
        Assert.Equal(0, search.Best!.Number);
        isLarge = true;
        search = Open(type.Defaults);
        search.Run();
        Assert.Equal([null, null], search.Trials.Select(trial => trial.Failure));
        type = Failing(_ => new DeviceException("no room"));
        search = new GridSearch(Small.TwoTastes(), type.Defaults, folder["t"]);
        search.Run();
        Assert.Equal([(false, "no room"), (false, "no room")],
            search.Trials.Select(trial => (trial.IsDone, trial.Failure)));
    }

    [Fact]
    public void A_file_that_cannot_be_read_ends_the_search_and_is_no_trial()
    {
        ModelType type = Failing(size => size == 1 ? null
            : InputException.About("features", new FileNotFoundException()));
        GridSearch search = Open(type.Defaults);
        Assert.Equal("features: there is no such file", Refused(() => search.Run()));
        Assert.Equal(0, Assert.Single(Open(type.Defaults).Trials).Number);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_ends_the_search_and_is_no_trial()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "trial-0.checkpoint"));
        File.WriteAllText(Path.Combine(Folder, "search.json"), """
            { "format": "vaecf-search-1", "what": "another", "data": "", "model": null, "trials": [] }
            """);
        Assert.Contains("trial-0.checkpoint: found a folder; expected a file", Refused(() => Open().Run()));
        Assert.Empty(Open().Trials);
        Directory.Delete(Path.Combine(Folder, "trial-0.checkpoint"));
        AssertGoesOnToTheSame();
        Directory.Delete(Folder, recursive: true);
        Assert.Contains("does not exist", Refused(() => Open().Run(finished: _ => Directory.Delete(Folder, true))));
    }

    [Fact]
    public void A_second_search_in_the_folder_is_refused_while_the_first_runs()
    {
        bool isRefused = false;
        GridSearch search = Open();
        search.Run(progress: (_, _, _) =>
        {
            if (isRefused)
                return;
            const string message = "search.json: found another run that writes there; expected to be the only one";
            Assert.Contains(message, Refused(() => Open().Run()));
            Assert.Contains(message, Refused(() => search.Run()));
            isRefused = true;
        });
        Assert.True(isRefused);
        Assert.Equal(whole.Value.Trials, Results(search));
    }

    [Fact]
    public void A_best_model_that_is_missing_cut_or_anothers_is_made_again()
    {
        StopAfter(30);
        GridSearch search = Open();
        search.Run();
        void AssertMadeAgain(string found, Action<string> fault)
        {
            fault(search.ModelFile);
            Assert.Contains($"best.safetensors: found {found}; expected the best model as it was saved; the same "
                + "search, run again, makes it again", Refused(() => Open().ToRecommender()));
            AssertGoesOnToTheSame();
        }
        AssertMadeAgain("nothing", File.Delete);
        AssertMadeAgain("another file", file => File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]));
        using var run = new FitRun(Small.TwoTastes(), Popularity.Type.Defaults);
        using Recommender other = run.Run();
        AssertMadeAgain("another file", other.Save);
    }

    [Fact]
    public void A_checkpoint_that_is_cut_or_anothers_costs_its_time_alone()
    {
        foreach (Action<string> fault in (Action<string>[])[
            file => File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]),
            file =>
            {
                using var run = new FitRun(Small.TwoTastes(), Small.MultVae);
                CheckpointFile.Save(file, run.Capture());
            }])
        {
            StopAfter(30);
            string[] files = Directory.GetFiles(Folder, "trial-*.checkpoint");
            Assert.NotEmpty(files);
            Array.ForEach(files, fault);
            AssertGoesOnToTheSame();
            Directory.Delete(Folder, recursive: true);
        }
    }

    [Fact]
    public void What_a_killed_search_left_is_removed_and_nothing_else()
    {
        Directory.CreateDirectory(Folder);
        string[] own = ["search.json.0123456789abcdef0123456789abcdef.tmp", "search.json.lock"],
            others = ["trial-notes.checkpoint.txt", "trial-my.checkpoint", "trial-7.checkpoint", "search.json.my.tmp"];
        foreach (string name in own)
            File.WriteAllText(Path.Combine(Folder, name), "");
        StopAfter(1);
        foreach (string name in others.Concat(own).Append("best.safetensors.0123456789abcdef0123456789abcdef.tmp"))
            File.WriteAllText(Path.Combine(Folder, name), "");
        AssertGoesOnToTheSame();
        Assert.Equal(others.Concat(["best.safetensors", "search.json"]).Order(),
            Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_folder_of_others_and_a_file_are_refused_and_a_link_is_followed()
    {
        Assert.False(GridSearch.IsSearch(Folder));
        Directory.CreateDirectory(Folder);
        Assert.True(GridSearch.IsSearch(Folder));
        File.WriteAllText(Path.Combine(Folder, "best.safetensors"), "mine");
        Assert.False(GridSearch.IsSearch(Folder));
        Assert.Contains("found a folder with other files", Refused(() => Open()));
        File.WriteAllText(folder["file"], "mine");
        foreach (string path in (string[])[folder["file"], folder["file/s"], folder["file/s/t"]])
            Assert.Equal($"{folder["file"]}: found a file; expected a folder, or none",
                Refused(() => _ = new GridSearch(Small.TwoTastes(), four, path)));
        if (OperatingSystem.IsWindows())
            return;
        File.CreateSymbolicLink(folder["link"], folder["end"]);
        new GridSearch(Small.TwoTastes(), four, folder["link"]).Run(TimeSpan.Zero);
        Assert.True(File.Exists(folder["end/search.json"]));
    }

    [Theory]
    [InlineData("\"number\": 0", "\"number\": 999", "combination 999; expected one from 0 to 3")]
    [InlineData("\"number\": 0", "\"number\": -1", "combination -1;")]
    [InlineData("\"round\": 1", "\"round\": 77", "round 77; expected one from 1 to 2")]
    [InlineData("\"round\": 1", "\"round\": 0", "round 0;")]
    [InlineData("\"seconds\": ", "\"seconds\": -1e300, \"x\": ", "-1E+300 seconds;")]
    [InlineData("\"seconds\": ", "\"seconds\": 1e999, \"x\": ", "Infinity seconds;")]
    [InlineData("\"ndcg\": ", "\"ndcg\": 1e999, \"x\": ", "NDCG@100 Infinity; expected a number from 0 to 1")]
    [InlineData("\"ndcg\": ", "\"ndcg\": 5, \"x\": ", "NDCG@100 5;")]
    [InlineData("\"ndcg\": ", "\"ndcg\": null, \"x\": ", "no NDCG@100 and no failure; expected one of them")]
    [InlineData("\"epochs\": 3", "\"epochs\": -1", "-1 epochs; expected at least 0")]
    [InlineData("\"best_epoch\": ", "\"best_epoch\": 10, \"x\": ", "best epoch 10; expected one from 0 to 3")]
    public void A_trial_that_cannot_be_is_refused_with_its_place(string from, string to, string message)
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(
            () => Open().Run(finished: _ => stop.Cancel(), cancellationToken: stop.Token));
        string file = Path.Combine(Folder, "search.json"), text = File.ReadAllText(file);
        int at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(file, text[..at] + to + text[(at + from.Length)..]);
        Assert.Contains($"search.json, trial 1: found {message}", Refused(() => Open()));
        foreach (string other in (string[])["", "[]", "null", text[..^2], text.Replace("\"done\"", "\"x\""),
            text.Replace("\"number\": 0", "\"number\": \"a\"")])
        {
            File.WriteAllText(file, other);
            Assert.Contains("search.json: found no search", Refused(() => Open()));
        }
    }

    [Fact]
    public void A_negative_budget_is_refused() => Assert.Throws<ArgumentOutOfRangeException>("budget",
        () => Open().Run(TimeSpan.FromTicks(-1)));

    [Fact]
    public void A_file_of_the_settings_with_other_contents_is_other_data()
    {
        string file = folder["features"];
        DataSplit split = Small.TwoTastes();
        void Write(string features) => File.WriteAllLines(file, ["id,genres",
            .. Enumerable.Range(100, split.Items.Count).Select(id => $"{id},{features}|{id % 3}")]);
        Settings settings = ContentKnn.Type.Defaults.With(ContentKnn.Features, file);
        Assert.Equal($"{file}: there is no such file", Refused(() => Open(settings)));
        Assert.False(Directory.Exists(Folder));
        // A search without a result keeps nobody away.
        Open(ContentKnn.Type.Defaults).Run();
        Write("a");
        GridSearch search = Open(settings);
        search.Run();
        Assert.Equal(3, search.Trials.Count(trial => trial.Validation is not null));
        using var run = new FitRun(split, settings);
        Checkpoint before = run.Capture();
        Write("b");
        Assert.Contains("on other data; expected one of contentknn", Refused(() => Open(settings)));
        Assert.Contains("or on other contents of its files",
            Assert.Throws<ArgumentException>(() => _ = new FitRun(split, settings, from: before)).Message);
        // Unless it is to make way.
        search = new GridSearch(split, settings, Folder, replacesOther: true);
        Assert.Empty(search.Trials);
        search.Run();
        Assert.Equal(3, search.Trials.Count);
    }
}
