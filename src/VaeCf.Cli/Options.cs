using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using System.Text;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>Whole numbers, shown in the help as they are written on the command line.</summary>
internal sealed record CountList(int[] Values)
{
    public override string ToString() => string.Join(',', Values);
}

/// <summary>The options that commands share, and options whose values are checked while they are parsed.</summary>
internal static class Options
{
    private const int MostThreads = 1024;

    private const int WidestPlaceholder = 20;

    /// <summary>JSON in place of text.</summary>
    public static Option<bool> Json() => new("--json")
    {
        Description = "Print JSON and nothing else on standard output.",
    };

    /// <summary>Leave to replace files.</summary>
    public static Option<bool> Force() => new("--force")
    {
        Description = "Replace files that this program did not write; never those that the command reads.",
    };

    /// <summary>The number of threads; by default, that of the logical cores.</summary>
    public static Option<int> Threads() =>
        Number("--threads", "Number of threads; the result does not depend on it.", Environment.ProcessorCount,
            $"a whole number from 1 to {MostThreads}", value => value is >= 1 and <= MostThreads);

    /// <summary>The seed of everything random.</summary>
    public static Option<ulong> Seed(ulong fallback) =>
        Number("--seed", "Seed of all random numbers; the same seed gives the same result.", fallback,
            $"a whole number from 0 to {ulong.MaxValue}", _ => true);

    /// <summary>A whole number with a least value.</summary>
    public static Option<int> AtLeast(string name, string description, int minimum, int fallback) =>
        Number(name, description, fallback, $"a whole number from {minimum} to {int.MaxValue}",
            value => value >= minimum);

    /// <summary>A finite number above 0.</summary>
    public static Option<double> Positive(string name, string description, double fallback) =>
        Number(name, description, fallback, "a finite number above 0", value => value > 0 && double.IsFinite(value));

    /// <summary>A share: a number above 0 and below 1.</summary>
    public static Option<double> Share(string name, string description, double fallback) =>
        Number(name, description, fallback, "a number above 0 and below 1", value => value is > 0 and < 1);

