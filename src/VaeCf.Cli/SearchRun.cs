using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>A search for one model's settings, shown while it goes.</summary>
internal sealed class SearchRun
{
    private readonly CommandContext context;
    private readonly IReadOnlyList<Setting> searched;
    private bool isAnnounced;

    /// <summary>Shows a search.</summary>
    /// <param name="context">Where.</param>
    /// <param name="search">The search.</param>
    /// <param name="start">What it starts from.</param>
    public SearchRun(CommandContext context, GridSearch search, Settings start)
    {
        (this.context, Search) = (context, search);
        searched = [.. start.Type.Grid.Select(grid => grid.Setting).Where(setting => !start.IsGiven(setting))];
    }

    /// <summary>The search.</summary>
    public GridSearch Search { get; }

    /// <summary>The model.</summary>
    public ModelType Type => Search.Candidates[0].Type;

    /// <summary>Minutes that its trials have taken, in earlier runs too.</summary>
    public double Minutes => Search.Trials.Sum(trial => trial.Seconds) / 60;

    /// <summary>The option for how long to search.</summary>
    public static Option<double?> Budget(string of) => Cli.Options.OptionalPositive("--budget",
        $"{of}, about; what is not reached in time is left out. By default, the whole grid is searched.");

    /// <summary>Runs the search to its end.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; the same command goes on.</exception>
    public void Run(double? minutes)
    {
        if (!isAnnounced)
            context.WriteErrorLine($"{Type.Name}: {DataText.Count(Search.Candidates.Count, "combination")} of "
                + $"settings, {DataText.Count(Search.Rounds, "round")}"
                + (Search.Trials.Count == 0 ? "" : $"; {DataText.Count(Search.Trials.Count, "trial")} made before"));
        isAnnounced = true;
        TimeSpan? budget = minutes < TimeSpan.MaxValue.TotalMinutes ? TimeSpan.FromMinutes(minutes.Value) : null;
        // Lines and a live display do not go together: the trials are listed at the end.
        if (context.Error.Profile.Capabilities.Interactive)
            ProgressView.Show(context, Type.Name, show =>
            {
                Search.Run(budget, (_, _, now) => show(now), null, context.Stop);
                return true;
            });
        else
            Search.Run(budget, null, trial => context.WriteErrorLine(
                $"{Type.Name}, round {trial.Round} of {Search.Rounds}: {Choice(trial.Number)}: {Text(trial)}"),
                context.Stop);
    }

    /// <summary>Says that a search which was stopped loses nothing.</summary>
    /// <param name="context">Where.</param>
    /// <param name="folder">What --out has to be for it to go on.</param>
    public static void WriteStopped(CommandContext context, string folder) =>
        context.WriteErrorLine($"what was tried is kept: the same command, with --out {folder}, goes on");

    /// <summary>Whether time was up before the best combination was trained to its end.</summary>
    public bool IsCutShort =>
        !Search.Trials.Any(trial => trial.Number == Search.Best!.Number && trial.IsDone);

    /// <summary>How many combinations were not tried, since time was up.</summary>
    public int Untried => Enumerable.Range(0, Search.Candidates.Count)
        .Count(number => Search.Trials.All(trial => trial.Number != number));

    /// <summary>The values that a combination has of the settings that are searched.</summary>
    public string Choice(int number) => searched.Count == 0 ? "the defaults" : string.Join(", ",
        searched.Select(setting => $"{setting.Name.Replace('_', ' ')} {Search.Candidates[number].Text(setting)}"));

    /// <summary>The options of <c>vaecf train</c> for a combination.</summary>
    public string Options(int number)
    {
        Settings settings = Search.Candidates[number];
        return string.Join(' ', settings.Type.Settings.Where(settings.IsGiven)
            .Select(setting => $"{setting.Option} {settings.Text(setting)}").Prepend($"--model {settings.Type.Name}"));
    }

    /// <summary>Writes a table of what was tried.</summary>
    public void WriteTrials()
    {
        var table = new ResultTable(["settings", "round", "epochs", $"validation {Measure.Name}", "seconds", ""], 5);
        foreach (IEnumerable<string> row in Rows())
            table.Add(row);
        context.WriteTable(table);
        if (Untried > 0)
            context.WriteLine($"not tried, since time was up: {Untried} of "
                + DataText.Count(Search.Candidates.Count, "combination"));
    }

    /// <summary>
    /// Each trial's settings, round, epochs, validation measure, seconds and failure; the best first.
    /// </summary>
    public IEnumerable<IEnumerable<string>> Rows() => Search.Trials.OrderByDescending(trial =>
        Measure.HigherIsBetter ? trial.Validation : -trial.Validation).Select(trial => (IEnumerable<string>)
        [Choice(trial.Number), $"{trial.Round}", $"{trial.Epochs}", Measured(trial), Seconds(trial.Seconds),
            trial.Failure ?? ""]);

    /// <summary>Writes the search as members of the current JSON object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteNumber("combinations", Search.Candidates.Count);
        if (Search.Best is { } best)
        {
            writer.WritePropertyName("settings");
            Search.Candidates[best.Number].WriteJson(writer);
            writer.WriteNumberOrNull(Measure.Key, best.Validation);
            writer.WriteNumber("seconds", Search.SecondsOf(best.Number));
        }
        writer.WriteStartArray("trials");
        foreach (Trial trial in Search.Trials)
        {
            writer.WriteStartObject();
            writer.WriteNumber("round", trial.Round);
            foreach (Setting setting in searched)
                writer.WriteString(setting.Name, Search.Candidates[trial.Number].Text(setting));
            writer.WriteNumber("epochs", trial.Epochs);
            writer.WriteNumberOrNull(Measure.Key, trial.Validation);
            writer.WriteNumber("train_seconds", trial.Seconds);
            writer.WriteString("failure", trial.Failure);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>Seconds as tables show them.</summary>
    public static string Seconds(double seconds) =>
        seconds.ToString(seconds < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);

    private ValidationMeasure Measure => Type.Validation;

    private static string Measured(Trial trial) =>
        trial.Validation?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-";

    private string Text(Trial trial) => string.Join("; ", new[]
    {
        trial.Validation is null ? null : $"{Measure.Name} {Measured(trial)} in epoch "
            + $"{trial.BestEpoch} of {trial.Epochs}, {Seconds(trial.Seconds)} s",
        trial.Failure,
    }.OfType<string>());
}
