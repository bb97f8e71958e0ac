using System.Globalization;
using System.Text;

namespace VaeCf.Native.Data;

/// <summary>
/// Reads the times of clicks as whole numbers: a number as it stands, a date as seconds since 1970; where a file's
/// first times have fractions, all its times in thousandths.
/// </summary>
/// <param name="areDates">Whether the times are dates, else numbers.</param>
/// <param name="inThousandths">Whether times are counted in thousandths.</param>
internal sealed class ClickTime(bool areDates, bool inThousandths)
{
    /// <summary>What a message expects.</summary>
    public const string Expected = "a timestamp: a number, or a date such as 2020-01-31, 2020-01-31T12:30:00Z or "
        + "Tue Apr 03 18:00:09 +0000 2012";

    private const int ShortestDate = 8, LongestDate = 64;

    private static readonly string[] formats =
    [
        .. from day in (string[])["yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "d-MMM-yyyy", "d MMM yyyy", "MMM d yyyy",
               "MMM d, yyyy", "MMMM d, yyyy", "d MMMM yyyy"]
           from time in (string[])["", " H:mmK", " H:mm:ssK", " H:mm:ss.FFFFFFFK", " H:mm:ss K", " H:mm:ss 'UTC'",
               " H:mm:ss.FFFFFFF 'UTC'"]
           select day + time,
        "yyyy-M-d'T'H:mmK", "yyyy-M-d'T'H:mm:ssK", "yyyy-M-d'T'H:mm:ss.FFFFFFFK",
        "ddd MMM d H:mm:ss K yyyy", "ddd MMM d H:mm:ss yyyy", "ddd, d MMM yyyy H:mm:ss 'GMT'",
        "ddd, d MMM yyyy H:mm:ss K",
    ];

    // A file's dates are nearly always of one format.
    private string format = formats[0];

    /// <summary>Whether some times have a fraction, which whole units would lose.</summary>
    public static bool HaveFractions(IEnumerable<string> times)
    {
        bool Has(byte[] text, bool dates) => new ClickTime(dates, false).TryParse(text, out long whole)
            && new ClickTime(dates, true).TryParse(text, out long finer) && finer != whole * 1000;
        return times.Select(Encoding.UTF8.GetBytes).Any(text => Has(text, false) || Has(text, true));
    }

    /// <summary>Reads a time.</summary>
    public bool TryParse(ReadOnlySpan<byte> text, out long time)
    {
        if (areDates)
            return TryDate(text, out time);
        if (RecordReader.TryNumber(text, out time) && !inThousandths)
            return true;
        int scale = inThousandths ? 1000 : 1;
        bool fits = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            && Math.Abs(number) < long.MaxValue / scale;
        time = fits ? (long)decimal.Floor(number * scale) : 0;
        return fits;
    }

    private bool TryDate(ReadOnlySpan<byte> text, out long time)
    {
        time = 0;
        if (text.Length is < ShortestDate or > LongestDate
            || !TryDate(Encoding.UTF8.GetString(text), out DateTimeOffset date))
            return false;
        time = inThousandths ? date.ToUnixTimeMilliseconds() : date.ToUnixTimeSeconds();
        return true;
    }

    private bool TryDate(string text, out DateTimeOffset date)
    {
        static bool Is(string text, string format, out DateTimeOffset date) => DateTimeOffset.TryParseExact(
            text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
        if (Is(text, format, out date))
            return true;
        foreach (string other in formats)
            if (Is(text, other, out date))
            {
                format = other;
                return true;
            }
        return false;
    }
}
