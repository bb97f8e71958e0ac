using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Persistence;

/// <summary>A run that goes on from a file ends with the bytes of one that never stopped.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[] Finish(DataSplit split, Settings settings, Checkpoint? from)
    {
        using var run = new FitRun(split, settings, from: from);
        using Recommender model = run.Run();
        return model.Bytes();
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void A_run_resumed_from_a_file_after_any_step_ends_with_the_same_bytes(string model)
    {
        DataSplit split = Small.For(model, Small.TwoTastesWithCounts());
        Settings settings = Small.Sized(model);
        byte[] whole = Finish(split, settings, null);
        var steps = new List<string>();
        using (var run = new FitRun(split, settings))
            run.Run(now =>
            {
                if (now.Step % 5 == 0 || now.Finished is not null)
                {
                    steps.Add(folder[$"{now.Step}"]);
                    CheckpointFile.Save(steps[^1], run.Capture());
                }
            }).Dispose();
        Assert.NotEmpty(steps);
        Assert.All(steps, path => Assert.Equal(whole, Finish(split, settings, CheckpointFile.Load(path))));
    }

    [Fact]
    public void A_checkpoint_is_the_same_after_a_round_trip_and_its_file_has_the_same_bytes()
    {
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(GradientFit.EpochCount, 3));
        run.Run().Dispose();
        Checkpoint saved = run.Capture() with { Search = run.History };
        CheckpointFile.Save(folder["a"], saved);
        Checkpoint loaded = CheckpointFile.Load(folder["a"]);
        Assert.Equal((saved.Data, saved.Position, saved.Best!.Epoch, saved.Best.Validation),
            (loaded.Data, loaded.Position, loaded.Best!.Epoch, loaded.Best.Validation));
        Assert.Equal(saved.History, loaded.History);
        Assert.Equal(saved.Search, loaded.Search);
        Assert.Equal(saved.Numbers, loaded.Numbers);
        Assert.Equal($"{saved.Settings}", $"{loaded.Settings}");
        CheckpointFile.Save(folder["b"], loaded);
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public void Cut_or_changed_anywhere_it_is_refused_and_the_one_before_is_used()
    {
        using (var run = new FitRun(Small.TwoTastes(60, 12, 6), Small.MultVae.With(GradientFit.EpochCount, 2)
            .With(Autoencoders.Hidden, [3]).With(Autoencoders.Latent, 2)))
            run.Run(now =>
            {
                if (now.Finished is not null)
                    CheckpointFile.Save(folder["c"], run.Capture());
            }).Dispose();
        byte[] whole = File.ReadAllBytes(folder["c"]);
        Assert.Equal(2, CheckpointFile.Newest(folder["c"], out _)!.Position.Epoch);
        byte[] before = File.ReadAllBytes(CheckpointFile.Previous(folder["c"]));
        void Refused(byte[] damaged)
        {
            File.WriteAllBytes(folder["c"], damaged);
            Assert.StartsWith(folder["c"],
                Assert.Throws<InputException>(() => CheckpointFile.Load(folder["c"])).Message);
            Assert.Equal(1, CheckpointFile.Newest(folder["c"], out InputException? damage)!.Position.Epoch);
            Assert.NotNull(damage);
            // It is out of the way, so that what is saved next does not take the place of the whole one.
            Assert.Equal(damaged, File.ReadAllBytes(CheckpointFile.Damaged(folder["c"])));
            Assert.False(File.Exists(folder["c"]));
            Assert.Equal(before, File.ReadAllBytes(CheckpointFile.Previous(folder["c"])));
        }
        for (int length = 0; length < whole.Length; length++)
            Refused(whole[..length]);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            Refused(changed);
        }
        File.Delete(folder["c"]);
        Assert.Equal(1, CheckpointFile.Newest(folder["c"], out InputException? none)!.Position.Epoch);
        Assert.Null(none);
        File.Delete(CheckpointFile.Previous(folder["c"]));
        Assert.Null(CheckpointFile.Newest(folder["c"], out _));
    }

    [Fact]
    public void With_no_whole_one_before_it_a_cut_one_is_refused_and_left_as_it_is()
    {
        using (var run = new FitRun(Small.TwoTastes(60, 12, 6), Small.MultVae.With(GradientFit.EpochCount, 1)
            .With(Autoencoders.Hidden, [3]).With(Autoencoders.Latent, 2)))
        {
            run.Run().Dispose();
            CheckpointFile.Save(folder["c"], run.Capture());
        }
        byte[] whole = File.ReadAllBytes(folder["c"]);
        string previous = CheckpointFile.Previous(folder["c"]);
        for (int length = 0; length < whole.Length; length++)
        {
            File.Delete(previous);
            File.WriteAllBytes(folder["c"], whole[..length]);
            Assert.StartsWith(folder["c"],
                Assert.Throws<InputException>(() => CheckpointFile.Newest(folder["c"], out _)).Message);
            File.WriteAllBytes(previous, whole[..length]);
            Assert.StartsWith(previous,
                Assert.Throws<InputException>(() => CheckpointFile.Newest(folder["c"], out _)).Message);
            Assert.Equal(["c", "c.previous"], folder.Files);
            File.Delete(folder["c"]);
            Assert.StartsWith(previous,
                Assert.Throws<InputException>(() => CheckpointFile.Newest(folder["c"], out _)).Message);
        }
    }

    [Fact]
    public void The_newest_is_told_by_its_name_and_not_by_a_clock_and_one_of_a_later_format_is_kept()
    {
        using (var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(GradientFit.EpochCount, 2)))
            run.Run(now =>
            {
                if (now.Finished is not null)
                    CheckpointFile.Save(folder["c"], run.Capture());
            }).Dispose();
        File.SetLastWriteTimeUtc(folder["c"], new(1980, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(CheckpointFile.Previous(folder["c"]), new(2080, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(2, CheckpointFile.Newest(folder["c"], out _)!.Position.Epoch);
        byte[] later = File.ReadAllBytes(folder["c"]);
        later.AsSpan()[later.AsSpan().IndexOf("vaecf-checkpoint-1"u8)..]["vaecf-checkpoint-".Length] = (byte)'2';
        File.WriteAllBytes(folder["c"], later);
        Assert.Equal(1, CheckpointFile.Newest(folder["c"], out InputException? reason)!.Position.Epoch);
        Assert.Equal($"{folder["c"]}: found a safetensors file with the format 'vaecf-checkpoint-2'; expected "
            + "'vaecf-checkpoint-1', a checkpoint", reason!.Message);
        Assert.Equal(later, File.ReadAllBytes(CheckpointFile.Damaged(folder["c"])));
    }

    [Fact]
    public void Where_its_name_is_a_link_both_checkpoints_are_where_it_leads()
    {
        Directory.CreateDirectory(folder["far"]);
        File.CreateSymbolicLink(folder["c"], Path.Combine("far", "real"));
        using (var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(GradientFit.EpochCount, 2)))
            run.Run(now =>
            {
                if (now.Finished is not null)
                    CheckpointFile.Save(folder["c"], run.Capture());
            }).Dispose();
        Assert.Equal(["real", "real.previous"],
            Directory.GetFiles(folder["far"]).Select(file => Path.GetFileName(file)).Order());
        Assert.Equal(["c"], folder.Files);
        File.WriteAllText(folder["far/real"], "torn");
        Assert.Equal(1, CheckpointFile.Newest(folder["c"], out _)!.Position.Epoch);
        Assert.NotNull(new FileInfo(folder["c"]).LinkTarget);
    }

    [Fact]
    public void A_place_outside_of_the_run_and_missing_counts_of_updates_are_refused()
    {
        DataSplit split = Small.TwoTastes(60, 12, 6);
        Settings settings = Small.MultVae.With(GradientFit.EpochCount, 2);
        using var run = new FitRun(split, settings);
        run.Run().Dispose();
        Checkpoint whole = run.Capture();
        string Refused(Checkpoint from) =>
            Assert.Throws<ArgumentException>(() => new FitRun(split, settings, from: from)).Message;
        Assert.All([new(-1, 1, 0), new(0, 1, 0), new(0, 0, 40), new(1, -1, 0), new(3, 3, 0), new(2, 1, -40),
            new(2, 1, 60), new(2, 1, int.MaxValue)],
            (FitPosition place) => Assert.Contains(
                $"the checkpoint is {place.Step} steps, {place.Epoch} epochs and {place.Done} users into a run; "
                + "expected a place in one of 2 epochs of 60", Refused(whole with { Position = place })));
        Assert.Contains("the checkpoint does not say how many updates ", Refused(whole with { Numbers = [] }));
        Assert.Contains("the checkpoint does not say how many updates ", Refused(whole with
        {
            Numbers = [.. whole.Numbers.Select(number => number with { Value = double.NaN })],
        }));
    }

    [Fact]
    public void Other_settings_and_other_data_are_refused_by_name()
    {
        DataSplit split = Small.TwoTastes();
        using (var run = new FitRun(split, Small.MultVae.With(GradientFit.EpochCount, 1)))
        {
            run.Run().Dispose();
            CheckpointFile.Save(folder["c"], run.Capture());
        }
        Checkpoint from = CheckpointFile.Load(folder["c"]);
        string Error(DataSplit data, Settings settings) =>
            Assert.Throws<ArgumentException>(() => new FitRun(data, settings, from: from)).Message;
        Settings one = Small.MultVae.With(GradientFit.EpochCount, 1);
        Assert.Contains("is of another run: seed is 9, not ", Error(split, one.With(GradientFit.Seed, 9UL)));
        Assert.Contains("other data", Error(split with { Train = split.Validation!.FoldIn }, one));
        Assert.Contains("other data", Error(split with { Validation = split.Test }, one));
    }

    [Fact]
    public void What_an_interrupted_write_left_is_removed_and_nothing_else()
    {
        string left = folder["c." + Guid.NewGuid().ToString("N") + ".tmp"],
            leftToo = folder["c.previous." + Guid.NewGuid().ToString("N") + ".tmp"];
        string[] others = [folder["c.x.tmp"], folder["d." + Guid.NewGuid().ToString("N") + ".tmp"]];
        foreach (string file in (string[])[left, leftToo, .. others])
            File.WriteAllText(file, "");
        Assert.Null(CheckpointFile.Newest(folder["c"], out _));
        Assert.False(File.Exists(left));
        Assert.False(File.Exists(leftToo));
        Assert.All(others, file => Assert.True(File.Exists(file)));
    }
}
