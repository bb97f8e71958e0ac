using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>The options that say how a file of clicks is read, wherever a command reads one.</summary>
internal sealed class ClickFileOptions
{
    private readonly Option<ClickFormat> format = Cli.Options.Choice<ClickFormat>(
        "--format", "Layout of the file of clicks; auto detects it from the first line.");
    private readonly Option<string> columns = new("--columns")
    {
        Description = "Names of the user and item columns, and of the rating and timestamp columns if theirs are "
            + "uncommon, separated by commas; an empty name says that there is no such column.",
        HelpName = "USER,ITEM,...",
    };
    private readonly Option<float?> minRating;

    /// <param name="ratings">What --min-rating is by default, in words; null: nothing is dropped.</param>
    public ClickFileOptions(string? ratings = null)
    {
        minRating = Cli.Options.OptionalNumber<float>(
            "--min-rating", $"Keep clicks whose rating or count is at least this. [default: {ratings ?? "all"}]",
            "a finite number", float.IsFinite);
        columns.Validators.Add(result =>
        {
            string text = result.Tokens is [var token, ..] ? token.Value : "";
            string[] names = text.Split(',');
            if (names.Length is < 2 or > 4 || names[0].Length == 0 || names[1].Length == 0)
                result.AddError($"--columns: found '{text}'; expected 2 to 4 names, separated by commas");
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[format, columns, minRating])
            command.Options.Add(option);
    }

    /// <summary>How to read, as the options say.</summary>
    /// <exception cref="InputException">Options do not go together.</exception>
    public ReadOptions Options(ParseResult parsed)
    {
        string[]? names = parsed.GetValue(columns)?.Split(',');
        ClickFormat layout = parsed.GetValue(format);
        if (names is not null && layout is not (ClickFormat.Auto or ClickFormat.Delimited))
            throw new InputException($"--columns: found with --format {layout.ToString().ToLowerInvariant()}, whose "
                + "columns are known; expected --format delimited");
        return new ReadOptions
        {
            Format = layout,
            MinRating = parsed.GetValue(minRating),
            UserColumn = names?[0],
            ItemColumn = names?[1],
            RatingColumn = names?.ElementAtOrDefault(2),
            TimestampColumn = names?.ElementAtOrDefault(3),
        };
    }

    /// <summary>Throws if one of the options was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="beside">What they do not go with.</param>
    /// <exception cref="InputException">One of them was given.</exception>
    public void Refuse(ParseResult parsed, string beside) =>
        Cli.Options.Refuse(parsed, beside, format, columns, minRating);
}
