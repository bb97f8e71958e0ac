using System.Diagnostics;
using System.Text.Json.Nodes;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Persistence;

/// <summary>
/// What a model file claims is checked before anything is made of it, and the message says what is wrong.
/// </summary>
public class ModelFileErrorTests
{
    private static readonly byte[] saved = Saved();

    private static byte[] Saved()
    {
        ClickData clicks = ClickData.From([("a", "1"), ("a", "2"), ("b", "2"), ("b", "3")]);
        using var run = new FitRun(DataSplit.All(clicks), MultVae.Type.Defaults.With(Autoencoders.Hidden, [3])
            .With(Autoencoders.Latent, 2).With(GradientFit.EpochCount, 1));
        using Recommender model = run.Run();
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    // The model with other texts in its metadata.
    private static MemoryStream With(params (string Name, string? Text)[] changes)
    {
        using var file = new SafeTensors(new MemoryStream(saved), "saved");
        var metadata = new Dictionary<string, string>(file.Metadata);
        foreach ((string name, string? text) in changes)
            if (text is null)
                metadata.Remove(name);
            else
                metadata[name] = text;
        TensorInfo[] tensors = [.. file.Tensors];
        var changed = new MemoryStream();
        SafeTensors.Write(changed, [.. metadata], tensors, i =>
        {
            var values = new float[tensors[i].Length];
            file.Read(tensors[i], 0, values);
            return [values];
        });
        changed.Position = 0;
        return changed;
    }

    private static string Settings(string name, string json)
    {
        using var file = new SafeTensors(new MemoryStream(saved), "saved");
        JsonNode settings = JsonNode.Parse(file.Metadata["settings"])!;
        settings[name] = JsonNode.Parse(json);
        return settings.ToJsonString();
    }

    private static string Error(Stream stream)
    {
        string message = Assert.Throws<InputException>(() => Recommender.Load(stream)).Message;
        Assert.InRange(message.Length, 20, 2000);
        Assert.DoesNotContain("Parameter", message);
        Assert.DoesNotContain("JsonElement", message);
        return message;
    }

    [Theory]
    [InlineData("likelihood", "\"9\"", "likelihood is \"9\"; expected one of multinomial, gaussian, logistic")]
    [InlineData("likelihood", "9", "likelihood is 9; expected one of")]
    [InlineData("latent", "2147483647", "latent is 2147483647; expected a whole number from 1 to 1000000")]
    [InlineData("latent", "99999999999", "latent is 99999999999; expected a whole number")]
    [InlineData("latent", "\"x\"", "latent is \"x\"; expected a whole number")]
    [InlineData("hidden", "[200000000]", "hidden is 200000000; expected up to 100 whole numbers from 1 to 1000000")]
    [InlineData("hidden", "7", "hidden is 7; expected up to 100 whole numbers")]
    [InlineData("keep_probability", "7", "keep_probability is 7; expected a number from 1E-30 to 1")]
    public void A_setting_that_is_none_is_named(string name, string json, string message)
    {
        string settings = Settings(name, json);
        Assert.StartsWith($"the stream: the metadata 'settings': {message}", Error(With(("settings", settings))));
        if (name is "latent" or "hidden")
            Assert.StartsWith($"the stream: the metadata 'settings': {message}",
                Error(With(("model", "hvamp"), ("settings", settings))));
    }

    [Theory]
    [InlineData("model", "99999999999", "found the model '99999999999'; expected one of multvae,")]
    [InlineData("model", null, "found no 'model' in the metadata")]
    [InlineData("format", "\e[31m", @"found a safetensors file with the format '\u001B[31m'")]
    [InlineData("settings", "[1]", "the metadata 'settings': found [1]; expected an object of settings by name")]
    [InlineData("settings", "{", "the metadata 'settings': found no JSON from line 1, byte 2 on")]
    [InlineData("settings", null, "found no metadata 'settings'")]
    [InlineData("items", "[1,1,2]", "the metadata 'items': id 1 stands at 0 and at 1")]
    [InlineData("items", "[1,\"a\"]", "the metadata 'items': found [1,\"a\"]; expected an array of ids")]
    [InlineData("items", "[]", "the metadata 'items': found none; expected at least one")]
    [InlineData("items", "[null]", "the metadata 'items': found [null]; expected an array of ids")]
    [InlineData("items", "[1.5]", "the metadata 'items': found [1.5]; expected an array of ids")]
    [InlineData("origin", "{}", "the metadata 'origin': found {}; expected an object with epoch")]
    [InlineData("origin", "{\"epoch\":1e99}", "the metadata 'origin': found {\"epoch\":1e99}; expected an object")]
    public void Metadata_that_is_not_a_models_is_quoted(string name, string? text, string message) =>
        Assert.StartsWith($"the stream: {message}", Error(With((name, text))));

    [Theory]
    [InlineData("[null]")]
    [InlineData("{}")]
    [InlineData("{\"model\":null}")]
    [InlineData("{\"model\":1}")]
    [InlineData("{\"\\ud800\":1}")]
    public void An_old_file_whose_model_has_no_name_is_refused(string config) =>
        Assert.StartsWith($"the stream: the metadata 'config': found {config}; expected an object of settings by name",
            Error(With(("format", "vaecf-model-1"), ("config", config), ("training", "{}"))));

    [Fact]
    public void A_message_is_not_as_long_as_the_file()
    {
        string many = new('x', 1_000_000);
        Assert.All(["model", "format", "settings", "origin"], name => Error(With((name, many))));
        Error(With(("settings", Settings("likelihood", $"\"{many}\""))));
        Error(With(("items", $"[\"{many}\",\"{many}\"]")));
        Error(With(("items", $"[\"{many}\"]")));
    }

    [Theory]
    [InlineData("hidden", "[1000000]")]
    [InlineData("hidden", "[1000000,1000000,1000000]")]
    [InlineData("latent", "1000000")]
    public void Shapes_are_compared_before_anything_is_allocated(string name, string json)
    {
        using MemoryStream file = With(("settings", Settings(name, json)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("of the shape [", Error(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_million_layers_are_refused_at_once()
    {
        using MemoryStream file =
            With(("settings", Settings("hidden", $"[{string.Join(',', Enumerable.Repeat(1, 1_000_000))}]")));
        var clock = Stopwatch.StartNew();
        Assert.Contains("expected up to 100 whole numbers", Error(file));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void Loads_that_fail_leave_no_threads()
    {
        using MemoryStream file = With(("settings", Settings("hidden", "[5]")));
        Error(file);
        int before = Process.GetCurrentProcess().Threads.Count;
        for (int load = 0; load < 100; load++)
            Error(file);
        Assert.InRange(Process.GetCurrentProcess().Threads.Count, 0, before + 50);
    }

    [Fact]
    public void A_pipe_and_a_folder_are_no_model()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal($"{folder["."]}: found a folder; expected a file",
            Assert.Throws<InputException>(() => Recommender.Load(folder["."])).Message);
        Assert.Equal($"{folder["x"]}: there is no such file",
            Assert.Throws<InputException>(() => Recommender.Load(folder["x"])).Message);
        using var packed = new System.IO.Compression.GZipStream(new MemoryStream(), System.IO.Compression
            .CompressionMode.Decompress);
        Assert.StartsWith("the stream: found a file of 0 bytes; expected a safetensors file", Error(packed));
    }
}
