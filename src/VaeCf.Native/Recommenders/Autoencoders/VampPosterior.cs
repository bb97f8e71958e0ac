using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using static VaeCf.Native.Recommenders.Autoencoders;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// q(z|x) and the VampPrior built from it (Tomczak and Welling 2018): p(z) = 1/C sum_c q(z|u_c) for pseudo-inputs u_c,
/// which are learnt and kept within [0, 1]. They are not L2-normalised and pass the same layers as the clicks, dropout
/// included: as rows below the clicks', so that every layer is one product.
/// </summary>
internal sealed class VampPosterior
{
    private readonly Compute c;
    private readonly ConditionalNormal q;
    private readonly Parameter pseudoInputs;
    private readonly ClickMask mask;
    private readonly DenseMask pseudoMask;
    private readonly NormalNoise epsilon;
    private readonly Units u;
    private readonly Above rows;
    private readonly Clicks x;
    private readonly Tensor responsibilities;

    public VampPosterior(Arena memory, Settings settings, int items, Clicks x, string name,
        (string Mask, string Epsilon) roles)
    {
        c = memory.Compute;
        this.x = x;
        q = new ConditionalNormal(memory, name, name, items, settings.Get(Hidden), settings.Get(Latent),
            settings.Get(Gated));
        mask = new ClickMask(memory, roles.Mask, RandomPurpose.Dropout, settings.Get(KeepProbability));
        epsilon = new NormalNoise(memory, roles.Epsilon, RandomPurpose.Noise, settings.Get(Latent));
        pseudoMask = new DenseMask(memory, "dropout_pseudo", RandomPurpose.PseudoInputDropout,
            settings.Get(KeepProbability), settings.Get(Components), items);
        Tensor gradient = memory.Allocate(0, items);
        u = new Units(c, memory.Allocate(0, items), gradient);
        pseudoInputs = new Parameter(memory, "pseudo_inputs", ParameterKind.PseudoInputs, settings.Get(Components),
            items, fanIn: 0, gradient)
        {
            Items = ItemAxis.Columns,
        };
        rows = new Above(x, u);
        Z = new Units(memory, settings.Get(Latent));
        (LogQ, LogP) = (memory.Allocate(0, 1), memory.Allocate(0, 1));
        responsibilities = memory.Allocate(0, settings.Get(Components));
        Noises = [mask, epsilon, pseudoMask];
    }

    public IReadOnlyList<Noise> Noises { get; }
    public IReadOnlyList<Parameter> EncoderParameters => q.Parameters;
    public Parameter PseudoInputs => pseudoInputs;

    /// <summary>The mean of q(z|x), [B, Z].</summary>
    public Units Mean => q.Mean;

    /// <summary>The sample, [B, Z].</summary>
    public Units Z { get; }

    /// <summary>log q(z|x) and log p(z) of each user, [B, 1].</summary>
    public Tensor LogQ { get; }

    /// <inheritdoc cref="LogQ"/>
    public Tensor LogP { get; }

    /// <summary>The arrays of the last step.</summary>
    /// <param name="name">The name of z.</param>
    /// <param name="rest">What the forward pass computes of z after its prior.</param>
    public IEnumerable<Stage> Stages(string name, Action rest) =>
    [
        u.Stage("u~") with { GradientOf = "u", Parameters = [pseudoInputs] }, .. q.Stages,
        Z.Stage(name) with
        {
            Rest = () =>
            {
                Prior();
                rest();
            },
        },
    ];

    /// <summary>Samples z, given the noise.</summary>
    public void Forward(ClickBatch batch)
    {
        x.Read(batch, mask);                                      // x~ = x / ||x||, mask / keep
        c.Clamp(pseudoInputs.Value, 0, 1, u.Value);               // u = pseudo-inputs within [0, 1]
        c.Dropout(pseudoMask.Values, pseudoMask.Keep, u.Value);   // u~ = u mask / keep
        q.Forward(rows);                                          // mean, logvar of q(z|x~) and, below, of q(z|u~)
        (Tensor mean, Tensor logvar) = (q.Mean.Value, q.Logvar.Value);
        c.Sample(rows.OfClicks(mean), rows.OfClicks(logvar), epsilon.Values, Z.Value,
            LogQ);                                                // z = mean + epsilon exp(logvar / 2), log q(z|x)
        Prior();
    }

    private void Prior()
    {
        (Tensor mean, Tensor logvar) = (q.Mean.Value, q.Logvar.Value);
        c.MixtureLogDensity(Z.Value, rows.OfUnits(mean), rows.OfUnits(logvar), responsibilities,
            LogP);                                                // log p(z) = log 1/C sum_c q(z|u_c)
    }

    /// <summary>From dZ and weight [B, 1] times log q(z|x) - log p(z) to the gradients of the parameters.</summary>
    public void Backward(Tensor weight, IUpdate update)
    {
        (Tensor mean, Tensor logvar) = (q.Mean.Value, q.Logvar.Value);
        (Tensor dMean, Tensor dLogvar) = (q.Mean.NewGradient(), q.Logvar.NewGradient());
        c.MixtureLogDensityGradient(Z.Value, rows.OfUnits(mean), rows.OfUnits(logvar), responsibilities, weight,
            Z.OldGradient, rows.OfUnits(dMean),
            rows.OfUnits(dLogvar));                               // -log p(z) -> dz, dmean_c, dlogvar_c
        c.SampleGradient(rows.OfClicks(logvar), epsilon.Values, Z.TakeGradient(), weight, rows.OfClicks(dMean),
            rows.OfClicks(dLogvar));                              // dz, log q(z|x) -> dmean, dlogvar
        q.Backward(rows, update);                                 // -> gradients of q, du~
        Tensor dU = u.TakeGradient();
        c.Dropout(pseudoMask.Values, pseudoMask.Keep, dU);        // du = du~ mask / keep
        c.ClampGradient(pseudoInputs.Value, 0, 1, dU);            // du <- 0 outside (0, 1)
        update.Apply(pseudoInputs);
    }

    /// <summary>The mean of q(z|x) for prediction: no dropout, no sampling, no pseudo-inputs.</summary>
    public Units ForwardMean(ClickBatch batch)
    {
        x.Read(batch);                                            // x~ = x / ||x||
        q.Forward(x);                                             // mean of q(z|x~)
        return q.Mean;
    }
}
