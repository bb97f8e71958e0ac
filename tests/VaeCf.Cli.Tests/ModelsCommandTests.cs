using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class ModelsCommandTests
{
    private static readonly string[] autoencoders = ["multvae", "multdae", "vamp", "hvamp", "recvae"];

    private static JsonElement[] Json(params string[] more)
    {
        CommandRun run = Vaecf.Run(["models", .. more, "--json"]).AssertGood();
        using JsonDocument json = JsonDocument.Parse(run.Output);
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    [Fact]
    public void Text_names_every_model_with_its_paper_and_settings()
    {
        string output = Vaecf.Run("models").AssertGood().Output;
        Assert.All(autoencoders, name => Assert.Matches(
            $@"(?m)^{name}: \S.*\.\r?\n    \S.* 20\d\d, .*arXiv.*\r?\n    likelihood .*hidden 600.*, seed 1\r?$",
            output));
        Assert.Matches(@"(?m)^popularity: Popularity\. \S.*\r?\n    the baseline of every paper\r?$", output);
        Assert.Contains("anneal steps automatic, warm up epochs automatic, beta cap 0.2", output);
        Assert.Contains("anneal steps automatic, warm up epochs 100, beta cap 0.3", output);
        Assert.Contains("anneal steps 0, warm up epochs automatic, beta cap 0.005", output);
    }

    [Fact]
    public void One_models_settings_are_explained_in_a_table()
    {
        string output = Vaecf.Run("models", "hvamp").AssertGood().Output;
        Assert.StartsWith("H+Vamp. Two stochastic layers", output);
        Assert.Contains("arXiv 1911.00936", output);
        Assert.Matches(@"\| --hidden +\| 600,600 +\| the same +\| Widths of the encoder's hidden layers", output);
        Assert.Matches(@"\| --epochs +\| 400 +\| ", output);
        Assert.Matches(@"\| --keep +\| 0\.5 +\| the same +\| Probability that a click", output);
        Assert.DoesNotContain("recvae:", output);
        Vaecf.Run("models", "vae").AssertWrongUse("found the model 'vae'; expected one of multvae, multdae");
    }

    [Fact]
    public void Json_is_an_array_of_the_same()
    {
        JsonElement[] models = Json();
        string[] baselines = ["popularity", "ease", "slim", "itemknn", "wmf", "userknn", "contentknn", "nmf", "random",
            "hybrid", "ae", "deepcollaborative", "cdae", "svae", "gmf", "mlp", "neumf", "mean", "biases",
            "iautorec", "uautorec", "deeprec", "rbm", "rbmclicks"];
        Assert.Equal([.. autoencoders, .. baselines],
            models.Select(model => model.GetProperty("model").GetString()!));
        Assert.All(models[..5], model => Assert.Contains("arXiv", model.GetProperty("citation").GetString()));
        Assert.All(models, model => Assert.NotEmpty(model.GetProperty("title").GetString()!));
        Assert.All(models, model => Assert.NotEmpty(model.GetProperty("summary").GetString()!));
        Assert.Equal([1e-3, 1e-3, 5e-4, 5e-4, 5e-4],
            models[..5].Select(model => model.GetProperty("settings").GetProperty("learning_rate").GetDouble()));
        Assert.Equal(JsonValueKind.Null, models[0].GetProperty("settings").GetProperty("epochs").ValueKind);
        Assert.Equal("{}", models[5].GetProperty("settings").GetRawText());
    }

    [Fact]
    public void Json_of_one_model_is_an_array_of_it()
    {
        JsonElement model = Assert.Single(Json("recvae"));
        Assert.Equal("recvae", model.GetProperty("model").GetString());
        Assert.Equal([600, 600, 600, 600, 600],
            model.GetProperty("settings").GetProperty("hidden").EnumerateArray().Select(width => width.GetInt32()));
    }

    [Fact]
    public void The_page_of_the_documentation_is_what_the_command_prints()
    {
        string printed = Vaecf.Run("models", "--markdown").AssertGood().Output.ReplaceLineEndings("\n");
        string page = Repository.PathOf("docs/models.md"), found = File.Exists(page) ? File.ReadAllText(page) : "";
        Assert.True(found.ReplaceLineEndings("\n") == printed, """
            docs/models.md is not what the catalog says. If the change is meant, from the repository's root:
            dotnet run -c Release --project src/VaeCf.Cli -- models --markdown > docs/models.md
            """);
        string section = Vaecf.Run("models", "ease", "--markdown").AssertGood().Output.ReplaceLineEndings("\n");
        Assert.StartsWith("## EASE\n", section);
        Assert.Contains("\n" + section + "\n## ", printed);
    }

    [Fact]
    public void What_a_paper_does_not_say_is_left_empty()
    {
        string output = Vaecf.Run("models", "multvae").AssertGood().Output;
        Assert.Matches(@"\| --seed +\| 1 +\|  +\| Seed of everything", output);
        Assert.Matches(@"\| --anneal-steps +\| automatic +\| 200,000 on ML-20M +\| ", output);
    }
}
