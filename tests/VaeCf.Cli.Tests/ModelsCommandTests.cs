using System.Text.Json;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

public class ModelsCommandTests
{
    private static readonly string[] names = [.. Enum.GetNames<ModelKind>().Select(name => name.ToLowerInvariant())];

    [Fact]
    public void Text_names_every_model_with_its_paper_and_settings()
    {
        string output = Vaecf.Run("models").AssertGood().Output;
        Assert.All(names, name => Assert.Matches($@"(?m)^{name}: .* 20\d\d, .*arXiv", output));
        Assert.All(names, name => Assert.Matches($@"(?m)^    {name}, .*layers 600", output));
        Assert.Contains("beta: rises by update to 0.2, half-way through the run", output);
        Assert.Contains("beta: rises over 100 epochs to 0.3", output);
        Assert.Matches(@"(?m)^    beta: 0.005\r?$", output);
    }

    [Fact]
    public void Json_is_an_array_of_the_same()
    {
        using JsonDocument json = JsonDocument.Parse(Vaecf.Run("models", "--json").AssertGood().Output);
        JsonElement[] models = [.. json.RootElement.EnumerateArray()];
        Assert.Equal(names, models.Select(model => model.GetProperty("model").GetString()!));
        Assert.All(models, model => Assert.Contains("arXiv", model.GetProperty("citation").GetString()));
        Assert.Equal(ModelPreset.All.Select(preset => preset.Training.LearningRate), models.Select(model => model.GetProperty("learning_rate").GetDouble()));
        Assert.Equal(JsonValueKind.Null, models[0].GetProperty("epochs").ValueKind);
    }

    [Fact]
    public void Every_preset_is_valid()
    {
        Assert.All(ModelPreset.All, preset => preset.Config.Validate());
        Assert.All(ModelPreset.All, preset => Assert.NotNull(preset.Training.Resolve(1000).Epochs));
        Assert.Equal(Enum.GetValues<ModelKind>(), ModelPreset.All.Select(preset => preset.Config.Kind));
    }
}
