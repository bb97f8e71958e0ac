using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Verification;

/// <summary>
/// One step of a model of the family (gated Mult-VAE, Vamp, H+Vamp, RecVAE) computed by another framework with all noise fixed:
/// parameters, clicks and noise by role, and loss, codes and every gradient. The file says [in, out] of every weight.
/// </summary>
internal static class FamilyCase
{
    /// <inheritdoc cref="ModelCase.Verify"/>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root, Compute c, double tolerance)
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs"), parameters = CaseFile.Member(inputs, "parameters");
        ModelConfig read = ReadConfig(config, parameters);
        (int[] shape, double[] x) = CaseFile.Tensor(CaseFile.Member(inputs, "x"));
        using Autoencoder network = Autoencoder.Create(c, read, shape[1]);
        using ClickBatch batch = c.AllocateBatch();
        var comparison = new NetworkComparison(network, c, tolerance, p => NamesOf(p, read));
        comparison.WriteParameters(parameters, network.Parameters);
        if (read.Kind == ModelKind.RecVae)
            comparison.WriteParameters(CaseFile.Member(inputs, "frozen_encoder"), network.Frozen);
        comparison.Load(x, batch);
        foreach (JsonProperty noise in CaseFile.Member(inputs, "noise").EnumerateObject())
            comparison.WriteNoise(noise.Name, CaseFile.Tensor(noise.Value).Data, x);
        comparison.CompareStep(batch, CaseFile.Number(config, read.Kind == ModelKind.RecVae ? "gamma" : "beta"), CaseFile.Member(root, "expected"));
        return comparison.Quantities;
    }

    private static ModelConfig ReadConfig(JsonElement config, JsonElement parameters)
    {
        string model = CaseFile.Member(config, "model").GetString()!;
        (ModelKind kind, string encoder, string hidden, int first, string mean) = model switch
        {
            "gated-multvae" => (ModelKind.MultVae, "encoder.", "", 0, "mean"),
            "vamp" => (ModelKind.Vamp, "q_z2.", "", 0, "mean"),
            "hvamp" => (ModelKind.HVamp, "q_z2.", "", 0, "mean"),
            "recvae" => (ModelKind.RecVae, "encoder.", "fc", 1, "mu"),
            _ => throw new FormatException($"the model is '{model}'; expected gated-multvae, vamp, hvamp or recvae"),
        };
        var widths = new List<int>();
        while (parameters.TryGetProperty($"{encoder}{hidden}{first + widths.Count}.weight", out JsonElement weight))
            widths.Add(CaseFile.Tensor(weight).Shape[1]);
        return new ModelConfig
        {
            Kind = kind,
            Hidden = widths,
            Latent = CaseFile.Tensor(CaseFile.Member(parameters, $"{encoder}{mean}.weight")).Shape[1],
            Gated = parameters.TryGetProperty($"{encoder}{hidden}{first}.gate.weight", out _),
            Components = config.TryGetProperty("components", out JsonElement components) ? components.GetInt32() : 1,
            KeepProbability = CaseFile.Number(config, "keep_probability"),
        };
    }

    // The file names the last layers apart, and Vamp's encoder as that of H+Vamp's upper variable.
    private static string[] NamesOf(Parameter p, ModelConfig config)
    {
        string last = $".{config.Hidden.Count}.";
        return (config.Kind, p.Name) switch
        {
            (ModelKind.MultVae, var name) when name.StartsWith("encoder" + last, StringComparison.Ordinal) => [name.Replace(last, ".mean."), name.Replace(last, ".logvar.")],
            (ModelKind.MultVae or ModelKind.Vamp, var name) when name.StartsWith("decoder" + last, StringComparison.Ordinal) => [name.Replace(last, ".out.")],
            (ModelKind.Vamp, var name) => [name.Replace("encoder.", "q_z2.")],
            (_, var name) => [name],
        };
    }
}
