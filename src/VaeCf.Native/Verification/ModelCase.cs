using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Verification;

/// <summary>
/// A Mult-VAE or Mult-DAE computed by another framework with all noise fixed: parameters, clicks, dropout masks and normal
/// draws of some Adam steps, and what must come of them. The file says [in, out] of every weight.
/// </summary>
internal static class ModelCase
{
    /// <summary>Recomputes every expected quantity of a case.</summary>
    /// <param name="root">The file.</param>
    /// <param name="c">What computes.</param>
    /// <param name="tolerance">Allowed relative error, norm of the difference over norm.</param>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root, Compute c, double tolerance)
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs"), expected = CaseFile.Member(root, "expected");
        JsonElement settings = CaseFile.Member(config, "adam"), masks = CaseFile.Member(inputs, "dropout_mask");
        double beta = CaseFile.Number(config, "beta");
        using Autoencoder network = Autoencoder.Create(c, ReadConfig(config), CaseFile.Member(config, "items").GetInt32());
        using var adam = new AdamOptimizer(c, network.Parameters, CaseFile.Number(settings, "lr"), network.Config.WeightDecay,
            CaseFile.Number(settings, "beta1"), CaseFile.Number(settings, "beta2"), CaseFile.Number(settings, "eps"));
        using ClickBatch batch = c.AllocateBatch();
        var comparison = new NetworkComparison(network, c, tolerance, p => [p.Name]);
        comparison.WriteParameters(CaseFile.Member(inputs, "parameters"), network.Parameters);

        for (int step = 0; step < masks.GetArrayLength(); step++)
        {
            double[] x = Input("x");
            comparison.Load(x, batch);
            comparison.WriteNoise("dropout_x", Input("dropout_mask"), x);
            if (network is MultVae)
                comparison.WriteNoise("epsilon", Input("epsilon"), x);
            if (step == 0)
                comparison.CompareStep(batch, beta, expected);
            adam.T = step + 1;
            LossTerms terms = network.Train(batch, beta, adam);
            comparison.Compare($"loss before Adam step {step + 1}", [CaseFile.Member(expected, "adam_losses")[step].GetDouble()], [terms.Total(beta)]);

            double[] Input(string name) => CaseFile.Tensor(CaseFile.Member(inputs, name)[step]).Data;
        }
        comparison.CompareParameters("{0} after Adam", CaseFile.Member(expected, "parameters_after_adam"));
        return comparison.Quantities;
    }

    private static ModelConfig ReadConfig(JsonElement config) => new()
    {
        Kind = CaseFile.Member(config, "variational").GetBoolean() ? ModelKind.MultVae : ModelKind.MultDae,
        Likelihood = Enum.Parse<Likelihood>(CaseFile.Member(config, "likelihood").GetString()!, ignoreCase: true),
        Hidden = CaseFile.Integers(CaseFile.Member(config, "hidden")),
        Latent = CaseFile.Member(config, "latent").GetInt32(),
        KeepProbability = CaseFile.Number(config, "keep_probability"),
        WeightDecay = CaseFile.Number(config, "weight_decay"),
        GaussianC1 = CaseFile.Number(config, "gaussian_c1"),
        GaussianC0 = CaseFile.Number(config, "gaussian_c0"),
    };
}
