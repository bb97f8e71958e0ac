using System.Text.Json;
using System.Text.RegularExpressions;
using VaeCf.Cli.Explain;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Tests;

public class ExplainCommandTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    public static TheoryData<string> Autoencoders() => ["multvae", "multdae", "vamp", "hvamp", "recvae"];

    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.AssertGood().Output).RootElement;

    private string Trained(TemporaryFolder folder, string name, params string[] more)
    {
        Assert.Equal(0, Vaecf.Run(["train", model.Split, "--out", folder[name], "--model", name, .. more]).ExitCode);
        return folder[name];
    }

    [Fact]
    public void The_worked_example_of_the_docs_is_its_output()
    {
        // On the page a heading is bold, and the line below it that is no table is a paragraph.
        string page = Regex.Replace(string.Join('\n', Repository.Lines("docs/course/3-gradients.md")),
            @"^\*\*(.+)\*\*\n(\n(?!\|))?", "$1\n", RegexOptions.Multiline);
        string output = Vaecf.Run("explain", "--tiny").AssertGood().Output.ReplaceLineEndings("\n").Trim();
        Assert.Contains(output, page);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_null_in_json()
    {
        JsonElement json =
            Json(Vaecf.Run("explain", model.Path, "--items", "100,102,104", "--beta", "1e300", "--json"));
        Assert.Contains(json.GetProperty("gradients").EnumerateArray(),
            gradient => gradient.TryGetProperty("error", out JsonElement error)
                && error.ValueKind == JsonValueKind.Null);
    }

    [Theory, MemberData(nameof(Autoencoders))]
    public void Code_and_kernels_that_a_step_names_are_there(string name)
    {
        TracedStep step = TracedStep.Tiny(Catalog.Find(name));
        string code = string.Join('\n', new[] { "Networks", "Recommenders/Autoencoders" }.SelectMany(folder =>
            Directory.GetFiles(Repository.PathOf($"src/VaeCf.Native/{folder}"), "*.cs")).Select(File.ReadAllText));
        // Statements over several lines, and their comments.
        string statements = Regex.Replace(Regex.Replace(code, " *//[^\n]*", ""), @"\s+", " ");
        foreach (TracedArray array in step.Forward.Concat(step.Gradients))
        {
            StepText text = StepText.Of(step, array.Name);
            Assert.Contains(text.Code, statements);
            Assert.All(text.Kernels, kernel =>
                Assert.True(File.Exists(Repository.PathOf($"kernels/{kernel}/{kernel}.md")), kernel));
        }
        Assert.Throws<ArgumentException>(() => StepText.Of(step, "nothing"));
    }

    [Theory, MemberData(nameof(Autoencoders))]
    public void A_tiny_model_of_each_kind_shows_every_number(string name)
    {
        JsonElement json = Json(Vaecf.Run("explain", "--tiny", "--model", name, "--json"));
        string text = Vaecf.Run("explain", "--tiny", "--model", name).AssertGood().Output;
        foreach (string part in (string[])["parameters", "noise", "forward", "gradients", "updated"])
            foreach (JsonElement array in json.GetProperty(part).EnumerateArray())
            {
                Assert.Equal(array.GetProperty("rows").GetInt32() * array.GetProperty("columns").GetInt32(),
                    array.GetProperty("numbers").GetArrayLength());
                Assert.Contains($"| {array.GetProperty("name").GetString()} ", text);
            }
    }

    [Theory]
    [InlineData("multvae", "--hidden", "8", "--latent", "3")]
    [InlineData("multdae", "--hidden", "8", "--latent", "3")]
    [InlineData("vamp", "--hidden", "8", "--latent", "3", "--components", "5")]
    [InlineData("hvamp", "--hidden", "8,8", "--latent", "3", "--components", "5")]
    [InlineData("recvae", "--hidden", "8,8", "--latent", "3")]
    public void A_trained_model_shows_a_users_step(string name, params string[] shape)
    {
        using var folder = new TemporaryFolder();
        string path = Trained(folder, name, [.. shape, "--epochs", "4"]);
        File.WriteAllText(folder["titles.csv"], "movieId,title\n100,First\n102,Third\n");
        CommandRun run = Vaecf.Run("explain", path, "--items", "100,102,104", "--titles", folder["titles.csv"], "-k",
            "5").AssertGood();
        Assert.StartsWith($"{name}, a history of 3 items: one training step, ", run.Output);
        Assert.Contains(" of seed 1; recommend takes z as its mean", run.Output);
        foreach (string heading in (string[])["What goes in", "What comes out", "The loss", "Gradients"])
            Assert.Contains($"\n{heading}{Environment.NewLine}", run.Output);
        Assert.Equal(name != "multdae", run.Output.Contains("\nThe code z"));
        Assert.Contains("First", run.Output);

        JsonElement json = Json(Vaecf.Run("explain", path, "--items", "100,102,104", "--json", "--checks", "3"));
        Assert.Equal(["100", "102", "104"], json.GetProperty("history").EnumerateArray().Select(id => id.GetString()));
        JsonElement[] gradients = [.. json.GetProperty("gradients").EnumerateArray()
            .Where(gradient => gradient.TryGetProperty("slopes", out _))];
        Assert.True(gradients.Length > 4);
        Assert.All(gradients, gradient => Assert.InRange(gradient.GetProperty("error").GetDouble(), 0, 1e-7));
    }

    [Theory]
    [InlineData("ease")]
    [InlineData("wmf", "--factors", "4", "--epochs", "3")]
    public void The_parts_of_a_linear_models_score_add_up_to_it(string name, params string[] more)
    {
        using var folder = new TemporaryFolder();
        string path = Trained(folder, name, more);
        JsonElement json = Json(Vaecf.Run("explain", path, "--items", "100,102,104", "--json"));
        Assert.NotEqual(0, json.GetProperty("items").GetArrayLength());
        foreach (JsonElement item in json.GetProperty("items").EnumerateArray())
        {
            JsonElement[] parts = [.. item.GetProperty("parts").EnumerateArray()];
            Assert.Equal(["100", "102", "104"], parts.Select(part => part.GetProperty("item").GetString()!).Order());
            Assert.Equal(item.GetProperty("score").GetDouble(),
                parts.Sum(part => part.GetProperty("part").GetDouble()), 1e-4);
        }
        string text = Vaecf.Run("explain", path, "--items", "100,102").AssertGood().Output;
        Assert.StartsWith($"{name}, a history of 2 items: the score of an item is ", text);
        Assert.Contains("the parts add up to", text);
        Vaecf.Run("explain", path, "--items", "100", "--beta", "1").AssertWrongUse("--beta: found with");
    }

    [Fact]
    public void One_user_of_a_file_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["h.csv"], "user,item\nann,100\nann,102\nbob,112\n");
        string[] Line(params string[] more) => ["explain", model.Path, "--histories", folder["h.csv"], .. more];
        JsonElement json = Json(Vaecf.Run(Line("--user", "ann", "--json")));
        Assert.Equal(["100", "102"], json.GetProperty("history").EnumerateArray().Select(id => id.GetString()));
        Vaecf.Run(Line()).AssertWrongUse("--histories: found 2 users; expected one, or --user to name one");
        Vaecf.Run(Line("--user", "cid")).AssertWrongUse("--user: found 'cid'; expected a user of --histories");
    }

    [Fact]
    public void Wrong_use_is_refused_and_nothing_written()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("explain").AssertWrongUse("neither --items nor --histories");
        Vaecf.Run("explain", "--items", "100").AssertWrongUse("MODEL: found neither a model nor --tiny");
        Vaecf.Run("explain", model.Path).AssertWrongUse("neither --items nor --histories");
        Vaecf.Run("explain", model.Path, "--tiny").AssertWrongUse("with --tiny; expected one of them");
        Vaecf.Run("explain", "--tiny", "--items", "100").AssertWrongUse("--items: found with --tiny");
        Vaecf.Run("explain", "--tiny", "--beta", "1").AssertWrongUse("--beta: found with --tiny");
        Vaecf.Run("explain", "--tiny", "--model", "nothing").AssertWrongUse("--model: found the model 'nothing'");
        Vaecf.Run("explain", "--tiny", "--model", "ease").AssertWrongUse("--model: EASE has no training step");
        Vaecf.Run("explain", model.Path, "--items", "100", "--model", "multvae").AssertWrongUse("--model: found with");
        Vaecf.Run("explain", model.Path, "--items", "100", "--user", "1").AssertWrongUse("--user: found with --items");
        Vaecf.Run("explain", model.Path, "--items", "7")
            .AssertWrongUseAfterText("--items: found no item that the model knows");
        Vaecf.Run("explain", "nowhere.safetensors", "--items", "100").AssertWrongUse("nowhere.safetensors");
        Vaecf.Run("explain", model.Path, "--items", "100", "--html", folder["no/page.html"])
            .AssertWrongUse("does not exist");
        Vaecf.Run("explain", model.Path, "--items", "100", "--html", model.Path)
            .AssertWrongUse("found a file that this command also uses");
        Assert.Empty(folder.Files);
        string path = Trained(folder, "popularity");
        Vaecf.Run("explain", path, "--items", "100").AssertWrongUse(
            "found Popularity; expected Mult-VAE, Mult-DAE, Vamp, H+Vamp, RecVAE, whose training step is shown, or "
            + "EASE or WMF");
    }
}
