using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// GMF, generalised matrix factorisation: f = h . (p_u * q_i) + c, a factorisation that weighs its factors. See
/// <see cref="Ncf"/>.
/// </summary>
public static class Gmf
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "gmf",
        Title = "GMF",
        Summary = "Generalised matrix factorisation of clicks and sampled negatives, for the users it was trained on; "
            + "all others get one list, of the mean user.",
        Citation = Ncf.Paper,
        Settings = [Ncf.Factors, .. Ncf.Training],
        Grid = [Ncf.Factors.Over(8, 16, 32), Ncf.LearningRate.Over(1e-3, 3e-3)],
        KeepsUsers = true,
        Fit = Ncf.Fit,
        Load = Ncf.Load,
    };
}
