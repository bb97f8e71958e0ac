using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using VaeCf.Native.Data;
using Xunit.Abstractions;

namespace VaeCf.Native.Tests.Data;

/// <summary>One set of clicks, written at random in every layout, is read as the same clicks.</summary>
public class WritingsTests(ITestOutputHelper output)
{
    private const int Writings = 500;

    private sealed record Row(string User, string Item, double Rating, long Time);

    // A writing: what it says, and the clicks that it holds.
    private sealed record Writing(string What, byte[] Bytes, bool Rated, bool Timed, Row[] Rows);

    [Fact]
    public void Five_hundred_writings_give_the_same_clicks_or_an_error_that_names_the_line()
    {
        var refused = new Dictionary<string, int>();
        for (int seed = 0; seed < Writings; seed++)
        {
            Writing writing = new Writer(seed).Write();
            try
            {
                ClickData data = ClickReader.Read(new MemoryStream(writing.Bytes),
                    new() { KeepOrder = true, LeastLiked = 4 }, "writing");
                Assert.True(Expected(writing) == Show(data), $"{seed}, {writing.What}: {data.Report}\n{Show(data)}\n"
                    + $"{Encoding.UTF8.GetString(writing.Bytes.AsSpan(0, Math.Min(300, writing.Bytes.Length)))}");
            }
            catch (InputException e)
            {
                Assert.Matches("^writing, line [0-9]+: found .*; expected ", e.Message);
                refused[writing.What] = refused.GetValueOrDefault(writing.What) + 1;
            }
        }
        foreach ((string what, int count) in refused)
            output.WriteLine($"{what}: refused {count}");
        Assert.InRange(refused.Values.Sum(), 0, Writings / 20);
    }

    private static string Expected(Writing writing) => Sorted(
        from row in writing.Rows
        where !writing.Rated || row.Rating >= 4
        group row by row.User into user
        select $"{user.Key}: " + string.Join(' ',
            (writing.Timed ? user.OrderBy(row => row.Time) : user.AsEnumerable()).Select(row => row.Item)));

    private static string Show(ClickData data) => Sorted(Enumerable.Range(0, data.Matrix.UserCount)
        .Select(row => $"{data.Users[row]}: " + string.Join(' ',
            data.Matrix.InOrder(row).ToArray().Select(item => data.Items[item]))));

