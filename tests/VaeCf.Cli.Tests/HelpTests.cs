using System.Text.RegularExpressions;

namespace VaeCf.Cli.Tests;

/// <summary>The help of the command and of every verb: as wide as a console, and in plain words.</summary>
public class HelpTests
{
    private const int LeastDescriptionWidth = 60;

    private static readonly string[] avoided =
    [
        @"\btold\b", @"\bcomes? nearer\b", @"\bused up\b", @"\bso many\b", @"\bto be found\b", @"\bWho\b",
        @"\bcards?\b", @"\bprocessors?\b",
    ];

    public static TheoryData<string> Verbs()
    {
        var nowhere = new CommandContext(CommandContext.CreateConsole(TextWriter.Null, false),
            CommandContext.CreateConsole(TextWriter.Null, false), default);
        return ["", .. CommandLine.Root(nowhere).Subcommands.Select(verb => verb.Name)];
    }

    private static string[] Lines(string verb)
    {
        CommandRun run = Vaecf.Run(verb.Length == 0 ? ["--help"] : [verb, "--help"]).AssertGood();
        return [.. run.Output.Split('\n').Select(line => line.TrimEnd())];
    }

    [Theory, MemberData(nameof(Verbs))]
    public void No_line_is_longer_than_100_columns(string verb) =>
        Assert.All(Lines(verb), line => Assert.InRange(line.Length, 0, CommandLine.HelpWidth));

    // A row's description begins behind the first two blanks, and those of all rows begin in the same column.
    [Theory, MemberData(nameof(Verbs))]
    public void The_descriptions_have_room_beside_the_options(string verb) =>
        Assert.All(Lines(verb).Select(line => Regex.Match(line, @"^  \S.*?\S(  +)(?=\S)")).Where(row => row.Success),
            row => Assert.InRange(row.Length, 0, CommandLine.HelpWidth - LeastDescriptionWidth));

    [Theory, MemberData(nameof(Verbs))]
    public void The_words_are_plain(string verb)
    {
        string text = Regex.Replace(string.Join(' ', Lines(verb)), @"\s+", " ");
        Assert.All(avoided, words => Assert.DoesNotMatch(words, text));
    }
}
