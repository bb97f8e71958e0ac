namespace VaeCf.Native.Data;

/// <summary>Reads what items are like: their genres, or other words.</summary>
public static class ItemFeatures
{
    // What MovieLens writes where a film has no genre.
    private const string NoGenres = "(no genres listed)";

    /// <summary>
    /// Reads the features in a table of items, plain or packed, in the layouts that <see cref="Titles.Read"/> reads.
    /// They stand in a column named genres, features, categories or tags, or without a header in the last one, with
    /// bars between them: <c>Adventure|Comedy</c>.
    /// </summary>
    /// <param name="path">The file, such as MovieLens's <c>movies.csv</c> or <c>movies.dat</c>.</param>
    /// <returns>The features of each item, each once, by the item's id as <see cref="Vocabulary"/> gives it.</returns>
    /// <exception cref="InputException">
    /// The file is missing or damaged, a column is missing, a line is malformed, or an item stands there twice with
    /// different features.
    /// </exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Titles.ReadColumn(path, null, null, "genres", ColumnNames.Features, columns => columns - 1, null)
            .ToDictionary(item => item.Key, item => (IReadOnlyList<string>)[.. item.Value
                .Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(feature => feature != NoGenres).Distinct()], StringComparer.Ordinal);
    }
}
