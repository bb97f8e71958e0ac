using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>The options that say what items are called.</summary>
internal sealed class TitleOptions
{
    private readonly Option<string> file = new("--titles")
    {
        Description = "A table with a title for each item, such as MovieLens's movies.csv, movies.dat or u.item.",
        HelpName = "FILE",
    };
    private readonly Option<string> columns = new("--title-columns")
    {
        Description = "Names of the table's item and title columns, if theirs are uncommon.",
        HelpName = "ITEM,TITLE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        columns.Validators.Add(result =>
        {
            string text = result.Tokens is [var token, ..] ? token.Value : "";
            if (text.Split(',') is not [{ Length: > 0 }, { Length: > 0 }])
                result.AddError($"--title-columns: found '{text}'; expected two names, separated by a comma");
        });
        command.Options.Add(file);
        command.Options.Add(columns);
    }

    /// <summary>The table's file; null where none is given.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(file);

    /// <summary>Throws if one of the options was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="beside">What they do not go with.</param>
    public void Refuse(ParseResult parsed, string beside) => Options.Refuse(parsed, beside, file, columns);

    /// <summary>Title by item id; null where no table is given. If it has none of the items, that is said.</summary>
    /// <exception cref="InputException">The table cannot be read.</exception>
    public IReadOnlyDictionary<string, string>? Read(CommandContext context, ParseResult parsed, Vocabulary items)
    {
        string[]? names = parsed.GetValue(columns)?.Split(',');
        if (parsed.GetValue(file) is not { } path)
        {
            Options.Refuse(parsed, "no --titles; expected both", columns);
            return null;
        }
        try
        {
            IReadOnlyDictionary<string, string> titles = Titles.Read(path, names?[0], names?[1]);
            if (!IdSpelling.Ids(items).Any(titles.ContainsKey))
                context.WriteErrorLine($"--titles: {path} has a title for none of the model's items: "
                    + (IdSpelling.Hint([.. titles.Keys], items) ?? $"the model's ids are such as {items[0]}"));
            return titles;
        }
        catch (InputException e) when (e.Remedy is not null)
        {
            throw new InputException($"{e.Message} (--title-columns ITEM,TITLE says which they are)", e);
        }
    }
}
