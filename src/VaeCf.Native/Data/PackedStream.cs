using System.Buffers.Binary;

namespace VaeCf.Native.Data;

/// <summary>
/// A stream, read from where it stands, whose first two bytes are known before they are read and whose last four are
/// remembered: gzip data is recognised by the former, and its unpacked length is in the latter. The stream need not
/// seek.
/// </summary>
internal sealed class PackedStream : Stream
{
    private readonly Stream inner;
    private readonly bool leaveOpen;
    private readonly byte[] first = new byte[2];
    private readonly int firstLength;
    private uint last;
    private int given;
    private long length;

    /// <param name="inner">The stream; read on from where it stands.</param>
    /// <param name="leaveOpen">Whether it stays open when this one is disposed of.</param>
    public PackedStream(Stream inner, bool leaveOpen)
    {
        this.inner = inner;
        this.leaveOpen = leaveOpen;
        firstLength = inner.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
    }

    /// <summary>Whether the stream begins as gzip data does.</summary>
    public bool IsGzip => firstLength == 2 && first is [0x1F, 0x8B];

    /// <summary>Reads to the end; the last four bytes as a number, null if there are not that many.</summary>
    public uint? ReadToLastNumber()
    {
        var rest = new byte[256];
        while (Read(rest) > 0) { }
        return length < 4 ? null : last;
    }

    public override int Read(Span<byte> buffer)
    {
        int read;
        if (given < firstLength)
        {
            read = Math.Min(firstLength - given, buffer.Length);
            first.AsSpan(given, read).CopyTo(buffer);
            given += read;
        }
        else
            read = inner.Read(buffer);
        ReadOnlySpan<byte> got = buffer[..read];
        if (read >= 4)
            last = BinaryPrimitives.ReadUInt32LittleEndian(got[^4..]);
        else
            foreach (byte next in got)
                last = last >> 8 | (uint)next << 24;
        length += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

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
        if (disposing && !leaveOpen)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