    private static string Sorted(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));

    private sealed class Writer(int seed)
    {
        private readonly Random random = new(seed);

        public Writing Write()
        {
            (string what, Func<Row[], (string Text, bool Rated, bool Timed)> layout) =
                Of<(string, Func<Row[], (string Text, bool Rated, bool Timed)>)>(
                ("header", Header), ("headerless", Headerless), ("jsonlines", Objects), ("netflix", Netflix),
                ("timeditems", TimedItems), ("adjacency", Adjacency), ("ratings.dat", rows => Positional(rows, "::")),
                ("u.data", rows => Positional(rows, "\t")));
            Row[] rows = Clicks(numbers: what is "adjacency" or "u.data" or "ratings.dat");
            (string text, bool rated, bool timed) = layout(rows);
            string end = what == "header" ? Of("\n", "\r\n", "\r") : Of("\n", "\r\n");
            text = text.Replace("\n", end);
            if (random.Next(4) == 0)
                text = text[..^end.Length];
            Encoding encoding = Of(new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode);
            return new($"{what}, {encoding.WebName}", Packed([.. encoding.GetPreamble(), .. encoding.GetBytes(text)]),
                rated, timed, rows);
        }

        private T Of<T>(params T[] choices) => choices[random.Next(choices.Length)];

        private static string Text(FormattableString text) => FormattableString.Invariant(text);

        private Row[] Clicks(bool numbers)
        {
            bool words = !numbers && random.Next(3) == 0;
            string Id(int i) => words ? $"{"äbcxyz"[i % 6]}{i}" : $"{i}";
            var rows = new List<Row>();
            for (int user = 1; user <= 20; user++)
                foreach (int item in Enumerable.Range(101, 30).OrderBy(_ => random.Next()).Take(random.Next(5, 12)))
                    rows.Add(new(Id(user), Id(item), random.Next(1, 11) / 2.0 is < 3 and var low && random.Next(2) == 0
                        ? 5 : random.Next(2, 11) / 2.0, 978300000 + rows.Count * 60 + random.Next(60)));
            return [.. rows.OrderBy(_ => random.Next())];
        }

        private byte[] Packed(byte[] bytes)
        {
            int kind = random.Next(4);
            if (kind > 1)
                return bytes;
            using var packed = new MemoryStream();
            if (kind == 0)
                using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
                    gzip.Write(bytes);
            else
                using (var zip = new ZipArchive(packed, ZipArchiveMode.Create))
                using (Stream entry = zip.CreateEntry("clicks").Open())
                    entry.Write(bytes);
            return packed.ToArray();
        }

        private Func<long, string> Times() => Of<Func<long, string>>(time => $"{time}", time => $"{time}.0",
            time => $"{Date(time):yyyy-MM-ddTHH:mm:ssZ}", time => $"{Date(time):yyyy-MM-dd HH:mm:ss}",
            time => Date(time).ToString("ddd MMM dd HH:mm:ss +0000 yyyy", CultureInfo.InvariantCulture));

        private static DateTimeOffset Date(long time) => DateTimeOffset.FromUnixTimeSeconds(time);

        // Ratings as text; never all of them whole, for then a layout without names may take them for counts.
        private Func<double, string> Ratings(string delimiter) => Of<Func<double, string>>(
            rating => Text($"{rating}"), rating => Text($"{rating:0.0}"),
            rating => delimiter is "," or "" ? Text($"{rating:0.0}") : Text($"{rating:0.0}").Replace('.', ','));

        private (string, bool, bool) Header(Row[] rows)
        {
            string delimiter = Of(",", ";", "\t", "|", "::");
            bool rated = random.Next(3) > 0, timed = random.Next(3) > 0, noted = random.Next(3) == 0;
            bool quoted = delimiter.Length == 1 && delimiter != "\t";
            Func<long, string> time = Times();
            Func<double, string> rating = Ratings(delimiter);
            var columns = new List<(string Name, Func<Row, string> Of)>
            {
                (Of("userId", "user_id:token", "UID", "User-ID"), row => row.User),
                (Of("movieId", "item_id:token", "sid", "ISBN"), row => row.Item),
            };
            if (rated)
                columns.Add((Of("rating", "rating:float", "stars", "Book-Rating"), row => rating(row.Rating)));
            if (timed)
                columns.Add((Of("timestamp", "timestamp:float", "date", "time"), row => time(row.Time)));
            if (noted)
                columns.Add(("note", row => quoted ? Of($"a{delimiter}b", "two\nlines", "say \"hi\"", "") : "x"));
            columns = [.. columns.OrderBy(_ => random.Next())];
            string Field(string text) => quoted
                && (random.Next(4) == 0 || text.AsSpan().IndexOfAny($"{delimiter}\"\n") >= 0)
                ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
            string Line(Func<(string Name, Func<Row, string> Of), string> of) =>
                string.Join(delimiter, columns.Select(one => Field(of(one)))) + "\n";
            return (Line(one => one.Name) + string.Concat(rows.Select(row => Line(one => one.Of(row)))), rated, timed);
        }

        private (string, bool, bool) Headerless(Row[] rows)
        {
            string delimiter = Of(",", ";", "|", "\t", " ", "  ");
            bool rated = random.Next(3) > 0, timed = random.Next(2) == 0;
            Func<long, string> time = delimiter.StartsWith(' ') ? time => $"{time}" : Times();
            Func<double, string> rating = Ratings(delimiter.Trim());
            return (string.Concat(rows.Select(row => string.Join(delimiter, (IEnumerable<string>)
                [row.User, row.Item, .. rated ? [rating(row.Rating)] : Array.Empty<string>(),
                    .. timed ? [time(row.Time)] : Array.Empty<string>()]) + "\n")), rated, timed);
        }

        private (string, bool, bool) Positional(Row[] rows, string delimiter)
        {
            bool timed = random.Next(2) == 0;
            return (string.Concat(rows.Select(row => string.Join(delimiter, (IEnumerable<string>)
                [row.User, row.Item, Text($"{row.Rating}"), .. timed ? [$"{row.Time}"] : Array.Empty<string>()])
                + "\n")), true, timed);
        }

        private (string, bool, bool) Objects(Row[] rows)
        {
            bool rated = random.Next(2) == 0, timed = random.Next(2) == 0, quoted = random.Next(2) == 0;
            Func<long, string> time = Times();
            return (string.Concat(rows.Select(row =>
            {
                var one = new List<(string Key, object Value)>
                {
                    ("reviewerID", quoted || !int.TryParse(row.User, out int user) ? row.User : user),
                    ("asin", quoted || !int.TryParse(row.Item, out int item) ? row.Item : item),
                    ("helpful", (int[])[1, 2]),
                };
                if (rated)
                    one.Add(("overall", row.Rating));
                if (timed)
                    one.Add(("unixReviewTime", time(row.Time)));
                return JsonSerializer.Serialize(one.OrderBy(_ => random.Next()).ToDictionary(x => x.Key, x => x.Value))
                    + "\n";
            })), rated, timed);
        }

        private (string, bool, bool) Netflix(Row[] rows) => (string.Concat(rows.GroupBy(row => row.Item).Select(item =>
            $"{item.Key}:\n" + string.Concat(item.Select(row =>
                Text($"{row.User},{row.Rating},{Date(row.Time):yyyy-MM-ddTHH:mm:ss}\n"))))), true, true);

        private (string, bool, bool) TimedItems(Row[] rows) => (string.Concat(
            rows.GroupBy(row => row.User).Select(user =>
                $"{user.Key}\t{string.Join(':', user.Select(row => $"{row.Item},{row.Time}"))}\n")), false, true);

        private (string, bool, bool) Adjacency(Row[] rows) => (string.Concat(
            rows.GroupBy(row => row.User).Select(user =>
                $"{user.Key} {string.Join(Of(" ", "  "), user.Select(row => row.Item))}\n")), false, false);
    }
}
