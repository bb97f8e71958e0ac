using System.Buffers.Binary;

namespace VaeCf.Parquet;

/// <summary>
/// A Parquet file for the Parquet library, which reads on without end where a file ends too early: here, reading beyond
/// the end fails, and the footer, which is in Thrift's compact protocol, is walked over first.
/// </summary>
internal sealed class ParquetFile : FileStream
{
    private const int Deepest = 32;

    /// <exception cref="InvalidDataException">The footer does not end where it should.</exception>
    public ParquetFile(string path) : base(path, FileMode.Open, FileAccess.Read)
    {
        try
        {
            Span<byte> tail = stackalloc byte[8];
            Position = Math.Max(0, Length - tail.Length);
            ReadExactly(tail);
            int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
            if (length < 0 || length > Length - tail.Length)
                throw Damaged();
            var footer = new byte[length];
            Position = Length - tail.Length - length;
            ReadExactly(footer);
            ReadOnlySpan<byte> rest = footer;
            SkipStruct(ref rest, Deepest);
            Position = 0;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static InvalidDataException Damaged() => new("the footer does not end where it should");

    private static byte Next(ref ReadOnlySpan<byte> rest) => Take(ref rest, 1)[0];

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, ulong length)
    {
        if (length > (ulong)rest.Length)
            throw Damaged();
        ReadOnlySpan<byte> taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    private static ulong Number(ref ReadOnlySpan<byte> rest)
    {
        ulong number = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Next(ref rest);
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return number;
            if (shift > 56)
                throw Damaged();
        }
    }

    private static void SkipStruct(ref ReadOnlySpan<byte> rest, int depth)
    {
        for (byte field; (field = Next(ref rest)) != 0; Skip(field & 15, ref rest, depth))
            if (field >> 4 == 0)
                Number(ref rest);
    }

    // The types are numbered as in the protocol. Truth values stand in the field's type; lists of them, which take a
    // byte each, do not occur in a footer.
    private static void Skip(int type, ref ReadOnlySpan<byte> rest, int depth)
    {
        if (depth == 0)
            throw Damaged();
        switch (type)
        {
            case 1 or 2:
                break;
            case 3:
                Next(ref rest);
                break;
            case 4 or 5 or 6:
                Number(ref rest);
                break;
            case 7:
                Take(ref rest, sizeof(double));
                break;
            case 8:
                Take(ref rest, Number(ref rest));
                break;
            case 9 or 10:
                byte kind = Next(ref rest);
                ulong count = kind >> 4 == 15 ? Number(ref rest) : (ulong)kind >> 4;
                if (count > (ulong)rest.Length || count > 0 && (kind & 15) is 1 or 2)
                    throw Damaged();
                for (; count > 0; count--)
                    Skip(kind & 15, ref rest, depth - 1);
                break;
            case 12:
                SkipStruct(ref rest, depth - 1);
                break;
            default:
                throw Damaged();
        }
    }

    // The other ways to read from a file stream that is derived end here.
    public override int Read(byte[] buffer, int offset, int count) =>
        base.Read(buffer, offset, count) is var read && (read > 0 || count == 0) ? read
            : throw new EndOfStreamException();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer, offset, count));

    public override int ReadByte() => base.ReadByte() is >= 0 and var next ? next : throw new EndOfStreamException();
}
