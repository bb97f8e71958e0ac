using System.CommandLine;
using System.Text;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Parquet;

namespace VaeCf.Cli;

/// <summary>The options that say how a file of clicks is read, wherever a command reads one.</summary>
internal sealed class ClickFileOptions
{
    private readonly Option<ClickFormat> format = Cli.Options.Choice<ClickFormat>(
        "--format", "Layout of the file of clicks; auto detects it from the first lines.");
    private readonly Option<string> columns = new("--columns")
    {
        Description = "The user, item, rating and timestamp columns, by name or, where there is no header, by number "
            + "from 1. Those left out are not used: USER,ITEM or USER,ITEM,,TIME. [default: by their common names]",
        HelpName = "USER,ITEM,...",
    };
    private readonly Option<string> delimiter = new("--delimiter")
    {
        Description = "What stands between fields: one or two characters, tab or spaces. [default: detected]",
        HelpName = "TEXT",
    };
    private readonly Option<string> encoding = TextEncoding();
    private readonly Option<float?> minRating;
    private readonly Option<ClickValues?> values = Cli.Options.OptionalChoice<ClickValues>("--values",
        "What the column of values holds: ratings, of which low ones are dislikes, or counts. [default: by its name "
            + "or its first values]");
    private readonly Option<Repeats> repeats = Cli.Options.Choice<Repeats>("--repeats",
        "Which rows of the same user and item count: all, the first, the latest, their sum, or none of them.");
    private readonly Option<int> maxExpansion = Cli.Options.AtLeast("--max-expansion",
        "Refuse packed data that unpacks to more than 64 MiB and more than this many times its size.", 1,
        new ReadOptions().MaxExpansion);

    /// <param name="ratings">What --min-rating is by default, in words; null: nothing is dropped.</param>
    public ClickFileOptions(string? ratings = null)
    {
        minRating = Cli.Options.OptionalNumber<float>(
            "--min-rating", $"Keep clicks whose rating or count is at least this. [default: {ratings ?? "all"}]",
            "a finite number", float.IsFinite);
        columns.Validators.Add(result =>
        {
            string text = result.Tokens is [var token, ..] ? token.Value : "";
            string[] names = Names(text);
            if (names.Length is < 2 or > 4 || names[0].Length == 0 || names[1].Length == 0 || names.Contains("0"))
                result.AddError($"--columns: found '{text}'; expected 2 to 4 names, or numbers from 1, separated by "
                    + "commas");
        });
        delimiter.Validators.Add(result =>
        {
            string text = result.Tokens is [var token, ..] ? token.Value : "";
            if (Delimiter(text).Length > 2 || text.Length == 0 || text.Any(c => c is > '~' or '"' or '\n' or '\r'))
                result.AddError($"--delimiter: found '{text}'; expected one or two ASCII characters other than a "
                    + "quote, tab, or spaces");
        });
    }

