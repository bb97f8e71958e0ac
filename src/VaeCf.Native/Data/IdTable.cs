using System.Globalization;

namespace VaeCf.Native.Data;

/// <summary>
/// Gives each id its index in the order of appearance. Ids are kept as numbers until one comes that is not a plain
/// 64-bit number (<c>007</c>, <c>abc</c>); from then on all are text.
/// </summary>
internal sealed class IdTable
{
    private readonly Dictionary<long, int> ofNumber = [];
    private Dictionary<string, int>? ofText;
    private long lastNumber;
    private int lastIndex = -1;

    /// <summary>Ids so far.</summary>
    public int Count => ofText?.Count ?? ofNumber.Count;

    /// <summary>The index of the id in a field; a new id gets the next one.</summary>
    /// <exception cref="InputException">The field is empty or not UTF-8.</exception>
    public int Intern(RecordReader record, int field)
    {
        if (ofText is null && RecordReader.TryNumber(record.Field(field), out long number))
            return InternNumber(number);
        string text = record.Text(field);
        return text.Length > 0 ? InternText(text) : throw record.Error("an empty field", "an id");
    }

    /// <summary>The index of an id that is not empty: a number if it is written as one.</summary>
    public int Intern(string id)
    {
        bool isNumber = long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        return isNumber && ofText is null && Text(number) == id ? InternNumber(number) : InternText(id);
    }

    /// <summary>The index of a number.</summary>
    public int Intern(long number) => ofText is null ? InternNumber(number) : InternText(Text(number));

    private int InternNumber(long number)
    {
        // Most files have a user's rows together.
        if (number == lastNumber && lastIndex >= 0)
            return lastIndex;
        if (!ofNumber.TryGetValue(number, out int index))
            ofNumber.Add(number, index = ofNumber.Count);
        lastNumber = number;
        return lastIndex = index;
    }

    private int InternText(string text)
    {
        if (ofText is null)
        {
            ofText = new Dictionary<string, int>(ofNumber.Count, StringComparer.Ordinal);
            foreach ((long id, int index) in ofNumber)
                ofText.Add(Text(id), index);
        }
        if (!ofText.TryGetValue(text, out int known))
            ofText.Add(text, known = ofText.Count);
        return known;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The ids in the order of appearance.</summary>
    public Vocabulary ToVocabulary()
    {
        if (ofText is not null)
        {
            var texts = new string[Count];
            foreach ((string id, int index) in ofText)
                texts[index] = id;
            return new Vocabulary(texts);
        }
        var numbers = new long[Count];
        foreach ((long id, int index) in ofNumber)
            numbers[index] = id;
        return new Vocabulary(numbers);
    }

    /// <summary>
    /// The used ids in ascending order (text by code unit), and the new index of each old one, -1 if it is not used.
    /// </summary>
    public (Vocabulary Sorted, int[] NewIndex) Sort(bool[] used)
    {
        var newIndex = new int[Count];
        Array.Fill(newIndex, -1);
        if (ofText is not null)
        {
            string[] texts = [.. ofText.Where(id => used[id.Value]).Select(id => id.Key)];
            Array.Sort(texts, StringComparer.Ordinal);
            for (int i = 0; i < texts.Length; i++)
                newIndex[ofText[texts[i]]] = i;
            return (new Vocabulary(texts), newIndex);
        }
        long[] numbers = [.. ofNumber.Where(id => used[id.Value]).Select(id => id.Key)];
        Array.Sort(numbers);
        for (int i = 0; i < numbers.Length; i++)
            newIndex[ofNumber[numbers[i]]] = i;
        return (new Vocabulary(numbers), newIndex);
    }
}
