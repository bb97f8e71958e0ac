using System.Globalization;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>Guesses the layout of a file of clicks from its first records.</summary>
internal static class LayoutGuess
{
    private const int FirstTime = 100_000_000, LongestScale = 21, MostColumns = 10_000;
    private const double TopOfScales = 10, LeastMedianOfRatings = 3;

    /// <summary>The layout that the options or the first records say.</summary>
    /// <exception cref="InputException">They say none, or more than one.</exception>
    public static ClickLayout Of(RecordReader reader, ReadOptions options)
    {
        if (reader.Ahead.Trim(" \t"u8).IsEmpty)
            throw ClickLayout.NothingButBlankLines(reader);
        if (reader.Ahead is [(byte)'#' or (byte)'%', ..] || reader.Ahead.StartsWith("sep="u8))
            throw new InputException(reader.Path, 1, RecordReader.Show(reader.Ahead),
                "a header or a click; take comments and the like out of the file first");
        if (options.Delimiter is null && reader.Ahead.TrimStart((byte)' ') is [(byte)'{', ..])
            return ClickLayout.Objects(reader, options);
        if (options.Delimiter is null && !IsNamed(options)
            && reader.Sample("\t", ClickLayout.SampleSize) is [_, ..] lines && lines.All(IsTimedItems))
            return ClickLayout.TimedItems(reader);
        string delimiter = options.Delimiter ?? Delimiter(reader);
        List<string[]> sample = reader.Sample(delimiter, ClickLayout.SampleSize);
        if (sample.Count == 0)
            throw ClickLayout.NothingButBlankLines(reader);
        string[] first = sample[0];
        // A line of a user's items, all of them numbers, may be long; a table has few columns.
        if (first.Length > MostColumns && !first.All(IsNumber))
            throw new InputException(reader.Path, 1, $"{first.Length} columns", $"at most {MostColumns}");
        if (Numbers(options) is { } columns && !AreNames(first, options))
            return Numbered(reader, columns, delimiter, sample, options);
        if (IsNamed(options) || HasNames(first))
            return ClickLayout.Named(reader, HeaderFormat(first, delimiter), delimiter, options);
        if (first is [[.., ':']] && sample.Any(fields => fields.Length > 1))
            return ClickLayout.Netflix(reader);
        return delimiter == "" ? Words(reader, sample, options) : Headerless(reader, sample, delimiter, options);
    }

    /// <summary>
    /// The delimiter that the first records seem to have: of those that the first line holds, the one that gives a
    /// header with known names, the same number of fields on each line, or the most fields; runs of spaces ("") if it
    /// holds none.
    /// </summary>
    public static string Delimiter(RecordReader reader)
    {
        (string Delimiter, (bool, bool, int) Rank) best = ("", default);
        string line = Encoding.UTF8.GetString(reader.Ahead[..Math.Min(reader.Ahead.Length, 1 << 16)]);
        foreach (string delimiter in (string[])["::", "\t", ";", "|", ","])
        {
            if (!line.Contains(delimiter))
                continue;
            List<string[]> sample = reader.Sample(delimiter, ClickLayout.SampleSize);
            if (sample.Count == 0)
                sample = reader.Sample(delimiter, ClickLayout.SampleSize, quoted: false);
            if (sample is not [var first, ..])
                continue;
            bool even = sample.All(fields => fields.Length == first.Length);
            (bool, bool, int) rank = (HasNames(first), even, first.Length);
            if (rank.CompareTo(best.Rank) > 0)
                best = (delimiter, rank);
        }
        // Numbers between spaces and tabs.
        if (best.Delimiter == "\t" && reader.Sample("", ClickLayout.SampleSize) is [var words, ..] all
            && words.Length > best.Rank.Item3
            && all.All(fields => fields.Length == words.Length && fields.All(IsNumber)))
            return "";
        // A file in Netflix's blocks begins with a line of an item alone.
        return best.Delimiter == "" && line.EndsWith(':') && !line.Contains(' ') ? "," : best.Delimiter;
    }

    /// <summary>A delimiter as a message names it.</summary>
    public static string Words(string delimiter) =>
        delimiter switch { "" => "spaces", "\t" => "a tab", _ => $"'{delimiter}'" };

