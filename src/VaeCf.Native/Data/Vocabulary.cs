using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>The original ids of users or items, numbers or text, each with its index from 0 in the matrix.</summary>
public sealed class Vocabulary
{
    private readonly long[]? numbers;
    private readonly string[]? texts;
    private readonly Dictionary<long, int>? indexOfNumber;
    private readonly Dictionary<string, int>? indexOfText;

    /// <summary>A vocabulary of numeric ids.</summary>
    /// <exception cref="ArgumentException">An id repeats.</exception>
    public Vocabulary(long[] ids)
    {
        numbers = ids;
        indexOfNumber = new Dictionary<long, int>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
            if (!indexOfNumber.TryAdd(ids[i], i))
                throw new ArgumentException($"id {ids[i]} stands at {indexOfNumber[ids[i]]} and at {i}", nameof(ids));
    }

    /// <summary>A vocabulary of text ids, compared character by character.</summary>
    /// <exception cref="ArgumentException">An id repeats.</exception>
    public Vocabulary(string[] ids)
    {
        texts = ids;
        indexOfText = new Dictionary<string, int>(ids.Length, StringComparer.Ordinal);
        for (int i = 0; i < ids.Length; i++)
            if (!indexOfText.TryAdd(ids[i], i))
                throw new ArgumentException($"id '{ids[i]}' stands at {indexOfText[ids[i]]} and at {i}", nameof(ids));
    }

    /// <summary>Number of ids.</summary>
    public int Count => numbers?.Length ?? texts!.Length;

    /// <summary>Whether all ids are numbers.</summary>
    public bool IsNumeric => numbers is not null;

    /// <summary>The id at an index, as text.</summary>
    public string this[int index] => numbers is not null ? numbers[index].ToString(CultureInfo.InvariantCulture)
        : texts![index];

    /// <summary>The index of an id, or -1 if it is unknown.</summary>
    public int IndexOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return numbers is null ? indexOfText!.GetValueOrDefault(id, -1)
            : long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? IndexOf(number) : -1;
    }

    /// <summary>The index of a numeric id, or -1 if it is unknown.</summary>
    public int IndexOf(long id) => numbers is not null
        ? indexOfNumber!.GetValueOrDefault(id, -1)
        : IndexOf(id.ToString(CultureInfo.InvariantCulture));

    /// <summary>All ids of several vocabularies, ascending (text by code unit).</summary>
    internal static Vocabulary Union(params IEnumerable<Vocabulary> parts) => parts.All(part => part.IsNumeric)
        ? new([.. parts.SelectMany(part => part.numbers!).Distinct().Order()])
        : new([.. parts.SelectMany(part => part.Ids).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>The ids at some indices, in that order.</summary>
    internal Vocabulary Select(ReadOnlySpan<int> indices)
    {
        var chosenNumbers = new long[numbers is null ? 0 : indices.Length];
        var chosenTexts = new string[numbers is null ? indices.Length : 0];
        for (int i = 0; i < indices.Length; i++)
            if (numbers is not null)
                chosenNumbers[i] = numbers[indices[i]];
            else
                chosenTexts[i] = texts![indices[i]];
        return numbers is not null ? new(chosenNumbers) : new(chosenTexts);
    }

    /// <summary>The numeric id at an index.</summary>
    internal long NumberAt(int index) => numbers![index];

    private IEnumerable<string> Ids => Enumerable.Range(0, Count).Select(i => this[i]);
}
