using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// RecVAE's encoder (Shenbin et al. 2020, section 3.2): every layer reads the one before and adds all before it,
/// h_l = LayerNorm(swish(h_(l-1) W_l + b_l + h_1 + … + h_(l-1))), of one width; mean and logvar are linear in the last.
/// </summary>
internal sealed class ResidualEncoder
{
    // The authors' code: 0.1, not the usual 1e-5.
    private const double NormEpsilon = 0.1;

    private readonly Compute c;
    private readonly LinearLayer[] layers;
    private readonly Norm[] norms;
    private readonly LinearLayer mean, logvar;

    private sealed record Norm(Parameter Weight, Parameter Bias, Tensor Input, Tensor Statistics, Units Output);

    /// <summary>
    /// Parameters <c>encoder.fc1 …</c> and <c>encoder.ln1 …</c>, <c>encoder.mu</c>, <c>encoder.logvar</c>.
    /// </summary>
    public ResidualEncoder(Arena memory, Settings settings, int items)
    {
        c = memory.Compute;
        int width = settings.Get(Hidden)[0], count = settings.Get(Hidden).Count;
        layers = [.. Enumerable.Range(1, count)
            .Select(l => new LinearLayer(memory, $"encoder.fc{l}", l == 1 ? items : width, width))];
        norms = [.. Enumerable.Range(1, count).Select(l => new Norm(
            new Parameter(memory, $"encoder.ln{l}.weight", ParameterKind.NormWeight, 1, width, width),
            new Parameter(memory, $"encoder.ln{l}.bias", ParameterKind.NormBias, 1, width, width),
            memory.Allocate(0, width), memory.Allocate(0, 2), new Units(memory, width)))];
        mean = new LinearLayer(memory, "encoder.mu", width, settings.Get(Latent));
        logvar = new LinearLayer(memory, "encoder.logvar", width, settings.Get(Latent));
        Parameters = [.. layers.Zip(norms).SelectMany(pair =>
            (Parameter[])[.. pair.First.Parameters, pair.Second.Weight, pair.Second.Bias]),
            .. mean.Parameters, .. logvar.Parameters];
    }

    public IReadOnlyList<Parameter> Parameters { get; }
    public Units Mean => mean.Output;
    public Units Logvar => logvar.Output;

    // What a norm reads and gives has its gradient overwritten on the way; that of the sums a_l stays.
    public IEnumerable<Stage> Stages =>
    [
        .. layers.Zip(norms).SelectMany(pair => (Stage[])[.. pair.First.Stages,
            new($"h {pair.Second.Weight.Name[..^".weight".Length]}", pair.Second.Output.Value)
            {
                Parameters = [pair.Second.Weight, pair.Second.Bias],
            }]),
        .. mean.Stages, .. logvar.Stages,
    ];

    public void Forward(Clicks x)
    {
        for (int l = 0; l < layers.Length; l++)
        {
            Tensor a = layers[l].Output.Value;
            layers[l].Forward(InputOf(l, x));                     // a_l = h_(l-1) W_l + b_l
            for (int k = 0; k < l; k++)
                c.Add(norms[k].Output.Value, a);                  // a_l <- a_l + h_k
            c.Swish(a, norms[l].Input);                           // s_l = a_l s(a_l)
            c.LayerNorm(norms[l].Input, norms[l].Weight.Value, norms[l].Bias.Value, NormEpsilon, norms[l].Output.Value,
                norms[l].Statistics);                             // h_l = LayerNorm(s_l)
        }
        mean.Forward(norms[^1].Output);                           // mean = h W + b
        logvar.Forward(norms[^1].Output);                         // logvar = h V + c
    }

    public void Backward(Clicks x, IUpdate update)
    {
        logvar.Backward(norms[^1].Output, update);                // dlogvar -> dh
        mean.Backward(norms[^1].Output, update);                  // dmean -> dh
        var dA = new Tensor[layers.Length];
        for (int l = layers.Length - 1; l >= 0; l--)
        {
            Norm norm = norms[l];
            Tensor dH = norm.Output.TakeGradient();
            dA[l] = layers[l].Output.NewGradient();
            c.LayerNormGradient(norm.Input, norm.Weight.Value, norm.Statistics, dH, dH, norm.Weight.Gradient,
                norm.Bias.Gradient);                              // dh_l -> ds_l, gradients of the norm
            c.SwishGradient(layers[l].Output.Value, dH, dA[l]);   // ds_l -> da_l
            layers[l].Backward(InputOf(l, x), update);            // da_l -> dh_(l-1), gradients of the layer
            for (int k = l; k < layers.Length && l > 0; k++)
                c.Add(dA[k], norms[l - 1].Output.OldGradient);    // dh_(l-1) <- dh_(l-1) + da_k
            update.Apply(norm.Weight);
            update.Apply(norm.Bias);
        }
    }

    private Input InputOf(int l, Clicks x) => l == 0 ? x : norms[l - 1].Output;
}
