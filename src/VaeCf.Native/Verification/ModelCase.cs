using System.Text.Json;
using VaeCf.Native.Compute;
using VaeCf.Native.Data;
using VaeCf.Native.Models;
using VaeCf.Native.Training;
using Tensor = VaeCf.Native.Compute.Tensor;

namespace VaeCf.Native.Verification;

/// <summary>
/// A Mult-VAE or Mult-DAE computed by another framework with all noise fixed: parameters, clicks, dropout masks and normal
/// draws of some Adam steps, and what must come of them. The file says [in, out] of every weight.
/// </summary>
internal static class ModelCase
{
    /// <summary>Recomputes every expected quantity of a case.</summary>
    /// <param name="path">JSON file.</param>
    /// <param name="c">What computes.</param>
    /// <param name="tolerance">Allowed relative error, norm of the difference over norm.</param>
    /// <exception cref="InputException">The file is no such case.</exception>
    public static IReadOnlyList<VerifiedQuantity> Verify(string path, ICompute c, double tolerance) => CaseFile.Read(path, root =>
    {
        JsonElement config = CaseFile.Member(root, "config"), inputs = CaseFile.Member(root, "inputs"), expected = CaseFile.Member(root, "expected");
        JsonElement settings = CaseFile.Member(config, "adam"), masks = CaseFile.Member(inputs, "dropout_mask"), parameters = CaseFile.Member(inputs, "parameters");
        int items = CaseFile.Member(config, "items").GetInt32();
        double beta = Number(config, "beta");
        using Autoencoder network = Autoencoder.Create(c, ReadConfig(config), items);
        using var adam = new AdamOptimizer(c, network.Parameters, Number(settings, "lr"), network.Config.WeightDecay, Number(settings, "beta1"), Number(settings, "beta2"), Number(settings, "eps"));
        using ClickBatch batch = c.AllocateBatch();
        var quantities = new List<VerifiedQuantity>();
        foreach (Parameter p in network.Parameters)
            c.Write(ReadParameter(parameters, p), p.Value);

        for (int step = 0; step < masks.GetArrayLength(); step++)
        {
            double[] x = CaseFile.Tensor(CaseFile.Member(inputs, "x")[step]).Data, mask = CaseFile.Tensor(masks[step]).Data;
            ClickMatrix clicks = Sparse(x, items);
            c.Load(clicks, [.. Enumerable.Range(0, clicks.UserCount)], batch);
            network.Mask.Resize(batch.ClickCount);
            c.Write([.. Enumerable.Range(0, x.Length).Where(i => x[i] != 0).Select(i => mask[i])], network.Mask);
            if (network is MultVae vae)
            {
                (int[] shape, double[] epsilon) = CaseFile.Tensor(CaseFile.Member(inputs, "epsilon")[step]);
                vae.Epsilon.Resize(shape[0]);
                c.Write(epsilon, vae.Epsilon);
            }
            if (step == 0)
            {
                // The plain step, which leaves every gradient; the updates are those of the fused one.
                network.Forward(batch);
                CompareForward();
                network.Loss(batch);
                LossTerms plain = network.Terms();
                network.Backward(batch, beta);
                CompareLossAndGradients(plain.Total(beta));
            }
            adam.T = step + 1;
            LossTerms terms = network.Train(batch, beta, adam);
            Compare($"loss before Adam step {step + 1}", [CaseFile.Member(expected, "adam_losses")[step].GetDouble()], [terms.Total(beta)]);
        }
        foreach (Parameter p in network.Parameters)
            Compare($"{p.Name} after Adam", ReadParameter(CaseFile.Member(expected, "parameters_after_adam"), p), Values(p.Value));
        return quantities;

        void CompareForward()
        {
            Compare("logits", Expected("logits"), Values(network.Logits));
            Compare("z", Expected("z"), Values(network.Code));
            if (network is not MultVae vae)
                return;
            double[] head = Values(vae.Head);
            int latent = network.Config.Latent;
            Compare("mu", Expected("mu"), [.. Enumerable.Range(0, head.Length).Where(i => i % (2 * latent) < latent).Select(i => head[i])]);
            Compare("logvar", Expected("logvar"), [.. Enumerable.Range(0, head.Length).Where(i => i % (2 * latent) >= latent).Select(i => head[i])]);
            Compare("kl_per_user", Expected("kl_per_user"), Values(vae.KlPerUser));
        }

        void CompareLossAndGradients(double loss)
        {
            Compare("loss", [CaseFile.Member(expected, "loss").GetDouble()], [loss]);
            Compare("reconstruction_per_user", Expected("reconstruction_per_user"), Values(network.ReconstructionPerUser));
            foreach (Parameter p in network.Parameters)
            {
                // Adam adds the gradient of the L2 term, weightDecay W, as it reads W.
                double decay = p.IsWeight ? network.Config.WeightDecay : 0;
                double[] gradient = [.. Values(p.Gradient).Zip(Values(p.Value), (g, w) => g + decay * w)];
                Compare($"d {p.Name}", ReadParameter(CaseFile.Member(expected, "gradients"), p), gradient);
            }
        }

        void Compare(string name, double[] wanted, double[] found) => quantities.Add(new VerifiedQuantity(name, RelativeError(wanted, found), tolerance));

        double[] Expected(string name) => CaseFile.Tensor(CaseFile.Member(expected, name)).Data;

        double[] Values(Tensor tensor)
        {
            var values = new double[tensor.Length];
            c.Read(tensor, values);
            return values;
        }
    });

