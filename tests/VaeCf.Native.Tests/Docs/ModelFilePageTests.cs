using System.Text.Json;
using System.Text.RegularExpressions;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Persistence;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>docs/model-file.md explains every key of a saved model, and the shapes it gives are those of the file.</summary>
public class ModelFilePageTests
{
    [Theory]
    [InlineData(ModelKind.MultVae, 2)]
    [InlineData(ModelKind.Vamp, 2)]
    [InlineData(ModelKind.HVamp, 1)]
    [InlineData(ModelKind.HVamp, 3)]
    [InlineData(ModelKind.RecVae, 2)]
    public void Every_tensor_of_the_family_is_named(ModelKind kind, int layers)
    {
        string page = string.Join('\n', Repository.Lines("docs/model-file.md"));
        using var folder = new TemporaryFolder();
        var config = new ModelConfig { Kind = kind, Gated = kind != ModelKind.RecVae, Hidden = [.. Enumerable.Repeat(6, layers)], Latent = 2, Components = 3 };
        using (var trainer = new Trainer(TrainerTests.TwoTastes(), config, new TrainingOptions { Epochs = 1, WarmUpEpochs = 1 }))
        using (Model model = trainer.Run())
            model.Save(folder["model.safetensors"]);

        using var file = new SafeTensors(folder["model.safetensors"]);
        Assert.Contains("`NAME.gate.weight` and `NAME.gate.bias`", page);
        Assert.All(file.Tensors.Select(tensor => tensor.Name).Where(name => !name.EndsWith(".bias", StringComparison.Ordinal) || name.Contains(".ln")),
            name => Assert.Contains($"`{Regex.Replace(name.Replace(".gate", ""), @"(?<=\.(?:fc|ln)?)\d+(?=\.)", "l")}`", page));
        Assert.Contains("`warm_up_epochs`", page);
        Assert.Contains("warm_up_epochs", file.Metadata["training"]);
    }

    [Fact]
    public void Keys_and_shapes_are_those_of_a_saved_model()
    {
        string page = string.Join('\n', Repository.Lines("docs/model-file.md"));
        using var folder = new TemporaryFolder();
        using (var trainer = new Trainer(TrainerTests.TwoTastes(), new ModelConfig { Hidden = [6], Latent = 2 }, new TrainingOptions { Epochs = 1 }))
        using (Model model = trainer.Run())
            model.Save(folder["model.safetensors"]);

        using var file = new SafeTensors(folder["model.safetensors"]);
        Assert.Equal(["encoder.0.weight [40, 6]", "encoder.0.bias [6]", "encoder.1.weight [6, 4]", "encoder.1.bias [4]",
            "decoder.0.weight [2, 6]", "decoder.0.bias [6]", "decoder.1.weight [40, 6]", "decoder.1.bias [40]"],
            file.Tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]"));
        Assert.Contains($"`{file.Metadata["format"]}`", page);
        foreach ((string key, string text) in file.Metadata)
        {
            Assert.Contains($"| `{key}` |", page);
            if (key is "config" or "training" or "metrics")
                Assert.All(JsonDocument.Parse(text).RootElement.EnumerateObject(), member => Assert.Contains($"`{member.Name}`", page));
        }
    }
}
