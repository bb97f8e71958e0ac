using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VaeCf.Native.Persistence;

/// <summary>A tensor's name and shape; its values are row-major float32.</summary>
internal sealed record TensorInfo(string Name, params long[] Shape)
{
    /// <summary>Number of values; 1 for the empty shape.</summary>
    /// <exception cref="OverflowException">A negative dimension, or more values than 2^63 bytes hold.</exception>
    public long Length
    {
        get
        {
            ulong length = 1;
            foreach (long dimension in Shape)
                length = checked(length * (ulong)dimension);
            return checked((long)(length * sizeof(float))) / sizeof(float);
        }
    }
}

/// <summary>
/// The values of the tensor at an index of the list that is being written, in pieces; each is valid until the next is
/// requested.
/// </summary>
internal delegate IEnumerable<ReadOnlyMemory<float>> TensorValues(int index);

/// <summary>
/// The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes, little-endian: the header's length; the
/// header, JSON, an object of name → { dtype, shape, data_offsets } and "__metadata__" → { text: text }; then the
/// values without gaps. Here every tensor is float32, and the header is padded with spaces so that the values start at
/// a multiple of 8. The same tensors and metadata, in the same order, give the same bytes.
/// </summary>
internal sealed class SafeTensors : IDisposable
{
    /// <summary>The longest header that the format's own library reads.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const string MetadataKey = "__metadata__";

    // Values travel in pieces: a span of bytes holds 2 GB, a tensor may be larger.
    private const int PieceLength = 1 << 20;

