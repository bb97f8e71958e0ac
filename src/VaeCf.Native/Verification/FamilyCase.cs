using VaeCf.Kernels;
using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Verification;

/// <summary>
/// One step of a model of the family (gated Mult-VAE, Vamp, H+Vamp, RecVAE) computed by another framework with all
/// noise fixed: parameters, clicks and noise by role, and loss, codes and every gradient. The file says [in, out] of
/// every weight.
/// </summary>
internal static class FamilyCase
{
    /// <inheritdoc cref="ModelCase.Verify"/>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root, Compute c, double tolerance)
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs"),
            parameters = CaseFile.Member(inputs, "parameters");
        Settings read = ReadSettings(config, parameters);
        (int[] shape, double[] x) = CaseFile.Tensor(CaseFile.Member(inputs, "x"));
        using Autoencoder network = Autoencoder.Create(c, read, shape[1]);
        bool isRecVae = read.Type == RecVae.Type;
        using ClickBatch batch = c.AllocateBatch();
        var comparison = new NetworkComparison(network, c, tolerance, p => NamesOf(p, read));
        comparison.WriteParameters(parameters, network.Parameters);
        if (network is RecVaeNetwork recVae)
            comparison.WriteParameters(CaseFile.Member(inputs, "frozen_encoder"), recVae.Frozen);
        comparison.Load(x, batch);
        foreach (JsonProperty noise in CaseFile.Member(inputs, "noise").EnumerateObject())
            comparison.WriteNoise(noise.Name, CaseFile.Tensor(noise.Value).Data, x);
        comparison.CompareStep(batch, CaseFile.Number(config, isRecVae ? "gamma" : "beta"),
            CaseFile.Member(root, "expected"));
        return comparison.Quantities;
    }

    private static Settings ReadSettings(JsonElement config, JsonElement parameters)
    {
        string model = CaseFile.Member(config, "model").GetString()!;
        (ModelType type, string encoder, string hidden, int first, string mean) = model switch
        {
            "gated-multvae" => (MultVae.Type, "encoder.", "", 0, "mean"),
            "vamp" => (Vamp.Type, "q_z2.", "", 0, "mean"),
            "hvamp" => (HVamp.Type, "q_z2.", "", 0, "mean"),
            "recvae" => (RecVae.Type, "encoder.", "fc", 1, "mu"),
            _ => throw new ArgumentException($"the model is '{model}'; expected gated-multvae, vamp, hvamp or recvae"),
        };
        var widths = new List<int>();
        while (parameters.TryGetProperty($"{encoder}{hidden}{first + widths.Count}.weight", out JsonElement weight))
            widths.Add(CaseFile.Tensor(weight).Shape[1]);
        Settings settings = type.Defaults.With(Autoencoders.Likelihood, Likelihood.Multinomial)
            .With(Autoencoders.Hidden, widths)
            .With(Autoencoders.Latent, CaseFile.Tensor(CaseFile.Member(parameters, $"{encoder}{mean}.weight")).Shape[1])
            .With(Autoencoders.KeepProbability, CaseFile.Number(config, "keep_probability"));
        if (settings.Has(Autoencoders.Gated))
            settings = settings.With(Autoencoders.Gated,
                parameters.TryGetProperty($"{encoder}{hidden}{first}.gate.weight", out _));
        return settings.Has(Autoencoders.Components)
            ? settings.With(Autoencoders.Components, CaseFile.Member(config, "components").GetInt32()) : settings;
    }

    // The file names the last layers apart, and Vamp's encoder as that of H+Vamp's upper variable.
    private static string[] NamesOf(Parameter p, Settings settings)
    {
        string last = $".{settings.Get(Autoencoders.Hidden).Count}.";
        return (settings.Type.Name, p.Name) switch
        {
            ("multvae", var name) when name.StartsWith("encoder" + last, StringComparison.Ordinal) =>
                [name.Replace(last, ".mean."), name.Replace(last, ".logvar.")],
            ("multvae" or "vamp", var name) when name.StartsWith("decoder" + last, StringComparison.Ordinal) =>
                [name.Replace(last, ".out.")],
            ("vamp", var name) => [name.Replace("encoder.", "q_z2.")],
            (_, var name) => [name],
        };
    }
}
