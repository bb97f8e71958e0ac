using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>
/// NeuMF: GMF and MLP with vectors of their own and one output, f = h . [p_u * q_i | a_L] + c; trained as one, or from
/// the two trained apart. See <see cref="Ncf"/>.
/// </summary>
public static class NeuMf
{
    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "neumf",
        Title = "NeuMF",
        Summary = "Generalised matrix factorisation and an MLP with one output, for the users it was trained on; "
            + "all others get one list, of the mean user.",
        Citation = Ncf.Paper,
        Settings =
            [Ncf.Factors, Ncf.MlpFactors, Ncf.Widths, Ncf.PretrainEpochs, Ncf.DescentRate, .. Ncf.Training],
        Grid = [Ncf.Factors.Over(8, 16, 32), Ncf.LearningRate.Over(1e-3, 3e-3)],
        Check = CheckTogether,
        KeepsUsers = true,
        Fit = Ncf.Fit,
        Load = Ncf.Load,
    };

    private static void CheckTogether(Settings settings)
    {
        Ncf.CheckWidths(settings);
        if (settings.Get(Ncf.PretrainEpochs) >= settings.Get(Ncf.EpochCount))
            throw new ArgumentException(
                $"{Ncf.PretrainEpochs.Name} is {settings.Text(Ncf.PretrainEpochs)}; expected fewer than the "
                + $"{settings.Text(Ncf.EpochCount)} of {Ncf.EpochCount.Name}", Ncf.PretrainEpochs.Name);
    }
}