    private static double Number(JsonElement parent, string name) => CaseFile.Member(parent, name).GetDouble();

    private static ModelConfig ReadConfig(JsonElement config) => new()
    {
        Kind = CaseFile.Member(config, "variational").GetBoolean() ? ModelKind.MultVae : ModelKind.MultDae,
        Likelihood = Enum.Parse<Likelihood>(CaseFile.Member(config, "likelihood").GetString()!, ignoreCase: true),
        Hidden = CaseFile.Integers(CaseFile.Member(config, "hidden")),
        Latent = CaseFile.Member(config, "latent").GetInt32(),
        KeepProbability = Number(config, "keep_probability"),
        WeightDecay = Number(config, "weight_decay"),
        GaussianC1 = Number(config, "gaussian_c1"),
        GaussianC0 = Number(config, "gaussian_c0"),
    };

    // A parameter of the file in our layout: the last decoder weight is [out, in] here and [in, out] there.
    private static double[] ReadParameter(JsonElement tensors, Parameter p)
    {
        (int[] shape, double[] data) = CaseFile.Tensor(CaseFile.Member(tensors, p.Name));
        int rows = p.Value.Rows, columns = p.Value.Columns;
        if (data.Length != rows * columns)
            throw new FormatException($"'{p.Name}' has the shape [{string.Join(", ", shape)}]; expected {rows} x {columns}");
        if (!p.IsItemMajorOutput)
            return data;
        var transposed = new double[data.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                transposed[i * columns + j] = data[j * rows + i];
        return transposed;
    }

    private static ClickMatrix Sparse(double[] x, int items)
    {
        var starts = new List<long> { 0 };
        var columns = new List<int>();
        var values = new List<float>();
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i] != 0)
            {
                columns.Add(i % items);
                values.Add((float)x[i]);
            }
            if (i % items == items - 1)
                starts.Add(columns.Count);
        }
        return new ClickMatrix(items, [.. starts], [.. columns], [.. values]);
    }

    private static double RelativeError(double[] expected, double[] actual)
    {
        if (expected.Length != actual.Length)
            throw new FormatException($"{expected.Length} numbers are expected, {actual.Length} were computed");
        double norm = Math.Sqrt(expected.Sum(e => e * e)), difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        return norm > 0 ? difference / norm : difference;
    }
}
