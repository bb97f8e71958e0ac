using System.Text.Json;
using VaeCf.Native.Models;
using VaeCf.Native.Persistence;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>docs/model-file.md explains every key of a saved model, and the shapes it gives are those of the file.</summary>
public class ModelFilePageTests
{
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
