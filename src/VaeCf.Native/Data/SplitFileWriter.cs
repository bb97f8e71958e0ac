using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace VaeCf.Native.Data;

/// <summary>Writes one file of a <see cref="SplitFolder"/>.</summary>
internal sealed class SplitFileWriter : IDisposable
{
    private const int LongestRow = 64;

    private readonly Stream stream;
    private readonly byte[] buffer = new byte[1 << 16];
    private int used;

    /// <param name="file">The file; left open.</param>
    /// <param name="gzip">Whether to pack what is written.</param>
    public SplitFileWriter(Stream file, bool gzip) =>
        stream = gzip ? new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true) : file;

    /// <summary>A table of clicks, a user's oldest first, with values and times where the matrix has them.</summary>
    /// <param name="matrix">The clicks.</param>
    /// <param name="users">Number of each row's user.</param>
    public void Clicks(ClickMatrix matrix, int[] users)
    {
        Append("uid,sid"u8);
        Append(matrix.HasValues ? ",value"u8 : ""u8);
        Append(matrix.HasTimestamps ? ",time\n"u8 : "\n"u8);
        for (int row = 0; row < matrix.UserCount; row++)
            foreach (int item in matrix.InOrder(row))
            {
                if (used > buffer.Length - LongestRow)
                    Flush();
                Append(users[row]);
                buffer[used++] = (byte)',';
                Append(item);
                if (matrix.HasValues || matrix.HasTimestamps)
                {
                    int place = matrix.ItemsOf(row).BinarySearch(item);
                    if (matrix.HasValues)
                    {
                        buffer[used++] = (byte)',';
                        Append(matrix.ValuesOf(row)[place]);
                    }
                    if (matrix.HasTimestamps)
                    {
                        buffer[used++] = (byte)',';
                        Append(matrix.TimestampsOf(row)[place]);
                    }
                }
                buffer[used++] = (byte)'\n';
            }
    }

    /// <summary>One id a line.</summary>
    /// <exception cref="InputException">
    /// An id is empty, has a line end, or begins or ends with a space, and so would not be read back.
    /// </exception>
    public void Ids(IEnumerable<string> ids)
    {
        Flush();
        foreach (string id in ids)
        {
            if (id.Length == 0 || id != id.Trim() || id.AsSpan().IndexOfAny('\n', '\0') >= 0)
                throw new InputException($"the id '{id.Replace("\n", "\\n")}' cannot be written; "
                    + "expected one line of text without spaces at its ends");
            stream.Write(Encoding.UTF8.GetBytes(id + "\n"));
        }
    }

    /// <summary>Settings, sizes, and what was dropped.</summary>
    public void About(DataSplit split, SplitReport? report)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("items", split.Items.Count);
        Size("train", split.Train, null);
        Size("validation", split.Validation?.FoldIn, split.Validation?.HeldOut);
        Size("test", split.Test?.FoldIn, split.Test?.HeldOut);
        if (report is not null)
        {
            json.WriteString("protocol", report.Protocol);
            json.WriteStartObject("settings");
            foreach ((string name, string value) in report.Settings)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartObject("dropped");
            foreach ((string name, long count) in report.Counts)
                json.WriteNumber(name, count);
            json.WriteEndObject();
            json.WriteStartArray("sources");
            foreach (ReadReport source in report.Sources)
            {
                json.WriteStartObject();
                json.WriteString("file", Path.GetFileName(source.File));
                json.WriteString("format", source.Format.ToString());
                if (source.MinRating is { } least)
                    json.WriteNumber("minRating", least);
                foreach ((string name, long count) in source.Counts)
                    json.WriteNumber(name, count);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();

        void Size(string name, ClickMatrix? clicks, ClickMatrix? targets)
        {
            if (clicks is null)
                return;
            json.WriteStartObject(name);
            json.WriteNumber("users", clicks.UserCount);
            json.WriteNumber("clicks", clicks.ClickCount);
            if (targets is not null)
                json.WriteNumber("targets", targets.ClickCount);
            json.WriteEndObject();
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            if (stream is GZipStream)
                stream.Dispose();
        }
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(buffer.AsSpan(used));
        used += text.Length;
    }

    private void Append<T>(T number) where T : IUtf8SpanFormattable
    {
        number.TryFormat(buffer.AsSpan(used), out int written, default,
            System.Globalization.CultureInfo.InvariantCulture);
        used += written;
    }

    private void Flush()
    {
        stream.Write(buffer, 0, used);
        used = 0;
    }
}
