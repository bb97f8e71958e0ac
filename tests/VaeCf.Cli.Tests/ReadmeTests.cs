using System.Text.RegularExpressions;

namespace VaeCf.Cli.Tests;

/// <summary>What the README shows is what is so.</summary>
public class ReadmeTests
{
    private static readonly string[] readme = Repository.Lines("README.md");

    private static string[] Block(string language) =>
        [.. readme.SkipWhile(line => line != "```" + language).Skip(1).TakeWhile(line => line != "```")];

    [Fact]
    public void The_program_is_the_sample()
    {
        Assert.NotEmpty(Block("csharp"));
        Assert.Equal(Repository.Lines("samples/01_Embed/Program.cs"), Block("csharp"));
    }

    [Fact]
    public void The_commands_run_one_after_the_other()
    {
        string[] commands = Block("console");
        Assert.Equal(["prepare", "stats", "train", "evaluate", "recommend"],
            commands.Select(command => command.Split(' ')[1]));
        AssertRun(commands);
    }

    [Fact]
    public void The_commands_of_the_course_run_one_after_the_other()
    {
        var commands = new List<string>();
        foreach (string page in (string[])["1-clicks", "2-first-model"])
        {
            bool inside = false;
            foreach (string line in Repository.Lines($"docs/course/{page}.md"))
                if (line.StartsWith("```", StringComparison.Ordinal))
                    inside = line == "```console";
                else if (inside)
                    commands.Add(line);
        }
        Assert.Equal(9, commands.Count);
        AssertRun(commands);
    }

    private static void AssertRun(IEnumerable<string> commands)
    {
        using var folder = new TemporaryFolder();
        foreach (string command in commands)
        {
            // A smaller model: what is tried is that the commands work, together.
            string[] words = command.Replace("--epochs 40", "--epochs 1 --hidden 16 --latent 4").Split(' ');
            CommandRun run = Vaecf.Run([.. words.Skip(1).Select(word =>
                word.StartsWith("samples/", StringComparison.Ordinal) ? Repository.PathOf(word)
                : word == "films" || Path.GetExtension(word) is ".safetensors" or ".jsonl" ? folder[word] : word)]);
            Assert.True(run.ExitCode == 0, $"{command}: {run.Error}");
            Assert.NotEmpty(run.Output);
        }
    }

    [Fact]
    public void Every_command_and_option_named_exists()
    {
        MatchCollection named = Regex.Matches(
            string.Join('\n', readme), @"`vaecf ([a-z]+)|^- \*\*([a-z]+)\*\*", RegexOptions.Multiline);
        Assert.Contains(named, match => match.Value == "`vaecf verify");
        IEnumerable<string> commands = named
            .Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value).Distinct();
        string help = string.Join('\n', commands.Select(command =>
        {
            CommandRun run = Vaecf.Run(command, "--help");
            Assert.True(run.ExitCode == 0, $"vaecf {command} --help: {run.Error}");
            return run.Output;
        }));
        Assert.All(Regex.Matches(string.Join('\n', readme), "`(--[a-z-]+)").Select(match => match.Groups[1].Value),
            option => Assert.Contains(option, help));
    }

    [Fact]
    public void The_case_it_names_verifies() =>
        Assert.Equal(0, Vaecf.Run("verify", Repository.PathOf(Regex.Match(string.Join('\n', readme),
            "`vaecf verify ([^`]+)`").Groups[1].Value)).ExitCode);

    [Theory]
    [InlineData("README.md", "## How good", "compare.ml-latest-small", "compare.anime-5k", "quality", "family",
        "ratings", "deeprec-rbm")]
    [InlineData("bench/results/README.md", "## ", "step", "step-256", "roofline", "evaluate", "latency", "networks",
        "baselines")]
    [InlineData("README.md", "## How fast", "step", "evaluate", "latency", "load")]
    [InlineData("kernels/README.md", "## How near", "roofline", "ladder")]
    [InlineData("docs/course/4-kernels.md", "## One ladder", "ladder")]
    [InlineData("docs/course/5-mistakes.md", "## What each costs", "mistakes")]
    public void Figures_are_those_that_were_measured(string page, string heading, params string[] results)
    {
        string measured = string.Join('\n', results.SelectMany(name => Directory.GetFiles(
            Repository.PathOf("bench/results"), $"{name}.md", SearchOption.AllDirectories)).Select(File.ReadAllText));
        string[] section = [.. Repository.Lines(page).SkipWhile(line => !line.StartsWith(heading,
            StringComparison.Ordinal)).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))];
        MatchCollection figures = Regex.Matches(string.Join('\n', section), @"\d+\.\d+");
        Assert.NotEmpty(figures);
        Assert.All(figures.Select(figure => figure.Value), figure => Assert.Contains(figure, measured));
    }
}
