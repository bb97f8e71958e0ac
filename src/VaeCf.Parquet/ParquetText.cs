using System.Buffers;
using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;
using VaeCf.Native;

namespace VaeCf.Parquet;

/// <summary>
/// Parquet files as the text of one table: the names of the columns, then a line a row. One row group is in memory at a
/// time.
/// </summary>
internal sealed class ParquetText : Stream
{
    /// <summary>What stands between fields.</summary>
    public const string Delimiter = ",";

    // Values of a row group, which is in memory at once: this many in any case, else by the file's length.
    private const int AlwaysRead = 1 << 22, MostPerByte = 200;

    private static readonly UTF8Encoding strict = new(false, true);
    private readonly IReadOnlyList<string> files;
    private readonly IEnumerator<ReadOnlyMemory<byte>> pieces;
    private ReadOnlyMemory<byte> piece;
    private string path = "";

    public ParquetText(IReadOnlyList<string> files)
    {
        this.files = files;
        pieces = Pieces().GetEnumerator();
    }

    public override int Read(Span<byte> buffer)
    {
        while (piece.IsEmpty)
        {
            if (!MoveNext())
                return 0;
            piece = pieces.Current;
        }
        int length = Math.Min(piece.Length, buffer.Length);
        piece.Span[..length].CopyTo(buffer);
        piece = piece[length..];
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    // The Parquet library throws all kinds of exceptions at a damaged file.
    private bool MoveNext()
    {
        try
        {
            return pieces.MoveNext();
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path}: found bytes in a column that are no text in UTF-8; expected ids "
                + "that are text or numbers", e);
        }
        catch (Exception e) when (e is not InputException)
        {
            throw new InputException($"{path}: found a Parquet file that is damaged, or of a kind that cannot be read; "
                + "expected a whole one", e);
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        const int rowsAPiece = 10_000;
        var text = new ArrayBufferWriter<byte>();
        string? header = null;
        foreach (string part in files)
        {
            path = part;
            using var file = new ParquetFile(path);
            ParquetReader reader = ParquetReader.CreateAsync(file).GetAwaiter().GetResult();
            DataField[] fields = [.. reader.Schema.DataFields.Where(field => field.MaxRepetitionLevel == 0
                && field.Path.Length == 1)];
            string names = string.Join(Delimiter, fields.Select(field => Quoted(field.Name)));
            if (header is not null && header != names)
                throw new InputException($"{path}: found the columns {names}; expected {header}, as in {files[0]}, "
                    + "for the files of a folder are read as parts of one");
            if (header is null)
                yield return Encoding.UTF8.GetBytes(names + "\n");
            header = names;
            for (int group = 0; group < reader.RowGroupCount; group++)
            {
                using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
                long most = Math.Max(AlwaysRead, file.Length * MostPerByte);
                if (rows.RowCount > most / Math.Max(1, fields.Length))
                    throw new InputException($"{path}: found a row group of {rows.RowCount} rows with {fields.Length} "
                        + $"columns; expected at most {most} values, for it may have been made to fill memory");
                Action<int, ArrayBufferWriter<byte>>[] columns = [.. fields.Select(field => Column(rows, field))];
                for (int row = 0; row < rows.RowCount; row++)
                {
                    for (int i = 0; i < columns.Length; i++)
                    {
                        if (i > 0)
                            text.Write(","u8);
                        columns[i](row, text);
                    }
                    text.Write("\n"u8);
                    if (row % rowsAPiece == rowsAPiece - 1 || row == rows.RowCount - 1)
                    {
                        yield return text.WrittenMemory;
                        text.ResetWrittenCount();
                    }
                }
            }
        }
    }

    // Reads a column of a row group; the result appends the value of a row.
    private static Action<int, ArrayBufferWriter<byte>> Column(ParquetRowGroupReader rows, DataField field)
    {
        Type type = field.ClrType;
        return type == typeof(ReadOnlyMemory<char>) ? Texts(rows, field)
            : type == typeof(ReadOnlyMemory<byte>) ? Bytes(rows, field)
            : type == typeof(bool) ? Values<bool>(rows, field, (value, text) => text.Write(value ? "1"u8 : "0"u8))
            : type == typeof(DateTime) ? Values<DateTime>(rows, field,
                (value, text) => Append(text, value, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"))
            : type == typeof(int) ? Numbers<int>(rows, field)
            : type == typeof(long) ? Numbers<long>(rows, field)
            : type == typeof(float) ? Numbers<float>(rows, field)
            : type == typeof(double) ? Numbers<double>(rows, field)
            : type == typeof(decimal) ? Numbers<decimal>(rows, field)
            : type == typeof(short) ? Numbers<short>(rows, field)
            : type == typeof(sbyte) ? Numbers<sbyte>(rows, field)
            : type == typeof(byte) ? Numbers<byte>(rows, field)
            : type == typeof(ushort) ? Numbers<ushort>(rows, field)
            : type == typeof(uint) ? Numbers<uint>(rows, field)
            : type == typeof(ulong) ? Numbers<ulong>(rows, field)
            : type == typeof(Guid) ? Numbers<Guid>(rows, field)
            : static (_, _) => { };
    }

    private static Action<int, ArrayBufferWriter<byte>> Numbers<T>(ParquetRowGroupReader rows, DataField field)
        where T : struct, IUtf8SpanFormattable => Values<T>(rows, field, (value, text) => Append(text, value, default));

    private static Action<int, ArrayBufferWriter<byte>> Values<T>(ParquetRowGroupReader rows, DataField field,
        Action<T, ArrayBufferWriter<byte>> append) where T : struct
    {
        if (!field.IsNullable)
        {
            var values = new T[rows.RowCount];
            rows.ReadAsync<T>(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
            return (row, text) => append(values[row], text);
        }
        var optional = new T?[rows.RowCount];
        rows.ReadAsync<T>(field, optional.AsMemory()).AsTask().GetAwaiter().GetResult();
        return (row, text) =>
        {
            if (optional[row] is { } value)
                append(value, text);
        };
    }

    private static Action<int, ArrayBufferWriter<byte>> Texts(ParquetRowGroupReader rows, DataField field)
    {
        var values = new string?[rows.RowCount];
        rows.ReadAsync(field, values.AsMemory()!).AsTask().GetAwaiter().GetResult();
        return (row, text) => Encoding.UTF8.GetBytes(Quoted(values[row] ?? ""), text);
    }

    private static Action<int, ArrayBufferWriter<byte>> Bytes(ParquetRowGroupReader rows, DataField field)
    {
        var values = new byte[]?[rows.RowCount];
        rows.ReadAsync(field, values.AsMemory()!).AsTask().GetAwaiter().GetResult();
        return (row, text) => Encoding.UTF8.GetBytes(Quoted(strict.GetString(values[row] ?? [])), text);
    }

    private static void Append<T>(ArrayBufferWriter<byte> text, T value, ReadOnlySpan<char> format)
        where T : IUtf8SpanFormattable
    {
        const int longest = 64;
        value.TryFormat(text.GetSpan(longest), out int written, format, CultureInfo.InvariantCulture);
        text.Advance(written);
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n ") < 0 ? text
        : $"\"{text.Replace("\"", "\"\"")}\"";

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            pieces.Dispose();
        base.Dispose(disposing);
    }
}
