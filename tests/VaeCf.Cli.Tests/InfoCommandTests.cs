using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class InfoCommandTests
{
    [Fact]
    public void Text_names_every_fact()
    {
        string output = Vaecf.Run("info").AssertGood().Output;
        Assert.All(["version", ".NET", "system", "processor", "cores", "vectors", "threads", "devices"], name => Assert.Matches($@"(?m)^{name} +\S", output));
    }

    [Fact]
    public void Json_is_one_object_of_the_same_facts()
    {
        using JsonDocument json = JsonDocument.Parse(Vaecf.Run("info", "--json").AssertGood().Output);
        JsonElement root = json.RootElement;
        Assert.Equal(["version", "dotnet", "system", "processor", "cores", "vectors", "vector_bits", "threads", "devices"], root.EnumerateObject().Select(fact => fact.Name));
        Assert.Equal(Environment.ProcessorCount, root.GetProperty("cores").GetInt32());
        Assert.Contains(root.GetProperty("vector_bits").GetInt32(), (int[])[32, 128, 256, 512]);
        Assert.Equal("cpu", Assert.Single(root.GetProperty("devices").EnumerateArray()).GetString());
    }
}
