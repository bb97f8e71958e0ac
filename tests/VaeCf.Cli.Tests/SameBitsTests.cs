using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Models train to the bits that they always have, at any width of vectors, in any process, with any number of threads:
/// the fixture holds what an earlier version made of the same commands.
/// </summary>
public class SameBitsTests(SameBitsTests.Films films) : IClassFixture<SameBitsTests.Films>
{
    private static JsonElement Fixture { get; } = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "same-bits.json"))).RootElement;

    public static TheoryData<string> Runs() => [.. Fixture.EnumerateObject().Select(run => run.Name)];

    private static string[] Arguments(string run) =>
        Fixture.GetProperty(run).GetProperty("arguments").GetString()!.Split(' ');

    [Theory, MemberData(nameof(Runs))]
    public void Every_tensor_has_the_bits_it_had(string name)
    {
        using var folder = new TemporaryFolder();
        string data = films.Of(Catalog.Find(Arguments(name)[1]));
        CommandRun run = Vaecf.Run(["train", data, "--out", folder["model"], .. Arguments(name)]);
        Assert.True(run.ExitCode == 0, run.Error);
        Dictionary<string, string> expected = Fixture.GetProperty(name).GetProperty("tensors").EnumerateObject()
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Value.GetString()!);
        Dictionary<string, string> actual = SafeTensorsBytes.Read(folder["model"]).ToDictionary(tensor => tensor.Key,
            tensor => Convert.ToHexStringLower(SHA256.HashData(tensor.Value.Bytes)));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, tensor => Assert.Equal((tensor.Key, tensor.Value), (tensor.Key, actual[tensor.Key])));
    }

    [Fact]
    public void Every_model_that_the_command_knows_has_a_run()
    {
        Assert.Equal(0, Vaecf.Run("models").ExitCode);
        // But for those that are made from files.
        Assert.Empty(Catalog.All.Where(type => !type.Settings.Any(setting => setting is Setting<string>))
            .Select(type => type.Name).Except(Fixture.EnumerateObject().Select(run => run.Name)));
    }

    [Fact]
    public void Two_processes_with_other_threads_write_the_same_files_and_answers()
    {
        foreach (string model in (string[])["recvae", "ease"])
        {
            using var folder = new TemporaryFolder();
            string[] Made(string threads)
            {
                string file = folder[$"{threads}.safetensors"];
                Process(["train", films.Path, "--out", file, .. Arguments(model)]);
                return [Convert.ToHexString(File.ReadAllBytes(file)),
                    Process("evaluate", file, films.Path, "--json").Replace(file, ""),
                    Process("recommend", file, "--items", "1,260", "--json")];

                string Process(params string[] arguments)
                {
                    CommandRun run = Vaecf.RunProcess([.. arguments, "--threads", threads]);
                    Assert.True(run.ExitCode == 0, run.Error);
                    return run.Output;
                }
            }
            Assert.Equal(Made("1"), Made("3"));
        }
    }

    /// <summary>The films of the lowest ids in the sample data, prepared once.</summary>
    public sealed class Films : IDisposable
    {
        private const int HighestId = 1500;

        private readonly TemporaryFolder folder = new();

        public Films()
        {
            Path = folder["films"];
            using (var ratings = new StreamReader(new GZipStream(
                File.OpenRead(Repository.PathOf("samples/data/ml-latest-small/ratings.csv.gz")),
                CompressionMode.Decompress)))
            using (StreamWriter few = File.CreateText(folder["ratings.csv"]))
            {
                few.WriteLine(ratings.ReadLine());
                while (ratings.ReadLine() is { } line)
                    if (int.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture) <= HighestId)
                        few.WriteLine(line);
            }
            Assert.Equal(0, Vaecf.Run("prepare", folder["ratings.csv"], "--out", Path).ExitCode);
            Assert.Equal(0,
                Vaecf.Run("prepare", folder["ratings.csv"], "--ratings", "--out", folder["rated"]).ExitCode);
        }

        public string Path { get; }

        /// <summary>The clicks, or for a model that predicts them the ratings.</summary>
        public string Of(ModelType type) => type.PredictsRatings ? folder["rated"] : Path;

        public void Dispose() => folder.Dispose();
    }
}
