using System.Text;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Persistence;

/// <summary>What a model file says of itself beside its tensors: four JSON texts in the metadata of safetensors.</summary>
internal static class ModelMetadata
{
    private const string Format = "vaecf-model-1";

    /// <summary>The library's version, as the package has it.</summary>
    public static string LibraryVersion { get; } = typeof(ModelMetadata).Assembly.GetName().Version!.ToString(3);

    public static IReadOnlyList<KeyValuePair<string, string>> Write(ModelConfig config, Vocabulary items, ModelInfo info) =>
    [
        new("format", Format),
        new("library_version", LibraryVersion),
        new("config", Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", config.Kind.ToString());
            json.WriteString("likelihood", config.Likelihood.ToString());
            json.WriteStartArray("hidden");
            foreach (int width in config.Hidden)
                json.WriteNumberValue(width);
            json.WriteEndArray();
            json.WriteNumber("latent", config.Latent);
            json.WriteBoolean("gated", config.Gated);
            json.WriteNumber("components", config.Components);
            json.WriteNumber("keep_probability", config.KeepProbability);
            json.WriteNumber("weight_decay", config.WeightDecay);
            json.WriteNumber("gaussian_c1", config.GaussianC1);
            json.WriteNumber("gaussian_c0", config.GaussianC0);
            json.WriteEndObject();
        })),
        new("items", Json(json =>
        {
            json.WriteStartArray();
            for (int i = 0; i < items.Count; i++)
                if (items.IsNumeric)
                    json.WriteRawValue(items[i]);
                else
                    json.WriteStringValue(items[i]);
            json.WriteEndArray();
        })),
        new("training", Json(json =>
        {
            TrainingOptions options = info.Training;
            json.WriteStartObject();
            json.WriteNumber("train_users", info.TrainUsers);
            json.WriteNumber("epochs", options.Epochs!.Value);
            json.WriteNumber("batch", options.BatchSize);
            json.WriteNumber("learning_rate", options.LearningRate);
            if (options.AnnealSteps is double annealSteps)
                json.WriteNumber("anneal_steps", annealSteps);
            if (options.WarmUpEpochs is int warmUpEpochs)
                json.WriteNumber("warm_up_epochs", warmUpEpochs);
            json.WriteNumber("beta_cap", options.BetaCap);
            json.WriteNumber("seed", options.Seed);
            json.WriteString("weight_start", options.WeightStart.ToString());
            json.WriteString("pseudo_input_start", options.PseudoInputStart.ToString());
            json.WriteBoolean("normalize_gradients", options.NormalizeGradients);
            json.WriteNumber("validate_every", options.ValidateEvery);
            json.WriteNumber("patience", options.Patience);
            json.WriteEndObject();
        })),
        new("metrics", Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", info.Epoch);
            if (info.ValidationNdcg is double ndcg)
                json.WriteNumber($"validation_ndcg@{Trainer.ValidationCutoff}", ndcg);
            json.WriteEndObject();
        })),
    ];

    /// <summary>What <see cref="Write"/> wrote, now or before some of its keys were there: what is missing then was the default.</summary>
    /// <exception cref="InputException">A text is missing or not as <see cref="Write"/> writes it.</exception>
    public static (ModelConfig, Vocabulary, ModelInfo) Read(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.GetValueOrDefault("format") is not Format)
            throw new InputException($"{path}: found a safetensors file with the format '{metadata.GetValueOrDefault("format", "")}'; expected '{Format}', a model saved by this program");
        ModelConfig config = Parse("config", root => Valid(new ModelConfig
        {
            Kind = Enum.Parse<ModelKind>(root.GetProperty("model").GetString()!),
            Likelihood = Enum.Parse<Likelihood>(root.GetProperty("likelihood").GetString()!),
            Hidden = [.. root.GetProperty("hidden").EnumerateArray().Select(width => width.GetInt32())],
            Latent = root.GetProperty("latent").GetInt32(),
            Gated = root.TryGetProperty("gated", out JsonElement gated) && gated.GetBoolean(),
            Components = root.TryGetProperty("components", out JsonElement components) ? components.GetInt32() : new ModelConfig().Components,
            KeepProbability = root.GetProperty("keep_probability").GetDouble(),
            WeightDecay = root.GetProperty("weight_decay").GetDouble(),
            GaussianC1 = root.GetProperty("gaussian_c1").GetDouble(),
            GaussianC0 = root.GetProperty("gaussian_c0").GetDouble(),
        }));
        Vocabulary items = Parse("items", root => root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Number
            ? new Vocabulary([.. root.EnumerateArray().Select(id => id.GetInt64())])
            : new Vocabulary([.. root.EnumerateArray().Select(id => id.GetString()!)]));
        (int trainUsers, TrainingOptions options) = Parse("training", root => (root.GetProperty("train_users").GetInt32(), new TrainingOptions
        {
            Epochs = root.GetProperty("epochs").GetInt32(),
            BatchSize = root.GetProperty("batch").GetInt32(),
            LearningRate = root.GetProperty("learning_rate").GetDouble(),
            AnnealSteps = root.TryGetProperty("anneal_steps", out JsonElement annealSteps) ? annealSteps.GetDouble() : null,
            WarmUpEpochs = root.TryGetProperty("warm_up_epochs", out JsonElement warmUpEpochs) ? warmUpEpochs.GetInt32() : null,
            BetaCap = root.GetProperty("beta_cap").GetDouble(),
            Seed = root.GetProperty("seed").GetUInt64(),
            ValidateEvery = root.GetProperty("validate_every").GetInt32(),
            Patience = root.GetProperty("patience").GetInt32(),
            WeightStart = root.TryGetProperty("weight_start", out JsonElement weightStart) ? Enum.Parse<WeightStart>(weightStart.GetString()!) : default,
            PseudoInputStart = root.TryGetProperty("pseudo_input_start", out JsonElement pseudoStart) ? Enum.Parse<PseudoInputStart>(pseudoStart.GetString()!) : default,
            NormalizeGradients = root.TryGetProperty("normalize_gradients", out JsonElement normalize) && normalize.GetBoolean(),
        }));
        ModelInfo info = Parse("metrics", root => new ModelInfo
        {
            Epoch = root.GetProperty("epoch").GetInt32(),
            ValidationNdcg = root.TryGetProperty($"validation_ndcg@{Trainer.ValidationCutoff}", out JsonElement ndcg) ? ndcg.GetDouble() : null,
            TrainUsers = trainUsers,
            Training = options,
        });
        return (config, items, info);

        static ModelConfig Valid(ModelConfig config)
        {
            config.Validate();
            return config;
        }

        T Parse<T>(string name, Func<JsonElement, T> read)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(metadata[name]);
                return read(document.RootElement);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
            {
                throw new InputException($"{path}: the metadata '{name}' is not as a saved model has it: {e.Message}", e);
            }
        }
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            write(json);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