    private readonly Stream stream;
    private readonly bool owned;
    private readonly long start, dataStart, end;
    private readonly Dictionary<string, (TensorInfo Info, long Start)> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    static SafeTensors()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are little-endian and this CPU is not");
    }

    /// <summary>Writes tensors, one after the other, in the order given.</summary>
    /// <param name="output">Receives the file's bytes; left open.</param>
    /// <param name="metadata">Texts by name, in the order in which to write them.</param>
    /// <param name="tensors">Names, all different, and shapes.</param>
    /// <param name="values">Gives a tensor's values; called once for each, in order.</param>
    /// <exception cref="ArgumentException">
    /// A name repeats or is reserved, values do not fill their shape, or the header is too long.
    /// </exception>
    public static void Write(Stream output, IReadOnlyList<KeyValuePair<string, string>> metadata,
        IReadOnlyList<TensorInfo> tensors, TensorValues values)
    {
        byte[] header = Header(metadata, tensors);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        output.Write(length);
        output.Write(header);
        for (int i = 0; i < tensors.Count; i++)
        {
            long found = 0;
            foreach (ReadOnlyMemory<float> piece in values(i))
            {
                found += piece.Length;
                for (ReadOnlySpan<float> rest = piece.Span; !rest.IsEmpty;
                    rest = rest[Math.Min(PieceLength, rest.Length)..])
                    output.Write(MemoryMarshal.AsBytes(rest[..Math.Min(PieceLength, rest.Length)]));
            }
            if (found != tensors[i].Length)
                throw new ArgumentException($"tensor '{tensors[i].Name}': found {found} values; "
                    + $"expected {tensors[i].Length} for the shape {Text(tensors[i])}", nameof(values));
        }
    }

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, string>> metadata,
        IReadOnlyList<TensorInfo> tensors)
    {
        using var bytes = new MemoryStream();
        // The relaxed encoder leaves quotes and non-ASCII letters short; nothing here goes into HTML.
        using (var json =
            new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var names = new HashSet<string>(StringComparer.Ordinal) { MetadataKey };
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string name, string text) in metadata)
                    json.WriteString(name, text);
                json.WriteEndObject();
            }
            long end = 0;
            foreach (TensorInfo tensor in tensors)
            {
                if (!names.Add(tensor.Name))
                    throw new ArgumentException($"the tensor name '{tensor.Name}' repeats or is reserved",
                        nameof(tensors));
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(end);
                json.WriteNumberValue(end += tensor.Length * sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (bytes.Length % 8 != 0)
            bytes.WriteByte((byte)' ');
        return bytes.Length <= MaxHeaderBytes
            ? bytes.ToArray()
            : throw new ArgumentException($"the header has {bytes.Length} bytes; the format allows {MaxHeaderBytes}",
                nameof(metadata));
    }

    /// <summary>Opens a file and checks all of its header against the file's length.</summary>
    /// <exception cref="InputException">
    /// The file is missing or is not a whole safetensors file of float32 tensors.
    /// </exception>
    public SafeTensors(string path) : this(Open(path), path, owned: true) { }

    /// <summary>
    /// Reads from a stream that can seek, from where it stands; it is left open, behind the last tensor.
    /// </summary>
    /// <inheritdoc cref="SafeTensors(string)"/>
    public SafeTensors(Stream stream, string name) : this(stream, name, owned: false) { }

    private SafeTensors(Stream stream, string name, bool owned)
    {
        (this.stream, Name, this.owned) = (stream, name, owned);
        try
        {
            if (!stream.CanSeek)
                throw Malformed("a pipe", "a file, which can be read from any place");
            start = stream.Position;
            dataStart = start + ReadHeader();
            end = dataStart + CheckCoverage();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputException.About(path, e);
        }
    }

    /// <summary>The file's path, or what the stream is called in messages.</summary>
    public string Name { get; }

    /// <summary>Texts by name; empty if the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>The tensors, in the order of the header.</summary>
    public IEnumerable<TensorInfo> Tensors => tensors.Values.Select(tensor => tensor.Info);

    /// <summary>Reads values of a tensor.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="first">The first value to read.</param>
    /// <param name="target">Receives as many as it has room for.</param>
    /// <exception cref="InputException">The file has been cut short since it was opened.</exception>
    public void Read(TensorInfo tensor, long first, Span<float> target)
    {
        stream.Position = dataStart + tensors[tensor.Name].Start + first * sizeof(float);
        for (; !target.IsEmpty; target = target[Math.Min(PieceLength, target.Length)..])
            ReadExactly(MemoryMarshal.AsBytes(target[..Math.Min(PieceLength, target.Length)]));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (owned)
            stream.Dispose();
        else if (end > 0)
            stream.Position = end;
    }

    private long ReadHeader()
    {
        long bytes = stream.Length - start;
        if (bytes < sizeof(ulong))
            throw Malformed($"a file of {bytes} bytes", "a safetensors file, at least 8 bytes");
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long most = Math.Min(MaxHeaderBytes, bytes - sizeof(ulong));
        if (length > (ulong)most)
            throw Malformed($"a header length of {length} bytes",
                $"at most {most} (is this a safetensors file, and whole?)");
        byte[] header = new byte[length];
        ReadExactly(header);
        try
        {
            using JsonDocument json =
                JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Malformed($"a header that is a JSON {json.RootElement.ValueKind}", "a JSON object");
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (entry.NameEquals(MetadataKey))
                    ReadMetadata(entry.Value);
                else
                    tensors.Add(entry.Name, ReadTensor(entry.Name, entry.Value));
            }
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed("a header that is not JSON, has a name twice or text that is not Unicode", "a JSON object");
        }
        return sizeof(ulong) + (long)length;
    }

    private void ReadMetadata(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Malformed($"{MetadataKey} that is a JSON {element.ValueKind}", "an object of texts");
        foreach (JsonProperty entry in element.EnumerateObject())
            metadata.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.String
                ? entry.Value.GetString()!
                : throw Malformed($"{MetadataKey} '{entry.Name}' that is a JSON {entry.Value.ValueKind}", "a text"));
    }

    private (TensorInfo, long) ReadTensor(string name, JsonElement element)
    {
        static string Quote(JsonElement json) => TerminalText.Cut(json.GetRawText());
        InputException Wrong(string what, string expected) => Malformed($"tensor '{name}' with {what}", expected);
        JsonElement Member(string member) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out JsonElement value) ? value
            : throw Wrong($"no {member}", "dtype, shape and data_offsets");
        long[] Numbers(string member)
        {
            JsonElement array = Member(member);
            if (array.ValueKind != JsonValueKind.Array)
                throw Wrong($"{member} {Quote(array)}", "an array of whole numbers");
            return [.. array.EnumerateArray().Select(number =>
                number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long value) && value >= 0
                    ? value : throw Wrong($"{Quote(number)} in {member}", "whole numbers, 0 or more"))];
        }

        if (Member("dtype") is var dtype && !(dtype.ValueKind == JsonValueKind.String && dtype.ValueEquals("F32")))
            throw Wrong($"dtype {Quote(dtype)}", "\"F32\"");
        var info = new TensorInfo(name, Numbers("shape"));
        long[] offsets = Numbers("data_offsets");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Wrong($"data_offsets [{string.Join(", ", offsets)}]", "[start, end]");
        long bytes;
        try
        {
            bytes = info.Length * sizeof(float);
        }
        catch (OverflowException)
        {
            throw Wrong($"shape {Text(info)}", "fewer than 2^63 bytes");
        }
        if (offsets[1] - offsets[0] != bytes)
            throw Wrong($"{offsets[1] - offsets[0]} bytes", $"{bytes} for the shape {Text(info)}");
        return (info, offsets[0]);
    }

    // The tensors, ordered by place, must follow each other without overlap or gap and end where the file ends; in a
    // stream, other data may follow. Returns their length.
    private long CheckCoverage()
    {
        long end = 0, dataBytes = stream.Length - dataStart;
        IEnumerable<(TensorInfo, long)> ordered =
            tensors.Values.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.Info.Length);
        foreach ((TensorInfo info, long start) in ordered)
        {
            if (start != end)
                throw Malformed($"tensor '{info.Name}' starting at byte {start} of the data",
                    $"{end}, where the one before it ends");
            end += info.Length * sizeof(float);
            if (end > dataBytes)
                throw Malformed($"{dataBytes} bytes of data",
                    $"at least {end}, where tensor '{info.Name}' ends (the file was cut short)");
        }
        return end == dataBytes || !owned ? end
            : throw Malformed($"{dataBytes} bytes of data", $"{end}, where the last tensor ends (bytes follow it)");
    }

    private void ReadExactly(Span<byte> target)
    {
        int read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length)
            throw Malformed($"the end of the file after {read} of {target.Length} bytes",
                "a file that does not change while it is read");
    }

    private InputException Malformed(string found, string expected) =>
        new($"{Name}: found {found}; expected {expected}");

    private static string Text(TensorInfo tensor) => $"[{string.Join(", ", tensor.Shape)}]";
}
