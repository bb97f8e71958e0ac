using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// MLP: layers that read a user's vector and an item's side by side, a_0 = [P_u | Q_i], a_l = relu(a_(l-1) W_l + b_l),
/// f = h . a_L + c. See <see cref="Ncf"/>.
/// </summary>
public static class Mlp
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "mlp",
        Title = "MLP",
        Summary = "A network that reads a user's and an item's vector, for the users it was trained on; "
            + "all others get one list, of the mean user.",
        Citation = Ncf.Paper,
        Settings = [Ncf.MlpFactors, Ncf.Widths, .. Ncf.Training],
        Grid = [Ncf.LearningRate.Over(3e-4, 1e-3, 3e-3)],
        Check = Ncf.CheckWidths,
        KeepsUsers = true,
        Fit = Ncf.Fit,
        Load = Ncf.Load,
    };
}
