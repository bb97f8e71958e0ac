using System.Text.Json;
using System.Text.RegularExpressions;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Persistence;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>
/// docs/model-file.md explains every key of a saved model, and the shapes it gives are those of the file.
/// </summary>
public class ModelFilePageTests
{
    [Theory]
    [InlineData("multvae", 2)]
    [InlineData("vamp", 2)]
    [InlineData("hvamp", 1)]
    [InlineData("hvamp", 3)]
    [InlineData("recvae", 2)]
    public void Every_tensor_of_the_family_is_named(string model, int layers)
    {
        string page = string.Join('\n', Repository.Lines("docs/model-file.md"));
        using var folder = new TemporaryFolder();
        Settings settings = Small.Shape(model, [.. Enumerable.Repeat(6, layers)], latent: 2, components: 3, gated: true)
            .With(GradientFit.EpochCount, 4).With(Autoencoders.WarmUpEpochs, 1);
        Save(settings, folder["model.safetensors"]);

        using var file = new SafeTensors(folder["model.safetensors"]);
        Assert.Contains("`NAME.gate.weight` and `NAME.gate.bias`", page);
        Assert.All(file.Tensors.Select(tensor => tensor.Name)
            .Where(name => !name.EndsWith(".bias", StringComparison.Ordinal) || name.Contains(".ln")),
            name => Assert.Contains($"`{Regex.Replace(name.Replace(".gate", ""), @"(?<=\.(?:fc|ln)?)\d+(?=\.)", "l")}`",
                page));
        Assert.Contains("`warm_up_epochs`", page);
        Assert.Contains("warm_up_epochs", file.Metadata["settings"]);
    }

    private static void Save(Settings settings, string path)
    {
        using var run = new FitRun(Small.TwoTastes(), settings);
        using Recommender model = run.Run();
        model.Save(path);
    }

    [Fact]
    public void Keys_and_shapes_are_those_of_a_saved_model()
    {
        string page = string.Join('\n', Repository.Lines("docs/model-file.md"));
        using var folder = new TemporaryFolder();
        Save(Small.Shape("multvae", [6], latent: 2, components: 1).With(GradientFit.EpochCount, 1),
            folder["model.safetensors"]);

        using var file = new SafeTensors(folder["model.safetensors"]);
        Assert.Equal(["encoder.0.weight [40, 6]", "encoder.0.bias [6]", "encoder.1.weight [6, 4]", "encoder.1.bias [4]",
            "decoder.0.weight [2, 6]", "decoder.0.bias [6]", "decoder.1.weight [40, 6]", "decoder.1.bias [40]"],
            file.Tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]"));
        Assert.Contains($"`{file.Metadata["format"]}`", page);
        foreach ((string key, string text) in file.Metadata)
        {
            Assert.Contains($"| `{key}` |", page);
            if (key is "settings" or "origin")
                Assert.All(JsonDocument.Parse(text).RootElement.EnumerateObject(), member =>
                    Assert.Contains($"`{member.Name}`", page));
        }
    }
}
