using System.Security.Cryptography;
using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Models train to the bits that they always have: the fixture holds what an earlier version made of the same commands.
/// </summary>
public class SameBitsTests(SameBitsTests.Films films) : IClassFixture<SameBitsTests.Films>
{
    private static JsonElement Fixture { get; } = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "same-bits.json"))).RootElement;

    public static TheoryData<string> Runs() => [.. Fixture.EnumerateObject().Select(run => run.Name)];

    [Theory, MemberData(nameof(Runs))]
    public void Every_tensor_has_the_bits_it_had(string name)
    {
        using var folder = new TemporaryFolder();
        JsonElement before = Fixture.GetProperty(name);
        string[] arguments = before.GetProperty("arguments").GetString()!.Split(' ');
        CommandRun run = Vaecf.Run(["train", films.Path, "--out", folder["model"], .. arguments]);
        Assert.True(run.ExitCode == 0, run.Error);
        Dictionary<string, string> expected = before.GetProperty("tensors").EnumerateObject()
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Value.GetString()!);
        Dictionary<string, string> actual = SafeTensorsBytes.Read(folder["model"]).ToDictionary(tensor => tensor.Key,
            tensor => Convert.ToHexStringLower(SHA256.HashData(tensor.Value.Bytes)));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, tensor => Assert.Equal((tensor.Key, tensor.Value), (tensor.Key, actual[tensor.Key])));
    }

    /// <summary>The films of the sample data, prepared once.</summary>
    public sealed class Films : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Films()
        {
            Path = folder["films"];
            string ratings = Repository.PathOf("samples/data/ml-latest-small/ratings.csv.gz");
            Assert.Equal(0, Vaecf.Run("prepare", ratings, "--out", Path).ExitCode);
        }

        public string Path { get; }

        public void Dispose() => folder.Dispose();
    }
}
