using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>The settings of a model and of its training, as text and as JSON.</summary>
internal static class SettingsText
{
    /// <summary>The model, in a line.</summary>
    public static string Of(ModelConfig config) => string.Join(", ", (string[])
    [
        Lower(config.Kind), .. config.Gated ? ["gated"] : (string[])[], Lower(config.Likelihood), $"layers {string.Join('-', [.. config.Hidden, config.Latent])}",
        .. HasPseudoInputs(config) ? [$"{config.Components} pseudo-inputs"] : (string[])[], $"keep {Number(config.KeepProbability)}", $"weight decay {Number(config.WeightDecay)}",
    ]);

    /// <summary>How it is trained, in a line.</summary>
    public static string Of(TrainingOptions options, ModelConfig config) => string.Join(", ", (string[])
    [
        options.Epochs is int epochs ? $"{epochs} epochs" : "epochs by the data", $"batch {options.BatchSize}", $"learning rate {Number(options.LearningRate)}", $"patience {options.Patience}",
        .. options.WeightStart != default ? [$"weights {Lower(options.WeightStart)}"] : (string[])[],
        .. HasPseudoInputs(config) ? [$"pseudo-inputs {Lower(options.PseudoInputStart)}"] : (string[])[],
        .. options.NormalizeGradients ? ["normalised gradients"] : (string[])[],
    ]);

    /// <summary>How the weight of the KL term rises, in a line.</summary>
    public static string Beta(TrainingOptions options) => options switch
    {
        { WarmUpEpochs: int epochs } => $"beta: rises over {epochs} epochs to {Number(options.BetaCap)}",
        { AnnealSteps: 0 } => $"beta: {Number(options.BetaCap)}",
        { AnnealSteps: double steps } => $"beta: updates / {Number(steps)}, at most {Number(options.BetaCap)}",
        _ => $"beta: rises by update to {Number(options.BetaCap)}, half-way through the run",
    };

    /// <summary>Members of an open object.</summary>
    public static void WriteJson(Utf8JsonWriter writer, ModelConfig config, TrainingOptions options)
    {
        writer.WriteString("model", Lower(config.Kind));
        writer.WriteString("likelihood", Lower(config.Likelihood));
        writer.WriteStartArray("hidden");
        foreach (int width in config.Hidden)
            writer.WriteNumberValue(width);
        writer.WriteEndArray();
        writer.WriteNumber("latent", config.Latent);
        writer.WriteBoolean("gated", config.Gated);
        if (HasPseudoInputs(config))
            writer.WriteNumber("components", config.Components);
        writer.WriteNumber("keep", config.KeepProbability);
        writer.WriteNumber("weight_decay", config.WeightDecay);
        writer.WriteNumberOrNull("epochs", options.Epochs);
        writer.WriteNumber("batch", options.BatchSize);
        writer.WriteNumber("learning_rate", options.LearningRate);
        writer.WriteNumberOrNull("anneal_steps", options.AnnealSteps);
        writer.WriteNumberOrNull("warm_up_epochs", options.WarmUpEpochs);
        writer.WriteNumber("beta_cap", options.BetaCap);
        writer.WriteString("weight_start", Lower(options.WeightStart));
        if (HasPseudoInputs(config))
            writer.WriteString("pseudo_input_start", Lower(options.PseudoInputStart));
        writer.WriteBoolean("normalize_gradients", options.NormalizeGradients);
        writer.WriteNumber("validate_every", options.ValidateEvery);
        writer.WriteNumber("patience", options.Patience);
        writer.WriteNumber("seed", options.Seed);
    }

    /// <summary>A value's name, as on the command line.</summary>
    public static string Lower(Enum value) => value.ToString().ToLowerInvariant();

    /// <summary>A number to six digits.</summary>
    public static string Number(double? value) => value!.Value.ToString("g6", CultureInfo.InvariantCulture);

    private static bool HasPseudoInputs(ModelConfig config) => config.Kind is ModelKind.Vamp or ModelKind.HVamp;
}
