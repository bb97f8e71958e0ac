using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>The tensors of a safetensors file, read by the format's description alone.</summary>
internal static class SafeTensorsBytes
{
    public static IReadOnlyDictionary<string, (int[] Shape, byte[] Bytes)> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header));
        return json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__")
            .ToDictionary(entry => entry.Name, entry =>
            {
                Assert.Equal("F32", entry.Value.GetProperty("dtype").GetString());
                int[] Numbers(string name) =>
                    [.. entry.Value.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];
                int[] offsets = Numbers("data_offsets");
                return (Numbers("shape"), file[(8 + header + offsets[0])..(8 + header + offsets[1])]);
            });
    }

    public static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