    /// <summary>A number, written the same in every country, that meets a condition.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">One sentence for the help.</param>
    /// <param name="fallback">Value when the option is not given.</param>
    /// <param name="expected">What the error message asks for.</param>
    /// <param name="valid">The condition.</param>
    public static Option<T> Number<T>(string name, string description, T fallback, string expected, Func<T, bool> valid)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => fallback,
            CustomParser = result => Parse(result, name, result.Tokens[0].Value, expected, valid),
        };

    /// <summary>A number as <see cref="Number"/>; null when the option is not given.</summary>
    public static Option<T?> OptionalNumber<T>(string name, string description, string expected, Func<T, bool> valid)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "N",
            CustomParser = result => Parse(result, name, result.Tokens[0].Value, expected, valid),
        };

    /// <summary>A number as <see cref="Positive"/>; null when the option is not given.</summary>
    public static Option<double?> OptionalPositive(string name, string description) =>
        OptionalNumber<double>(
            name, description, "a finite number above 0", value => value > 0 && double.IsFinite(value));

    /// <summary>On by its name alone, or true or false; null when the option is not given.</summary>
    public static Option<bool?> Switch(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "true|false",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>
    /// The name, in lower case, of one of an enumeration's values; the first when the option is not given.
    /// </summary>
    public static Option<T> Choice<T>(string name, string description) where T : struct, Enum => new(name)
    {
        Description = $"{Help<T>(description).Description} [default: {Names<T>()[0]}]",
        HelpName = Help<T>(description).HelpName,
        CustomParser = result => ParseChoice<T>(result, name),
    };

    /// <summary>A choice as <see cref="Choice"/>; null when the option is not given.</summary>
    public static Option<T?> OptionalChoice<T>(string name, string description) where T : struct, Enum => new(name)
    {
        Description = Help<T>(description).Description,
        HelpName = Help<T>(description).HelpName,
        CustomParser = result => ParseChoice<T>(result, name),
    };

    /// <summary>Whole numbers of at least 1, separated by commas.</summary>
    public static Option<CountList> Counts(string name, string description, params int[] fallback) => new(name)
    {
        Description = description,
        HelpName = "N,N,...",
        DefaultValueFactory = _ => new CountList(fallback),
        CustomParser = result => new CountList([.. result.Tokens[0].Value.Split(',').Select(text =>
            Parse<int>(result, name, text, $"whole numbers from 1 to {int.MaxValue}, separated by commas",
                value => value >= 1))]),
    };

    // Only such as nobody can read with day and month the other way round.
    private static readonly string[] dates = ["yyyy-M-d", "yyyy-M-d H:mmK", "yyyy-M-d H:mm:ssK", "yyyy-M-d'T'H:mmK",
        "yyyy-M-d'T'H:mm:ssK"];

    /// <summary>Where to cut clicks in time: a date, or a share of them; null when the option is not given.</summary>
    public static Option<TimedOptions?> CutInTime(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DATE|SHARE",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share))
            {
                if (share is > 0 and < 1)
                    return new TimedOptions { HeldOutShare = share };
            }
            else if (DateTimeOffset.TryParseExact(text, dates, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out DateTimeOffset date))
                return new TimedOptions { From = date };
            result.AddError($"{name}: found '{text}'; expected a date, such as 2018-03-01 or 2018-03-01T12:30Z, or a "
                + "share above 0 and below 1");
            return null;
        },
    };

    /// <summary>Ids separated by commas, or a file with one on each line.</summary>
    public static Option<string> Ids(string name, string description)
    {
        var option = new Option<string>(name) { Description = description, HelpName = "ID,ID,...|@FILE" };
        option.Validators.Add(result => CheckIds(result, name));
        return option;
    }

    /// <summary>
    /// The ids that <see cref="Ids"/> gives, without blanks around them; null where the option is not given.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public static IReadOnlyList<string>? ReadIds(ParseResult parsed, Option<string> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (text[0] != '@')
            return text.Split(',', StringSplitOptions.TrimEntries);
        string file = text[1..];
        if (!Path.Exists(file))
            throw new InputException($"{option.Name}: there is no file {file}");
        try
        {
            string[] ids = [.. File.ReadLines(file, new UTF8Encoding(false, throwOnInvalidBytes: true))
                .Select(line => line.Trim()).Where(line => line.Length > 0)];
            return ids.Length == 0
                ? throw new InputException($"{option.Name}: found no ids in {file}; expected one a line")
                : ids.Any(id => id.Contains('\0')) ? throw NoText() : ids;
        }
        catch (DecoderFallbackException)
        {
            throw NoText();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{option.Name}: {InputException.About(file, e).Message}", e);
        }

        InputException NoText() => new($"{option.Name}: found bytes in {file} that are no text; expected ids in UTF-8");
    }

    /// <summary>Refuses a list with an empty id.</summary>
    public static void CheckIds(OptionResult result, string name)
    {
        string text = result.Tokens is [var token, ..] ? token.Value : "";
        if (text == "@" || text.Split(',').Any(string.IsNullOrWhiteSpace))
            result.AddError($"{name}: found '{text}'; expected ids, separated by commas");
    }

    /// <summary>Throws if one of some options was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="beside">What they do not go with.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="InputException">One of them was given.</exception>
    public static void Refuse(ParseResult parsed, string beside, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
            if (parsed.GetResult(option) is { Implicit: false })
                throw new InputException($"{option.Name}: found with {beside}");
    }

    /// <summary>
    /// What an option has in the help: alternatives that are too wide for the left column move to the text.
    /// </summary>
    /// <param name="description">The text.</param>
    /// <param name="alternatives">What stands for the value, such as <c>cosine|jaccard</c>.</param>
    public static (string Description, string HelpName) Help(string description, string alternatives) =>
        alternatives.Length <= WidestPlaceholder ? (description, alternatives)
        : ($"{description} One of {alternatives.Replace("|", ", ")}.", "NAME");

    private static (string Description, string HelpName) Help<T>(string description) where T : struct, Enum =>
        Help(description, string.Join('|', Names<T>()));

    private static string[] Names<T>() where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];

    private static T ParseChoice<T>(ArgumentResult result, string name) where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        int index = Array.IndexOf(Names<T>(), text.ToLowerInvariant());
        if (index >= 0)
            return Enum.GetValues<T>()[index];
        result.AddError($"{name}: found '{text}'; expected one of {string.Join(", ", Names<T>())}");
        return default;
    }

    private static T Parse<T>(ArgumentResult result, string name, string text, string expected, Func<T, bool> valid)
        where T : struct, INumber<T>
    {
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && valid(value))
            return value;
        result.AddError($"{name}: found '{text}'; expected {expected}");
        return default;
    }
}