    /// <summary>The columns, from 0, where all that the options give are numbers; null if not.</summary>
    public static int[]? Numbers(ReadOptions options)
    {
        string?[] given = [options.UserColumn, options.ItemColumn, options.RatingColumn, options.TimestampColumn];
        var columns = new int[given.Length];
        for (int i = 0; i < given.Length; i++)
            if (string.IsNullOrEmpty(given[i]))
                columns[i] = -1;
            else if (!int.TryParse(given[i], NumberStyles.None, CultureInfo.InvariantCulture, out columns[i])
                || columns[i]-- == 0)
                return null;
        return columns[0] >= 0 && columns[1] >= 0 ? columns : null;
    }

    /// <summary>
    /// User, item, and perhaps rating and time, by what the columns hold; null where that is not clear.
    /// </summary>
    public static int[]? Positions(List<string[]> sample)
    {
        int count = sample[0].Length;
        bool All(int column, Func<string, bool> what) =>
            sample.All(fields => fields.Length != count || what(fields[column]));
        if (count < 2 || All(0, IsDate) || All(1, IsDate))
            return null;
        return count switch
        {
            2 => [0, 1, -1, -1],
            3 when All(2, IsLateTime) => [0, 1, -1, 2],
            3 when All(2, IsNumber) => [0, 1, 2, -1],
            4 when All(2, IsNumber) && !All(2, IsLateTime) && All(3, IsTime) => [0, 1, 2, 3],
            _ => null,
        };
    }

    /// <summary>Whether a text is a date.</summary>
    public static bool IsDate(string text) =>
        new ClickTime(areDates: true, false).TryParse(Encoding.UTF8.GetBytes(text), out _);

    /// <summary>What a column holds, by its name or, where that may be either, by its values.</summary>
    public static ClickValues Kind(string name, string[] values)
    {
        if (ColumnNames.Find([name], ColumnNames.Rating).Length > 0)
            return ClickValues.Ratings;
        if (ColumnNames.Find([name], ColumnNames.Count).Length > 0)
            return ClickValues.Counts;
        // Ratings: a scale of few steps, most of it liked. Counts: most are small, and some exceed any scale.
        double[] numbers = [.. values.Select(value => Number(value, out double number) ? number : double.NaN).Order()];
        return numbers.Length > 0 && numbers[^1] <= TopOfScales && numbers[0] >= 0
            && numbers.All(number => 2 * number == Math.Round(2 * number))
            && numbers.Distinct().Count() <= LongestScale && numbers[numbers.Length / 2] >= LeastMedianOfRatings
            ? ClickValues.Ratings : ClickValues.Counts;
    }

