using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VaeCf.Native;
using VaeCf.Native.Devices;

namespace VaeCf.Bench;

/// <summary>A command that measures and reports, and the options that such commands share.</summary>
internal static class Verb
{
    /// <summary>What the process returns if its input is wrong or a device does not exist.</summary>
    public const int WrongUse = 2;

    public static Command Create(
        string name, string description, Symbol[] arguments, Func<ParseResult, Report> run, bool chart = false)
    {
        var json = new Option<bool>("--json") { Description = "JSON instead of Markdown on standard output." };
        var output = new Option<FileInfo?>("--out")
        {
            Description = "Also write the Markdown to a file.",
            HelpName = "FILE",
        };
        var svg = new Option<FileInfo?>("--svg") { Description = "Draw a chart to a file.", HelpName = "FILE" };
        Command command = Add(
            new Command(name, description), [.. arguments, json, output, .. chart ? [svg] : Array.Empty<Symbol>()]);
        Act(command, parsed =>
        {
            Report report = run(parsed);
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(json) ? report.Json() : report.Markdown());
            Save(parsed.GetValue(output), report.Markdown());
            if (chart)
                Save(parsed.GetValue(svg), report.Chart!.Svg());
            return 0;
        });
        return command;
    }

    /// <summary>
    /// A command that another runs in a process of its own, to measure its peak memory; it ends with one line of JSON,
    /// see <see cref="Child"/>.
    /// </summary>
    public static Command Hidden(string name, Symbol[] arguments, Action<ParseResult, Answer> run)
    {
        Command command = Add(new Command(name, "A case of another verb.") { Hidden = true }, arguments);
        Act(command, parsed =>
        {
            var answer = new Answer();
            run(parsed, answer);
            parsed.InvocationConfiguration.Output.WriteLine(answer.Json());
            return 0;
        });
        return command;
    }

    public static Option<int> Count(string name, int fallback, string description) => new(name)
    {
        DefaultValueFactory = _ => fallback,
        Description = description,
        HelpName = "N",
        CustomParser = result => Whole(result, name, result.Tokens[0].Value),
    };

    public static Option<int[]> Counts(string name, int[] fallback, string description) => new(name)
    {
        DefaultValueFactory = _ => fallback,
        Description = $"{description} [default: {string.Join(',', fallback)}]",
        HelpName = "N,N,...",
        CustomParser = result => [.. result.Tokens[0].Value.Split(',').Select(word => Whole(result, name, word))],
    };

    /// <summary>A whole number of at least 1, or an error.</summary>
    public static int Whole(ArgumentResult result, string name, string word)
    {
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1)
            return value;
        result.AddError($"{name}: found '{word}'; expected a whole number from 1 to {int.MaxValue}");
        return 0;
    }

    /// <summary><c>--profile</c>: tables that synthetic clicks follow.</summary>
    public static Option<DirectoryInfo> Profile() => new Option<DirectoryInfo>("--profile")
    {
        Description = "Folder with item_popularity_by_rank.csv.gz and user_heldout_count_histogram.csv, used if it "
            + "has the same number of items. [default: power law and geometric]",
        HelpName = "DIR",
    }.AcceptExistingOnly();

    public static Option<int> Threads() => Count("--threads", Environment.ProcessorCount, "Threads.");

    public static Option<int> Budget() => Count("--budget", 500, "Milliseconds for each figure.");

    /// <summary>What a command does, and how errors end it.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Returns what the process does.</param>
    public static void Act(Command command, Func<ParseResult, int> run) => command.SetAction(parsed =>
    {
        try
        {
            return run(parsed);
        }
        catch (Exception e) when (e is InputException or DeviceException or IOException or UnauthorizedAccessException)
        {
            parsed.InvocationConfiguration.Error.WriteLine($"error: {e.Message}");
            return WrongUse;
        }
    });

    private static Command Add(Command command, IEnumerable<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
            if (symbol is Option option)
                command.Options.Add(option);
            else
                command.Arguments.Add((Argument)symbol);
        return command;
    }

    private static void Save(FileInfo? file, string text)
    {
        if (file is null)
            return;
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
    }
}
