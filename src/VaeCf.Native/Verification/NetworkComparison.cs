using System.Text.Json;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using Tensor = VaeCf.Native.Devices.Tensor;

namespace VaeCf.Native.Verification;

/// <summary>
/// A network given the parameters, clicks and noise of a case, and what it computes compared with what the case
/// expects.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="c">Its device.</param>
/// <param name="tolerance">Allowed relative error, norm of the difference over norm.</param>
/// <param name="namesOf">The tensors of the case that a parameter is, side by side.</param>
internal sealed class NetworkComparison(Autoencoder network, Compute c, double tolerance,
    Func<Parameter, string[]> namesOf)
{
    private readonly List<VerifiedQuantity> quantities = [];

    public IReadOnlyList<VerifiedQuantity> Quantities => quantities;

    /// <summary>Writes the tensors of the case to parameters.</summary>
    public void WriteParameters(JsonElement tensors, IReadOnlyList<Parameter> parameters)
    {
        foreach (Parameter p in parameters)
        {
            double[][] parts = [.. namesOf(p).Select(name => Part(tensors, name, p))];
            c.Write([.. Enumerable.Range(0, p.Value.Rows).SelectMany(row =>
                parts.SelectMany(part => part.Chunk(part.Length / p.Value.Rows).ElementAt(row)))], p.Value);
        }
    }

    /// <summary>Loads the clicks of x [B, I].</summary>
    public void Load(double[] x, ClickBatch batch)
    {
        ClickMatrix clicks = Sparse(x, network.ItemCount);
        c.Load(clicks, [.. Enumerable.Range(0, clicks.UserCount)], batch);
    }

    /// <summary>Writes noise: of a mask [B, I] of clicks the numbers of the clicks of x.</summary>
    public void WriteNoise(string role, double[] values, double[] x)
    {
        Noise noise = network.Noises.Single(noise => noise.Role == role);
        noise.Give(c, noise is ClickMask
            ? [.. Enumerable.Range(0, x.Length).Where(i => x[i] != 0).Select(i => values[i])] : values);
    }

    /// <summary>
    /// Forward, loss and Backward, which leaves every gradient, compared with all that is expected of them.
    /// </summary>
    public void CompareStep(ClickBatch batch, double beta, JsonElement expected)
    {
        network.Forward(batch);
        Compare("logits", Expected("logits"), network.ValuesOf(network.Logits));
        foreach ((string name, Tensor value) in network.Codes)
            Compare(name, Expected(name), network.ValuesOf(value));
        if (network is MultVaeNetwork { Head: var head })
            CompareHead("", head);
        if (network is not MultDaeNetwork)
            Compare("kl_per_user", Expected("kl_per_user"), network.KlPerUser);
        network.Loss(batch);
        Compare("loss", [CaseFile.Member(expected, "loss").GetDouble()], [network.Terms().Total(beta)]);
        Compare("reconstruction_per_user", Expected("reconstruction_per_user"),
            network.ValuesOf(network.ReconstructionPerUser));
        if (expected.TryGetProperty("dlogits", out _))
            Compare("dlogits", Expected("dlogits"), network.ValuesOf(network.Logits));
        network.Backward(batch, beta);
        if (network is MultVaeNetwork { HeadGradient: var dHead })
            CompareHead("d", dHead);
        foreach (Parameter p in network.Parameters)
            CompareParameter("d {0}", p, CaseFile.Member(expected, "gradients"), network.WholeGradient(p),
                // Single precision is too coarse for a slope.
                c is ReferenceCompute ? i => Slope(p.Value, i) : null);

        double[] Expected(string name) => CaseFile.Tensor(CaseFile.Member(expected, name)).Data;

        // Of mu and logvar side by side, what the case has.
        void CompareHead(string prefix, Tensor head)
        {
            int latent = head.Columns / 2;
            foreach ((string name, int first) in new[] { ("mu", 0), ("logvar", latent) })
                if (expected.TryGetProperty(prefix + name, out _))
                    Compare(prefix + name, Expected(prefix + name),
                        Columns(network.ValuesOf(head), 2 * latent, first, latent));
        }

        // The central difference of the whole loss along one number.
        double Slope(Tensor tensor, int i)
        {
            const double h = 1e-5;
            double[] values = network.ValuesOf(tensor);
            double LossAt(double moved)
            {
                c.Write([.. values[..i], moved, .. values[(i + 1)..]], tensor);
                network.Forward(batch);
                network.Loss(batch);
                return network.Terms().Total(beta);
            }
            double slope = (LossAt(values[i] + h) - LossAt(values[i] - h)) / (2 * h);
            c.Write(values, tensor);
            return slope;
        }
    }

    /// <summary>Compares all parameters.</summary>
    public void CompareParameters(string format, JsonElement wanted)
    {
        foreach (Parameter p in network.Parameters)
            CompareParameter(format, p, wanted, network.ValuesOf(p.Value));
    }

    public void Compare(string name, double[] wanted, double[] found, Func<int, double>? slope = null) =>
        quantities.Add(VerifiedQuantity.Compare(name, wanted, found, tolerance, slope));

    private void CompareParameter(string format, Parameter p, JsonElement wanted, double[] found,
        Func<int, double>? slope = null)
    {
        int first = 0;
        foreach (string name in namesOf(p))
        {
            double[] part = Part(wanted, name, p);
            int columns = part.Length / p.Value.Rows, from = first;
            Compare(string.Format(null, format, name), part, Columns(found, p.Value.Columns, from, columns),
                slope is null ? null : i => slope(i / columns * p.Value.Columns + from + i % columns));
            first += columns;
        }
    }

    private static double[] Columns(double[] values, int width, int first, int count) =>
        [.. values.Chunk(width).SelectMany(row => row.AsSpan(first, count).ToArray())];

    // A tensor of the file in our layout: the output layer's weight is [out, in] here and [in, out] there.
    private double[] Part(JsonElement tensors, string name, Parameter p)
    {
        (int[] shape, double[] data) = CaseFile.Tensor(CaseFile.Member(tensors, name));
        int rows = p.Value.Rows, columns = p.Value.Columns / namesOf(p).Length;
        if (data.Length != rows * columns)
            throw new ArgumentException(
                $"'{name}' has the shape [{string.Join(", ", shape)}]; expected {rows} x {columns}");
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
}