    /// <summary>Reads a number, with a point or, where the delimiter leaves it, a comma.</summary>
    public static bool Number(string text, out double number) => double.TryParse(text.Replace(',', '.'),
        NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Whether a text is a number.</summary>
    public static bool IsNumber(string text) => Number(text, out _);

    private static bool IsTime(string text) => IsNumber(text) || IsDate(text);

    private static bool IsWhole(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign,
        CultureInfo.InvariantCulture, out _);

    // A rating is never so large, and a date is no number.
    private static bool IsLateTime(string text) =>
        Number(text, out double number) ? number >= FirstTime : IsTime(text);

    private static bool HasNames(string[] names) =>
        ColumnNames.Find(names, ColumnNames.User).Length > 0 && ColumnNames.Find(names, ColumnNames.Item).Length > 0;

    private static bool IsNamed(ReadOptions options) =>
        (options.UserColumn ?? options.ItemColumn ?? options.RatingColumn ?? options.TimestampColumn) is not null;

    // A column may be called 1.
    private static bool AreNames(string[] first, ReadOptions options) =>
        first.Contains(options.UserColumn) && first.Contains(options.ItemColumn);

    private static ClickFormat HeaderFormat(string[] names, string delimiter)
    {
        string[] lower = [.. names.Select(name => name.ToLowerInvariant())];
        return delimiter != "," ? ClickFormat.Delimited
            : lower is ["userid", "movieid", "rating", "timestamp"] ? ClickFormat.MovieLensCsv
            : lower.Contains("uid") && lower.Contains("sid") ? ClickFormat.Pairs : ClickFormat.Delimited;
    }

    // Columns by number: a first line that can only be a header is passed.
    private static ClickLayout Numbered(RecordReader reader, int[] columns, string delimiter, List<string[]> sample,
        ReadOptions options)
    {
        string[] first = sample[0];
        if (columns.Max() >= first.Length || !IsHeader(sample))
            return ClickLayout.ByPosition(reader, ClickFormat.Headerless, delimiter, options);
        string? Name(int column) => column < 0 ? "" : first[column];
        return ClickLayout.Named(reader, HeaderFormat(first, delimiter), delimiter, options with
        {
            UserColumn = Name(columns[0]),
            ItemColumn = Name(columns[1]),
            RatingColumn = Name(columns[2]),
            TimestampColumn = Name(columns[3]),
        });
    }

    // No name is a number, and a column of numbers has no other text but its name.
    private static bool IsHeader(List<string[]> sample) => !sample[0].Any(IsTime)
        && (HasNames(sample[0]) || sample.Count > 1 && Enumerable.Range(0, sample[0].Length)
            .Any(column => sample.Skip(1)
                .All(fields => fields.Length == sample[0].Length && IsTime(fields[column]))));

    private static bool IsTimedItems(string[] fields)
    {
        if (fields.Length != 2)
            return false;
        string[] entries = fields[1].Split(':');
        return entries.All(entry => entry.IndexOf(',') > 0 && IsWhole(entry[(entry.LastIndexOf(',') + 1)..]));
    }

    private static ClickLayout Headerless(RecordReader reader, List<string[]> sample, string delimiter,
        ReadOptions options)
    {
        string[] first = sample[0];
        if (IsHeader(sample))
            throw ClickLayout.Wrong(reader, $"the columns {string.Join(", ", first)}",
                "a user and an item column with common names, or their names");
        bool known = delimiter == "::" || delimiter == "\t" && first.All(IsNumber);
        if (!first.Any(IsNumber) || Positions(sample) is null)
            throw ClickLayout.Wrong(reader, RecordReader.Show(reader.Ahead),
                "a layout that is known: a header that names a user and an item column; user, item and perhaps rating "
                + "and time without a header; a user and its items between spaces; otherwise, specify the columns "
                + "(by number, as in 1,2, where there is no header) or the format");
        return ClickLayout.ByPosition(reader, !known || first.Length is not (3 or 4) ? ClickFormat.Headerless
            : delimiter == "::" ? ClickFormat.RatingsDat : ClickFormat.UData, delimiter, options);
    }

    // Between spaces: a user and its items, or user, item and rating.
    private static ClickLayout Words(RecordReader reader, List<string[]> sample, ReadOptions options)
    {
        bool even = sample.All(fields => fields.Length == sample[0].Length) && sample[0].Length is 3 or 4;
        bool whole = sample.All(fields => fields.All(IsWhole));
        bool again = sample.Select(fields => fields[0]).Distinct().Count() < sample.Count;
        if (even && Positions(sample) is { } columns && (!whole || columns[3] >= 0 && sample.All(fields =>
            IsLateTime(fields[columns[3]])) || again && columns[2] >= 0
            && Kind("", [.. sample.Select(fields => fields[columns[2]])]) == ClickValues.Ratings))
            return ClickLayout.ByPosition(reader, ClickFormat.Headerless, "", options);
        // Where each line begins with the number of its items, such numbers come again; users would not.
        if (whole && again && !even && sample.All(fields => fields[0] == $"{fields.Length - 1}"))
            return ClickLayout.Adjacency(reader, ClickFormat.CountedAdjacency);
        if (whole && !(even && again))
            return ClickLayout.Adjacency(reader, ClickFormat.Adjacency) with { MayBeRatings = even };
        if (!sample[0].All(IsWhole))
            return Headerless(reader, sample, "", options);
        int odd = sample.FindIndex(fields => !fields.All(IsWhole));
        throw ClickLayout.Unknown(reader, odd < 0
            ? $"either a user and its items, or user, item and a number: the {sample.Count} first lines could be both; "
                + "specify the format, adjacency or headerless"
            : "a user and its items on each line, as here, or user, item and rating, "
                + $"as '{string.Join(' ', sample[odd])}' further down seems to be; "
                + "specify the format, adjacency or headerless");
    }
}
