using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using VaeCf.Native;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// A run as TensorBoard reads it: a folder for each phase, with a file of scalars by epoch. Each file is new, so that
/// nothing is replaced, and one of a run that goes on stands beside the one before. If a file cannot be written, a
/// warning says so, and the run goes on without it.
/// </summary>
/// <remarks>
/// A file is a row of records (TFRecord), each a protocol buffer (Event of TensorFlow's event.proto, with a Summary of
/// summary.proto): wall_time = 1, step = 2, file_version = 3, summary = 5; in it value = 1, with tag = 1 and
/// simple_value = 2.
/// </remarks>
/// <param name="path">The folder; it is made where it is missing.</param>
/// <param name="context">Where the warning goes.</param>
internal sealed class EventFolder(string path, CommandContext context) : IDisposable
{
    private readonly Dictionary<string, FileStream> files = [];

    /// <summary>Whether a record could not be written.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Throws unless the folder can be written to, or made, and is apart from other files.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="others">The other files of the command; null for one not given.</param>
    /// <exception cref="InputException">It cannot, or a file is to be where it or a phase's folder is.</exception>
    public static void Check(string path, params IEnumerable<string?> others)
    {
        if (others.OfType<string>().Any(other => OutputFile.IsWithin(path, other)))
            throw new InputException($"{path}: found the place of a file that this command also uses; expected another "
                + "name");
        foreach (string folder in (string[])[path, Path.Combine(path, RunRecord.Search),
            Path.Combine(path, RunRecord.Train)])
        {
            OutputFile.CheckApart(folder, others);
            // The nearest folder that is there already: a command that is refused makes none.
            string real = AtomicFile.RealPath(folder);
            string? nearest = real;
            for (; nearest is not null && !Directory.Exists(nearest); nearest = Path.GetDirectoryName(nearest))
                if (File.Exists(nearest))
                    throw new InputException(
                        $"{(nearest == real ? folder : nearest)}: found a file; expected a folder, or none");
            AtomicFile.Check(Path.Combine(nearest ?? real, NewName()));
        }
    }

    /// <summary>Whether the folder has a phase already.</summary>
    public bool Has(string phase) => Directory.Exists(Path.Combine(path, phase));

    /// <summary>Adds the scalars of an epoch.</summary>
    /// <param name="phase">The phase, which TensorBoard shows as a run.</param>
    /// <param name="epoch">The epoch, its step.</param>
    /// <param name="scalars">Their names and values.</param>
    public void Add(string phase, int epoch, IEnumerable<Measure> scalars)
    {
        if (IsCut)
            return;
        try
        {
            if (!files.TryGetValue(phase, out FileStream? file))
            {
                string folder = AtomicFile.RealPath(Path.Combine(path, phase));
                Directory.CreateDirectory(folder);
                file = files[phase] = new FileStream(Path.Combine(folder, NewName()), FileMode.CreateNew,
                    FileAccess.Write, FileShare.Read, bufferSize: 0);
                file.Write(Record(Event(0, Bytes(3, "brain.Event:2"u8))));
            }
            byte[] summary = [.. scalars.SelectMany(scalar => Bytes(1,
                [.. Bytes(1, Encoding.UTF8.GetBytes(scalar.Name)), .. Single(2, (float)scalar.Value)]))];
            file.Write(Record(Event(epoch, Bytes(5, summary))));
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            IsCut = true;
            context.WriteErrorLine($"warning: {AtomicFile.CannotWrite(path, e).Message}; "
                + $"TensorBoard's files end before epoch {epoch}, the run goes on");
        }
    }

    private static string NewName() => string.Create(CultureInfo.InvariantCulture,
        $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.vaecf.{Guid.NewGuid():N}");

    private static byte[] Event(long step, byte[] what) =>
        [.. Double(1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0), .. Varint(2 << 3),
            .. Varint((ulong)step), .. what];

    /// <summary>
    /// A record: its length, the length's checksum, the data, the data's checksum, all with the low bytes first.
    /// </summary>
    internal static byte[] Record(ReadOnlySpan<byte> data)
    {
        var record = new byte[data.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, 8)));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Checksum(data));
        return record;
    }

    // CRC-32C, turned right by 15 bits, plus a constant, so that the sum of data with sums in it differs from its own.
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in data)
            crc = BitOperations.Crc32C(crc, one);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }

    // A protocol buffer's field: its number and kind (0 whole number, 1 eight bytes, 2 a length and bytes, 5 four
    // bytes), then its value.
    private static byte[] Bytes(int field, ReadOnlySpan<byte> value) =>
        [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)value.Length), .. value];

    private static byte[] Double(int field, double value)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return [.. Varint((ulong)field << 3 | 1), .. bytes];
    }

    private static byte[] Single(int field, float value)
    {
        var bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return [.. Varint((ulong)field << 3 | 5), .. bytes];
    }

    // Seven bits a byte, the low ones first; the eighth says that more follow.
    private static List<byte> Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
        return bytes;
    }

    public void Dispose()
    {
        foreach (FileStream file in files.Values)
            file.Dispose();
    }
}