    /// <summary>An option for the encoding of a text file.</summary>
    public static Option<string> TextEncoding()
    {
        var option = new Option<string>("--encoding")
        {
            Description =
                "Encoding of the file, such as latin1, utf-16 or windows-1252. [default: UTF-8, or as its mark says]",
            HelpName = "NAME",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Encoded(token.Value) is null)
                result.AddError($"--encoding: found '{token.Value}'; expected the name of an encoding, such as latin1");
        });
        return option;
    }

    /// <summary>The encoding of a name, which refuses bytes that are not in it; null if there is none.</summary>
    public static Encoding? Encoded(string? name)
    {
        if (name is null)
            return null;
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        name = name.ToLowerInvariant() switch
        {
            "utf8" or "utf-8-sig" => "utf-8",
            "latin-1" => "latin1",
            var digits when int.TryParse(digits.Replace("cp", ""), out _) => $"windows-{digits.Replace("cp", "")}",
            var other => other,
        };
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Options.Add(option);
    }

    /// <summary>Reads a file of clicks, or standard input where the file is <c>-</c>, as the options say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The file.</param>
    /// <param name="with">What else the command asks for.</param>
    /// <exception cref="InputException">
    /// Options do not go together, or the file cannot be read; the message names the option that helps.
    /// </exception>
    public ClickData Read(ParseResult parsed, string path, Func<ReadOptions, ReadOptions>? with = null)
    {
        ReadOptions reading = Options(parsed);
        reading = with?.Invoke(reading) ?? reading;
        try
        {
            if (ParquetClicks.IsOne(path))
                return ReadParquet(parsed, path, reading);
            if (path != "-")
                return ClickReader.Read(path, reading);
            using Stream input = StandardInput.Open();
            return ClickReader.Read(input, reading, "standard input");
        }
        catch (InputException e) when (e.Remedy is not null)
        {
            throw new InputException($"{e.Message} ({Remedy(e.Remedy)})", e);
        }
    }

    private ClickData ReadParquet(ParseResult parsed, string path, ReadOptions reading)
    {
        Cli.Options.Refuse(parsed, $"the Parquet file {path}, whose columns have names", format, delimiter, encoding,
            maxExpansion);
        return ParquetClicks.Read(path, reading);
    }

    /// <summary>Whether the minimum rating is given.</summary>
    public bool SetsMinRating(ParseResult parsed) => parsed.GetResult(minRating) is { Implicit: false };

    /// <summary>Throws if one of the options was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="beside">What they do not go with.</param>
    /// <exception cref="InputException">One of them was given.</exception>
    public void Refuse(ParseResult parsed, string beside) => Cli.Options.Refuse(parsed, beside, All);

    /// <summary>Refuses values that are said to be no ratings.</summary>
    public void ExpectRatings(ParseResult parsed)
    {
        if (parsed.GetValue(values) is { } said and not ClickValues.Ratings)
            throw new InputException($"--values: found {said.ToString().ToLowerInvariant()}; expected ratings");
    }

    private Option[] All => [format, columns, delimiter, encoding, minRating, values, repeats, maxExpansion];

    private ReadOptions Options(ParseResult parsed)
    {
        string[]? names = parsed.GetValue(columns) is { } given ? Names(given) : null;
        ClickFormat layout = parsed.GetValue(format);
        if (layout is not (ClickFormat.Auto or ClickFormat.Delimited or ClickFormat.Headerless
            or ClickFormat.JsonLines))
            Cli.Options.Refuse(parsed, $"--format {layout.ToString().ToLowerInvariant()}, whose columns are known; "
                + "expected --format delimited or headerless", columns, delimiter);
        if (layout is ClickFormat.JsonLines)
            Cli.Options.Refuse(parsed, "--format jsonlines, which has none", delimiter);
        return new ReadOptions
        {
            Format = layout,
            Delimiter = parsed.GetValue(delimiter) is { } text ? Delimiter(text) : null,
            Encoding = Encoded(parsed.GetValue(encoding)),
            MaxExpansion = parsed.GetValue(maxExpansion),
            MinRating = parsed.GetValue(minRating),
            Values = parsed.GetValue(values),
            Repeats = parsed.GetValue(repeats),
            UserColumn = names?[0],
            ItemColumn = names?[1],
            // Columns that were named are the only ones.
            RatingColumn = names is null ? null : names.ElementAtOrDefault(2) ?? "",
            TimestampColumn = names is null ? null : names.ElementAtOrDefault(3) ?? "",
        };
    }

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static string Delimiter(string text) => text switch
    {
        "tab" or "\\t" => "\t",
        "spaces" or " " => "",
        _ => text,
    };

    private static string Remedy(string member) => member switch
    {
        nameof(ReadOptions.Encoding) => "--encoding latin1 or another says which it is",
        nameof(ReadOptions.MaxExpansion) => "--max-expansion N allows more",
        nameof(ReadOptions.Format) => "--format",
        nameof(ReadOptions.MinRating) => "--min-rating sets the minimum",
        _ => "--columns USER,ITEM,RATING,TIME says which they are",
    };
}
