using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VaeCf.Endurance.Fuzz;

/// <summary>
/// Changes safetensors files so that most of what a reader checks first still holds: the header's length fits, its JSON
/// is whole, or the tensors lie one behind the other.
/// </summary>
internal static class TensorFileMutation
{
    private const string Metadata = "__metadata__", Shape = "shape", Offsets = "data_offsets";
    private const int MostData = 1 << 16;

    private static readonly string[] values =
    [
        "0", "-1", "1", "2", "3", "5", "100", "1000000", "2147483647", "2147483648", "4611686018427387904",
        "9223372036854775807", "9223372036854775808", "-0", "0.5", "1e999", "1e-320", "3e38", "null", "true", "false",
        "\"\"", "\"a\"", "\"none\"", "\"automatic\"", "\"multinomial\"", "\"gaussian\"", "\"logistic\"", "\"-1\"",
        "\"NaN\"", "\"F16\"", "[]", "[0]", "[1]", "[3]", "[3,3]", "[1000000,1000000]", "[2147483647]", "[-1]",
        "[[1]]", "{}", "{\"a\":1}", "\"\\u0000\"",
    ];

    private static readonly float[] numbers =
        [0, -0f, 1, -1, 0.5f, 40, 1e30f, float.MaxValue, float.Epsilon, float.NaN, float.PositiveInfinity];

    /// <summary>A file of a corpus with a few changes.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> corpus)
    {
        byte[] file = random.Of(corpus);
        byte[] header = Header(file), data = file[(sizeof(ulong) + header.Length)..];
        switch (random.Next(10))
        {
            case 0:
                return Mutation.Bytes(random, file);
            case 1:
                return file[..random.Next(file.Length + 1)];
            case 2:
                return File(Mutation.Text(random, header, Header(random.Of(corpus))), data);
        }
        JsonObject root = JsonNode.Parse(header)!.AsObject();
        for (int changes = random.Next(1, 4); changes > 0; changes--)
            switch (random.Next(8))
            {
                case 0 or 1:
                    Settle(random, root);
                    break;
                case 2 or 3:
                    Describe(random, root, JsonNode.Parse(Header(random.Of(corpus)))!.AsObject());
                    break;
                case 4 or 5:
                    data = Resize(random, root, data);
                    break;
                case 6:
                    Misplace(random, root);
                    break;
                default:
                    data = Renumber(random, data);
                    break;
            }
        return File(Encoding.UTF8.GetBytes(root.ToJsonString()), data);
    }

    private static byte[] Header(byte[] file) =>
        file[sizeof(ulong)..(sizeof(ulong) + (int)BinaryPrimitives.ReadUInt64LittleEndian(file))];

    /// <summary>A file of a header and data, whatever they are.</summary>
    public static byte[] File(byte[] header, byte[] data)
    {
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }

    // Another value for a setting, or for something else that the metadata has as a JSON object.
    private static void Settle(Random random, JsonObject root)
    {
        if (root[Metadata] is not JsonObject metadata || metadata.Count == 0)
            return;
        string name = random.Of([.. metadata.Select(one => one.Key)]);
        try
        {
            if (JsonNode.Parse((string)metadata[name]!) is not JsonObject { Count: > 0 } settings)
                return;
            settings[random.Of([.. settings.Select(one => one.Key)])] = JsonNode.Parse(random.Of(values));
            metadata[name] = settings.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // The text is not JSON, has text that is not Unicode, or a name twice: another change has been there.
        }
    }

    // Another text in the metadata, or none.
    private static void Describe(Random random, JsonObject root, JsonObject other)
    {
        if (root[Metadata] is not JsonObject metadata || metadata.Count == 0)
            return;
        string name = random.Of([.. metadata.Select(one => one.Key)]);
        if (random.Next(8) == 0)
            metadata.Remove(name);
        else
            metadata[name] = Encoding.UTF8.GetString(Mutation.Text(random,
                Encoding.UTF8.GetBytes((string)metadata[name]!),
                Encoding.UTF8.GetBytes((string?)other[Metadata]?[name] ?? "")));
    }

    private static List<KeyValuePair<string, JsonNode?>> Tensors(JsonObject root) =>
        [.. root.Where(one => one.Key != Metadata && one.Value?[Shape] is JsonArray)];

    // A tensor more, less, or of another shape; all of them lie where they should.
    private static byte[] Resize(Random random, JsonObject root, byte[] data)
    {
        List<KeyValuePair<string, JsonNode?>> tensors = Tensors(root);
        if (tensors.Count == 0)
            return data;
        (string name, JsonNode? tensor) = random.Of(tensors);
        switch (random.Next(4))
        {
            case 0:
                root.Remove(name);
                break;
            case 1:
                root[random.Of(["x", "", name + "2", Metadata + "2", "model/x", "state/x", "best/x"])]
                    = tensor!.DeepClone();
                break;
            default:
                JsonArray shape = tensor![Shape]!.AsArray();
                if (shape.Count > 0 && random.Next(3) > 0)
                    shape[random.Next(shape.Count)] = random.Next(20);
                else if (shape.Count > 0 && random.Next(2) == 0)
                    shape.RemoveAt(random.Next(shape.Count));
                else
                    shape.Add(random.Next(3));
                break;
        }
        long end = 0;
        foreach ((_, JsonNode? one) in Tensors(root))
        {
            decimal length = one![Shape]!.AsArray().Aggregate(4m,
                (product, dimension) => dimension is JsonValue value && value.TryGetValue(out int size)
                    && size is >= 0 and < MostData ? Math.Min(product * size, MostData) : 0);
            one[Offsets] = new JsonArray(end, end += (long)length);
        }
        Array.Resize(ref data, (int)Math.Min(end, MostData));
        return data;
    }

    // A claim about a tensor that the rest of the file does not bear out.
    private static void Misplace(Random random, JsonObject root)
    {
        List<KeyValuePair<string, JsonNode?>> tensors = Tensors(root);
        if (tensors.Count == 0)
            return;
        JsonNode tensor = random.Of(tensors).Value!;
        JsonNode? value = JsonNode.Parse(random.Of(values));
        string member = random.Of(["dtype", Shape, Offsets]);
        if (tensor[member] is JsonArray { Count: > 0 } list)
            list[random.Next(list.Count)] = value;
        else
            tensor[member] = value;
    }

    private static byte[] Renumber(Random random, byte[] data)
    {
        byte[] changed = [.. data];
        Span<float> all = MemoryMarshal.Cast<byte, float>(changed.AsSpan());
        if (!all.IsEmpty)
            all[random.Next(all.Length)] = random.Of(numbers);
        return changed;
    }
}
