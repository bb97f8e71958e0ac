using System.Globalization;
using System.Text.RegularExpressions;
using VaeCf.Cli.Commands;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Tests;

public class DemoCommandTests
{
    [Fact]
    public void It_trains_a_model_better_than_popularity_saves_it_and_recommends_ten_films()
    {
        using var folder = new TemporaryFolder();
        // A smaller model and fewer epochs than the command's own, and beta annealed faster accordingly: this runs
        // without vectors too.
        Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [100]).With(Autoencoders.Latent, 50)
            .With(GradientFit.EpochCount, 30).With(GradientFit.BatchSize, 100).With(Autoencoders.AnnealSteps, 500)
            .With(Autoencoders.LearningRate, 3e-3);
        using Device device = Device.Cpu(threads: 2);
        CommandRun run = Vaecf.Run((_, context) => DemoCommand.Run(context, folder["data"], settings, device), []);
        Assert.Equal(ExitCodes.Good, run.ExitCode);
        Assert.Contains("train: epoch 30 of 30, ", run.Error);
        string output = run.Output;

        Match ndcg = Regex.Match(output,
            @"\| NDCG@100 +\| +(?<model>0\.\d+) ± (?<error>0\.\d+) \| +0\.\d+ ± 0\.\d+ "
            + @"\| +(?<popularity>0\.\d+) ± 0\.\d+ \|");
        Assert.True(ndcg.Success, output);
        double Number(string group) => double.Parse(ndcg.Groups[group].Value, CultureInfo.InvariantCulture);
        Assert.True(Number("model") > Number("popularity") + Number("error"), ndcg.Value);

        Match[] films = [.. Regex.Matches(output,
            @"(?m)^\| (?<liked>\S.*?\S) +\| +(?<place>\d+)\. (?<film>\S.*?) +\|\r?$").Cast<Match>()];
        string[] Column(string name) => [.. films.Select(film => film.Groups[name].Value)];
        Assert.Equal(Enumerable.Range(1, 10).Select(place => $"{place}"), Column("place"));
        Assert.Empty(Column("film").Intersect(Column("liked")));

        string saved = Path.Combine(folder["data"], "model.safetensors");
        Assert.True(File.Exists(saved));
        Assert.Contains($"vaecf evaluate {saved} {folder["data"]}", output);
        Match next = Regex.Match(output, @"vaecf (recommend .* --titles (.*movies\.csv))\r?\n");
        Assert.True(File.Exists(next.Groups[2].Value), output);
        Assert.Contains("483 |", Vaecf.Run("stats", folder["data"]).AssertGood().Output);
    }

    [Fact]
    public void Stopped_before_there_is_a_model_it_says_so()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(CommandLine.Run, ["demo", "--out", folder["data"]],
            new CancellationToken(canceled: true));
        Assert.Equal(ExitCodes.Stopped, run.ExitCode);
        Assert.Equal("stopped", run.Error.Trim());
        Assert.False(File.Exists(Path.Combine(folder["data"], "model.safetensors")));
    }
}
