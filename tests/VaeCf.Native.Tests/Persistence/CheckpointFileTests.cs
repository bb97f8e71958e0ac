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
        DataSplit split = Small.TwoTastesWithCounts();
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
        Assert.Equal((saved.Data, saved.Position, saved.Best!.Epoch, saved.Best.ValidationNdcg),
            (loaded.Data, loaded.Position, loaded.Best!.Epoch, loaded.Best.ValidationNdcg));
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
        void Refused(byte[] damaged)
        {
            File.WriteAllBytes(folder["c"], damaged);
            Assert.StartsWith(folder["c"],
                Assert.Throws<InputException>(() => CheckpointFile.Load(folder["c"])).Message);
            Assert.Equal(1, CheckpointFile.Newest(folder["c"], out InputException? damage)!.Position.Epoch);
            Assert.NotNull(damage);
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
        string left = folder["c." + Guid.NewGuid().ToString("N") + ".tmp"];
        string[] others = [folder["c.x.tmp"], folder["d." + Guid.NewGuid().ToString("N") + ".tmp"]];
        foreach (string file in (string[])[left, .. others])
            File.WriteAllText(file, "");
        Assert.Null(CheckpointFile.Newest(folder["c"], out _));
        Assert.False(File.Exists(left));
        Assert.All(others, file => Assert.True(File.Exists(file)));
    }
}
