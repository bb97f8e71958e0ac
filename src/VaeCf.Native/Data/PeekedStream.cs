using System.Buffers.Binary;

namespace VaeCf.Native.Data;

/// <summary>
/// A stream that shows its first bytes before they are read, which tell its kind, and remembers its last four, which
/// are a gzip stream's unpacked length. It is read from where it stands and need not seek.
/// </summary>
internal sealed class PeekedStream : Stream
{
    private const int StartLength = 512;

    // The table of CRC-32.
    private static readonly uint[] sums = [.. Enumerable.Range(0, 256).Select(i =>
    {
        uint rest = (uint)i;
        for (int bit = 0; bit < 8; bit++)
            rest = (rest & 1) == 0 ? rest >> 1 : rest >> 1 ^ 0xEDB88320;
        return rest;
    })];

    private readonly Stream inner;
    private readonly bool leaveOpen;
    private readonly byte[] start = new byte[StartLength];
    private readonly int startLength;
    private uint last, sum = ~0u;
    private long given;

    /// <param name="inner">The stream; read on from where it stands.</param>
    /// <param name="leaveOpen">Whether it stays open when this one is disposed of.</param>
    public PeekedStream(Stream inner, bool leaveOpen)
    {
        this.inner = inner;
        this.leaveOpen = leaveOpen;
        startLength = inner.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
    }

    /// <summary>The first bytes: 512, or all where there are fewer.</summary>
    public ReadOnlySpan<byte> Start => start.AsSpan(0, startLength);

    /// <summary>Whether a checksum is made of what is read.</summary>
    public bool IsSummed { get; init; }

    /// <summary>The CRC-32 of what was read, as zip archives have it; 0 unless <see cref="IsSummed"/>.</summary>
    public uint Checksum => IsSummed ? ~sum : 0;

    /// <summary>Bytes that were read from it.</summary>
    public long Given => given;

    /// <summary>Reads to the end; the last four bytes as a number, null if there are not that many.</summary>
    public uint? ReadToLastNumber()
    {
        var rest = new byte[256];
        while (Read(rest) > 0) { }
        return given < 4 ? null : last;
    }

    public override int Read(Span<byte> buffer)
    {
        int read;
        if (given < startLength)
        {
            read = Math.Min(startLength - (int)given, buffer.Length);
            start.AsSpan((int)given, read).CopyTo(buffer);
        }
        else
            read = inner.Read(buffer);
        ReadOnlySpan<byte> got = buffer[..read];
        if (IsSummed)
            foreach (byte next in got)
                sum = sums[(byte)(sum ^ next)] ^ sum >> 8;
        if (read >= 4)
            last = BinaryPrimitives.ReadUInt32LittleEndian(got[^4..]);
        else
            foreach (byte next in got)
                last = last >> 8 | (uint)next << 24;
        given += read;
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
