using System.Text.Json;
using VaeCf.Native.Devices;

namespace VaeCf.Cli.Tests;

public class InfoCommandTests
{
    [Fact]
    public void Text_names_every_fact()
    {
        string output = Vaecf.Run("info").AssertGood().Output;
        Assert.All(["version", ".NET", "system", "CPU", "cores", "caches", "vectors", "threads", "devices"],
            name => Assert.Matches($@"(?m)^{name} +\S", output));
    }

    [Fact]
    public void Json_is_one_object_of_the_same_facts()
    {
        using JsonDocument json = JsonDocument.Parse(Vaecf.Run("info", "--json").AssertGood().Output);
        JsonElement root = json.RootElement;
        Assert.Equal(["version", "dotnet", "system", "processor", "cores", "first_level_cache_bytes",
            "second_level_cache_bytes", "vectors", "vector_bits", "threads", "devices", "cuda", "cuda_none"],
            root.EnumerateObject().Select(fact => fact.Name));
        Assert.Equal(Environment.ProcessorCount, root.GetProperty("cores").GetInt32());
        Assert.Contains(root.GetProperty("vector_bits").GetInt32(), (int[])[32, 128, 256, 512]);
        IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(out string? none);
        Assert.Equal(["cpu", .. gpus.Where(gpu => gpu.Unfit is null).Select(gpu => $"cuda:{gpu.Index}")],
            root.GetProperty("devices").EnumerateArray().Select(device => device.GetString()!));
        Assert.Equal(gpus.Select(gpu => gpu.Name),
            root.GetProperty("cuda").EnumerateArray().Select(gpu => gpu.GetProperty("name").GetString()!));
        Assert.Equal(none, root.GetProperty("cuda_none").GetString());
    }
}
