using System.Globalization;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>What is said of ids that a model does not know.</summary>
internal static class IdSpelling
{
    private const string Decimal = ".0";

    /// <summary>Writes which of some ids the model does not know, and how it spells them if it knows others.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="option">The option that gives the ids.</param>
    /// <param name="given">The ids.</param>
    /// <param name="known">The model's ids.</param>
    public static void ReportUnknown(CommandContext context, string option, IReadOnlyList<string> given,
        Vocabulary known)
    {
        string[] unknown = Unknown(given, known);
        if (unknown.Length > 0)
            context.WriteErrorLine($"{option}: the model does not know {TerminalText.List(unknown)}");
        ReportSpelling(context, option, given, known);
    }

    /// <summary>Writes how the model spells ids that it does not know as they are given, if it has such.</summary>
    public static void ReportSpelling(CommandContext context, string option, IReadOnlyList<string> given,
        Vocabulary known)
    {
        if (Hint(given, known) is { } hint)
            context.WriteErrorLine($"{option}: {hint}");
    }

    /// <summary>
    /// How the model spells ids that it does not know as they are given: with or without <c>.0</c>, leading zeros or
    /// capital letters; null if it has none of them.
    /// </summary>
    public static string? Hint(IReadOnlyList<string> given, Vocabulary known)
    {
        string[] unknown = Unknown(given, known);
        if (unknown.Length == 0)
            return null;
        var spelled = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string id in Ids(known))
            spelled.TryAdd(Plain(id), id);
        (string Given, string Known)[] pairs = [.. unknown.Where(id => spelled.ContainsKey(Plain(id)))
            .Select(id => (id, spelled[Plain(id)]))];
        if (pairs.Length == 0)
            return null;
        string example = $"write {pairs[0].Known} for {pairs[0].Given}";
        return given.All(IsDecimal) && !Ids(known).Any(IsDecimal)
            ? $"all of these ids end in {Decimal} and none of the model's does: {example}"
            : Ids(known).All(IsDecimal) && !given.Any(IsDecimal)
            ? $"all of the model's ids end in {Decimal} and none of these does: {example}, or train on ids without it"
            : $"the model has {TerminalText.List(pairs.Select(pair => $"'{pair.Known}' for '{pair.Given}'"))}";
    }

    /// <summary>The ids of a vocabulary.</summary>
    public static IEnumerable<string> Ids(Vocabulary ids) => Enumerable.Range(0, ids.Count).Select(i => ids[i]);

    private static string[] Unknown(IEnumerable<string> given, Vocabulary known) =>
        [.. given.Distinct().Where(id => known.IndexOf(id) < 0)];

    private static bool IsDecimal(string id) => id.EndsWith(Decimal, StringComparison.Ordinal);

    // What spellings of an id have in common.
    private static string Plain(string id)
    {
        string whole = IsDecimal(id) ? id[..^Decimal.Length] : id;
        return whole.Length > 0 && whole.All(char.IsAsciiDigit) ? whole.TrimStart('0')
            : id.ToLower(CultureInfo.InvariantCulture);
    }
}
