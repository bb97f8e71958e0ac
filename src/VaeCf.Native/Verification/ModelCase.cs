using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Kernels;
using VaeCf.Native.Networks;

namespace VaeCf.Native.Verification;

/// <summary>
/// A Mult-VAE or Mult-DAE computed by another framework with all noise fixed: parameters, clicks, dropout masks and
/// normal draws of some Adam steps, and the expected results. The file says [in, out] of every weight.
/// </summary>
internal static class ModelCase
{
    /// <summary>Recomputes every expected quantity of a case.</summary>
    /// <param name="root">The file.</param>
    /// <param name="c">What computes.</param>
    /// <param name="tolerance">Allowed relative error, norm of the difference over norm.</param>
    public static IReadOnlyList<VerifiedQuantity> Verify(JsonElement root, Compute c, double tolerance)
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs"),
            expected = CaseFile.Member(root, "expected");
        JsonElement settings = CaseFile.Member(config, "adam"), masks = CaseFile.Member(inputs, "dropout_mask");
        double beta = CaseFile.Number(config, "beta");
        using Autoencoder network =
            Autoencoder.Create(c, ReadSettings(config), CaseFile.Member(config, "items").GetInt32());
        using var adam = new AdamOptimizer(c, network.Parameters, new AdamStep(
            CaseFile.Number(settings, "lr"), CaseFile.Number(settings, "beta1"),
            CaseFile.Number(settings, "beta2"), CaseFile.Number(settings, "eps"), T: 1,
            network.Settings.Get(Autoencoders.WeightDecay)));
        using ClickBatch batch = c.AllocateBatch();
        var comparison = new NetworkComparison(network, c, tolerance, p => [p.Name]);
        comparison.WriteParameters(CaseFile.Member(inputs, "parameters"), network.Parameters);

        for (int step = 0; step < masks.GetArrayLength(); step++)
        {
            double[] x = Input("x");
            comparison.Load(x, batch);
            comparison.WriteNoise("dropout_x", Input("dropout_mask"), x);
            if (network is MultVaeNetwork)
                comparison.WriteNoise("epsilon", Input("epsilon"), x);
            if (step == 0)
                comparison.CompareStep(batch, beta, expected);
            LossTerms terms = network.Train(batch, new TrainingStep(beta), adam);
            comparison.Compare($"loss before Adam step {step + 1}",
                [CaseFile.Member(expected, "adam_losses")[step].GetDouble()], [terms.Total(beta)]);

            double[] Input(string name) => CaseFile.Tensor(CaseFile.Member(inputs, name)[step]).Data;
        }
        comparison.CompareParameters("{0} after Adam", CaseFile.Member(expected, "parameters_after_adam"));
        return comparison.Quantities;
    }

    private static Settings ReadSettings(JsonElement config)
    {
        ModelType type = CaseFile.Member(config, "variational").GetBoolean() ? MultVae.Type : MultDae.Type;
        Settings settings = type.Defaults
            .With(Autoencoders.Likelihood,
                Enum.Parse<Likelihood>(CaseFile.Member(config, "likelihood").GetString()!, ignoreCase: true))
            .With(Autoencoders.Hidden, CaseFile.Integers(CaseFile.Member(config, "hidden")))
            .With(Autoencoders.Latent, CaseFile.Member(config, "latent").GetInt32())
            .With(Autoencoders.KeepProbability, CaseFile.Number(config, "keep_probability"))
            .With(Autoencoders.WeightDecay, CaseFile.Number(config, "weight_decay"));
        return settings.Get(Autoencoders.Likelihood) != Likelihood.Gaussian ? settings : settings
            .With(Autoencoders.GaussianC1, CaseFile.Number(config, "gaussian_c1"))
            .With(Autoencoders.GaussianC0, CaseFile.Number(config, "gaussian_c0"));
    }
}
