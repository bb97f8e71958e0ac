using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace VaeCf.Cli.Tests;

/// <summary>What the command writes to terminals of any width, to files and in other environments.</summary>
public class ConsoleTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private const string LongTitle = "The Very Long and Never Ending Title of a Film, Part Two of Three";

    private static string[] On(int width, Action<CommandContext> write, bool framed = true)
    {
        using var output = new StringWriter();
        IAnsiConsole console = CommandContext.CreateConsole(output, false);
        console.Profile.Width = width;
        console.Profile.Capabilities.Ansi = framed;
        write(new CommandContext(console, console, default));
        return output.ToString().TrimEnd().Split(Environment.NewLine);
    }

    private static ResultTable Films()
    {
        var table = new ResultTable(["rank", "item", "score", "title"], 3);
        table.Add("1", "7", "0.500", LongTitle);
        table.Add("2", "1000001", "-12.250", "日本語 film");
        return table;
    }

    [Fact]
    public void A_table_is_as_wide_as_its_values_where_there_is_room()
    {
        Assert.Equal([
            "╭──────┬─────────┬─────────┬───────────────────────────────────────────────────────────────────╮",
            "│ rank │    item │   score │ title                                                             │",
            "├──────┼─────────┼─────────┼───────────────────────────────────────────────────────────────────┤",
            "│ 1    │       7 │   0.500 │ The Very Long and Never Ending Title of a Film, Part Two of Three │",
            "│ 2    │ 1000001 │ -12.250 │ 日本語 film                                                       │",
            "╰──────┴─────────┴─────────┴───────────────────────────────────────────────────────────────────╯",
        ], On(96, context => context.WriteTable(Films())));
    }

    [Fact]
    public void A_text_that_does_not_fit_is_folded_and_a_number_is_not()
    {
        Assert.Equal([
            "╭──────┬─────────┬─────────┬───────────╮",
            "│ rank │    item │   score │ title     │",
            "├──────┼─────────┼─────────┼───────────┤",
            "│ 1    │       7 │   0.500 │ The Very  │",
            "│      │         │         │ Long and  │",
            "│      │         │         │ Never     │",
            "│      │         │         │ Ending    │",
            "│      │         │         │ Title of  │",
            "│      │         │         │ a Film,   │",
            "│      │         │         │ Part Two  │",
            "│      │         │         │ of Three  │",
            "│ 2    │ 1000001 │ -12.250 │ 日本語    │",
            "│      │         │         │ film      │",
            "╰──────┴─────────┴─────────┴───────────╯",
        ], On(40, context => context.WriteTable(Films())));
    }

    [Fact]
    public void Where_columns_do_not_fit_each_value_has_a_line()
    {
        Assert.Equal([
            "rank: 1", "item: 7", "score: 0.500", "title: The Very Long", "and Never Ending", "Title of a Film,",
            "Part Two of Three", "", "rank: 2", "item: 1000001", "score: -12.250", "title: 日本語 film",
        ], On(20, context => context.WriteTable(Films())));
    }

    [Fact]
    public void Without_frames_it_is_markdown_and_a_file_has_no_width()
    {
        Assert.Equal([
            "| rank |    item |   score | title        |",
            "| :--- | ------: | ------: | :----------- |",
            "| 1    |       7 |   0.500 | The Very     |",
        ], On(43, context => context.WriteTable(Films()), framed: false)[..3]);
        var wide = new ResultTable(["name", "title"], 1);
        wide.Add("x", string.Concat(Enumerable.Repeat(LongTitle, 100)));
        Assert.Equal(6500 + 4 + 7, On(int.MaxValue, context => context.WriteTable(wide), framed: false)[2].Length);
    }

    [Fact]
    public void Lines_are_folded_between_words_and_tables_in_them_are_drawn()
    {
        string[] lines = On(24, context => context.WriteLine(
            "one\n  a line of more than so many cells /a/path/that/stays/in/one/piece\n| a   | b   |\n| :-- | --: |\n"
            + "| x   |   1 |\n\nend"));
        Assert.Equal(["one", "  a line of more than so", "  many cells", "  /a/path/that/stays/in/one/piece",
            "╭────┬────╮", "│ a  │  b │", "├────┼────┤", "│ x  │  1 │", "╰────┴────╯", "", "end"], lines);
        Assert.Equal(["| no table"], On(24, context => context.WriteLine("| no table")));
    }

    [Fact]
    public void A_letter_that_is_too_wide_for_a_column_ends_the_folding()
    {
        var table = new ResultTable(["a", "b"]);
        table.Add("日本語", "👨‍👩‍👧👨‍👩‍👧");
        Assert.NotEmpty(On(1, context => context.WriteTable(table)));
    }

    [Fact]
    public void Control_sequences_are_shown_harmlessly_and_json_is_exact()
    {
        using var folder = new TemporaryFolder();
        const string evil = "\e[2Jfilm\a\u202E\u009b \u2066\u200B";
        File.WriteAllText(folder["t.csv"], $"movieId,title\n{string.Join("\n",
            Enumerable.Range(100, 20).Select(id => $"{id},\"{evil}\nline 2\r\""))}\n");
        string[] command = ["recommend", model.Path, "--items", "100,\e[31mx", "-k", "1", "--titles", folder["t.csv"]];
        CommandRun run = Vaecf.Run(command);
        Assert.Contains(@"\u001B[2Jfilm\u0007\u202E\u009B \u2066\u200B\nline 2\r |", run.Output);
        Assert.Contains(@"\u001B[31mx", run.Error);
        run = Vaecf.Run([.. command, "--json"]);
        Assert.All(run.Output.ReplaceLineEndings(""), c => Assert.InRange(c, ' ', '~'));
        using JsonDocument json = JsonDocument.Parse(run.Output);
        Assert.Equal(evil + "\nline 2\r", json.RootElement.GetProperty("items")[0].GetProperty("title").GetString());
        Assert.Equal("\e[31mx", json.RootElement.GetProperty("unknown_items")[0].GetString());
        Assert.DoesNotContain('\e', Vaecf.Run("stats", folder["no\e[31mwhere"]).Error);
        Assert.DoesNotContain('\e', Vaecf.Run("stats", "--no\e[31m").Error);
        File.WriteAllText(folder["\e[1m\nbold"], "uid,sid\n1,2\n");
        Assert.StartsWith(folder[@"\u001B[1m\nbold, layout pairs"], Vaecf.Run("stats", folder["\e[1m\nbold"]).Output);
    }

    [Theory]
    [InlineData("GITHUB_ACTIONS", "true")]
    [InlineData("CI", "true")]
    [InlineData("TF_BUILD", "True")]
    [InlineData("TEAMCITY_VERSION", "2024")]
    [InlineData("GITLAB_CI", "true")]
    [InlineData("TRAVIS", "true")]
    [InlineData("COLUMNS", "20")]
    [InlineData("TERM", "xterm-256color")]
    public void A_file_gets_the_same_bytes_in_every_environment(string name, string value)
    {
        string plain = Vaecf.RunProcess("models", "hvamp").AssertGood().Output;
        Assert.Equal(plain, Vaecf.RunProcess(["models", "hvamp"], (name, value)).AssertGood().Output);
    }

    [Theory]
    [InlineData(60, "xterm", "", "", 60, true)]
    [InlineData(60, "xterm", "40", "", 40, true)]
    [InlineData(40, "xterm", "60", "1", 40, true)]
    [InlineData(60, "dumb", "", "", 60, false)]
    [InlineData(20, "xterm", "", "", 20, false)]
    public void On_a_terminal_nothing_is_wider(int width, string term, string columns, string noColor, int widest,
        bool framed)
    {
        if (!File.Exists("/usr/bin/script"))
            return;
        (string, string)[] environment = [("TERM", term), ("COLUMNS", columns), ("NO_COLOR", noColor)];
        string output = OnTerminal(width, "stats split", environment);
        Assert.Equal(framed, output.Contains('╭'));
        Assert.DoesNotContain('\e', output);
        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, widest));
        output = OnTerminal(width, "train split --out again --epochs 3 --hidden 4 --latent 2", environment);
        Assert.Equal(term != "dumb", output.Contains('━'));
        Assert.Equal(term != "dumb" && noColor.Length == 0, Regex.IsMatch(output, @"\e\[[\d;]*[1-9][\d;]*m"));
        Assert.All(Regex.Replace(output, @"\e\[[\d;?]*[A-Za-z]", "").Split('\n'),
            line => Assert.InRange(line.Length, 0, widest));
    }

    // Without what .NET sends when it finds a terminal, and with LF for each CR too.
    private string OnTerminal(int width, string arguments, params (string, string)[] environment)
    {
        var start = new ProcessStartInfo("/usr/bin/script",
            ["-qec", $"stty cols {width}; dotnet {Vaecf.Program} {arguments}",
                "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(model.Path),
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value.Length > 0 ? value : null;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process.StandardOutput.ReadToEnd().Replace("\e[?1h\e=", "").Replace('\r', '\n');
    }
}
