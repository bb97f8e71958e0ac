using System.Text.Json;
using System.Text.Json.Nodes;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>
/// Files of the first format, written before models described themselves, with the answers they gave then.
/// </summary>
public class OldModelFileTests
{
    private static string PathOf(string model, string extension) =>
        Path.Combine(AppContext.BaseDirectory, "fixtures", "models", $"old-{model}.{extension}");

    public static TheoryData<string> Models() => [.. Small.Models];

    [Theory, MemberData(nameof(Models))]
    public void An_old_file_gives_the_answers_it_gave(string model)
    {
        using Recommender loaded = Recommender.Load(PathOf(model, "safetensors"));
        using JsonDocument answer = JsonDocument.Parse(File.ReadAllText(PathOf(model, "json")));
        JsonElement[] expected = [.. answer.RootElement.GetProperty("items").EnumerateArray()];
        Recommendations actual = loaded.Recommend(["item-00", "item-03", "item-06"], 8);
        Assert.Equal(8, expected.Length);
        Assert.Equal(expected.Select(item => item.GetProperty("item").GetString()),
            actual.Items.Select(item => item.Item));
        Assert.All(expected.Zip(actual.Items),
            pair => Assert.Equal(pair.First.GetProperty("score").GetDouble(), pair.Second.Score, 1e-6));
        Assert.Empty(actual.UnknownItems);
    }

    [Theory, MemberData(nameof(Models))]
    public void Its_settings_are_those_that_it_was_trained_with(string model)
    {
        using Recommender loaded = Recommender.Load(PathOf(model, "safetensors"));
        using var file = new SafeTensors(PathOf(model, "safetensors"));
        using JsonDocument config = JsonDocument.Parse(file.Metadata["config"]);
        using JsonDocument training = JsonDocument.Parse(file.Metadata["training"]);
        using JsonDocument metrics = JsonDocument.Parse(file.Metadata["metrics"]);
        JsonProperty[] written = [.. config.RootElement.EnumerateObject(), .. training.RootElement.EnumerateObject()];
        Settings settings = loaded.Settings;
        Assert.Equal(model, settings.Type.Name);
        string[] known = [.. written.Where(one => settings.Type.Find(one.Name) is not null).Select(one => one.Name)];
        Assert.True(known.Length >= 14, string.Join(", ", known));
        // What is written of a value, and read of it again, is the same number or, but for upper case, the same name.
        Assert.All(written.Where(one => known.Contains(one.Name)), one => Assert.Equal(
            one.Value.ValueKind switch
            {
                JsonValueKind.Array => string.Join(',', one.Value.EnumerateArray().Select(width => width.GetInt32())),
                JsonValueKind.Number =>
                    settings.Type.Find(one.Name)!.Format(settings.Type.Find(one.Name)!.Read(one.Value)),
                _ => one.Value.ToString().ToLowerInvariant(),
            },
            settings.Text(settings.Type.Find(one.Name)!)));
        // The old settings of a model that had none such are no setting now.
        string[] gone = [.. written.Select(one => one.Name).Except(known)];
        string[] mayGo = ["model", "train_users", "components", "pseudo_input_start", "anneal_steps", "beta_cap",
            "gated"];
        Assert.Empty(gone.Except(mayGo));
        settings.Check();
        JsonElement origin = metrics.RootElement;
        Assert.Equal(new ModelInfo(origin.GetProperty("epoch").GetInt32(),
            origin.GetProperty("validation_ndcg@100").GetDouble(), 49, TrainedOnCounts: false), loaded.Info);
    }

    [Fact]
    public void Settings_read_by_value()
    {
        using Recommender vae = Recommender.Load(PathOf("multvae", "safetensors"));
        Assert.Equal("multvae: likelihood multinomial, hidden 6, latent 3, gated false, keep probability 0.5, "
            + "weight decay 0, gaussian c1 2, gaussian c0 1, anneal steps 30, warm up epochs automatic, beta cap 0.2, "
            + "epochs 4, batch 20, learning rate 0.001, weight start xavier, normalize gradients false, "
            + "validate every 1, patience 50, seed 2", vae.Settings.ToString());
        using Recommender hvamp = Recommender.Load(PathOf("hvamp", "safetensors"));
        Assert.Equal("hvamp: likelihood logistic, hidden 6,6, latent 3, gated true, keep probability 0.5, "
            + "weight decay 0, gaussian c1 2, gaussian c0 1, components 4, pseudo input start random, "
            + "anneal steps automatic, warm up epochs 100, beta cap 0.3, epochs 4, batch 20, learning rate 0.0005, "
            + "weight start henormal, normalize gradients true, validate every 1, patience 50, seed 2",
            hvamp.Settings.ToString());
    }

    [Fact]
    public void An_old_model_is_saved_in_the_new_format_and_answers_the_same()
    {
        using Recommender old = Recommender.Load(PathOf("recvae", "safetensors"));
        using var stream = new MemoryStream();
        old.Save(stream);
        stream.Position = 0;
        using (var file = new SafeTensors(stream, "new"))
            Assert.Equal("vaecf-model-2", file.Metadata["format"]);
        stream.Position = 0;
        using Recommender saved = Recommender.Load(stream);
        Assert.Equal(old.Settings.ToString(), saved.Settings.ToString());
        Assert.Equal(old.Info, saved.Info);
        Assert.Equal(old.Recommend(["item-01"], 29).Items, saved.Recommend(["item-01"], 29).Items);
    }

    [Fact]
    public void A_file_from_before_the_family_loads_as_it_was_meant()
    {
        using var folder = new TemporaryFolder();
        using (var file = new SafeTensors(PathOf("multvae", "safetensors")))
        {
            string Without(string text, params string[] keys)
            {
                JsonNode root = JsonNode.Parse(text)!;
                Assert.All(keys, key => Assert.True(root.AsObject().Remove(key), key));
                return root.ToJsonString();
            }
            KeyValuePair<string, string>[] metadata = [.. file.Metadata.Select(entry => KeyValuePair.Create(entry.Key,
                entry.Key switch
                {
                    "config" => Without(entry.Value, "gated", "components"),
                    "training" => Without(entry.Value, "weight_start", "pseudo_input_start", "normalize_gradients"),
                    _ => entry.Value,
                }))];
            TensorInfo[] tensors = [.. file.Tensors];
            using FileStream old = File.Create(folder["old"]);
            SafeTensors.Write(old, metadata, tensors, i =>
            {
                var values = new float[tensors[i].Length];
                file.Read(tensors[i], 0, values);
                return [values];
            });
        }
        using Recommender model = Recommender.Load(PathOf("multvae", "safetensors"));
        using Recommender loaded = Recommender.Load(folder["old"]);
        Assert.Equal(model.Info, loaded.Info);
        Assert.Equal(model.Settings.ToString(), loaded.Settings.ToString());
        Assert.False(loaded.Settings.Get(Autoencoders.Gated));
        Assert.Equal(model.Recommend(["item-00", "item-03"], 7).Items,
            loaded.Recommend(["item-00", "item-03"], 7).Items);
    }
}
