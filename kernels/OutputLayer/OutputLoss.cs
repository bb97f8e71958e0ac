namespace VaeCf.Kernels;

/// <summary>The distribution of a user's clicks x given the logits f.</summary>
public enum Likelihood
{
    /// <summary>Multinomial over the items: <see cref="LogSoftmax"/> (Liang et al. 2018, eq. 2).</summary>
    Multinomial,
    /// <summary>Gaussian with weights c1 on clicks and c0 elsewhere: <see cref="GaussianLoss"/> (eq. 3).</summary>
    Gaussian,
    /// <summary>Bernoulli with a logistic link: <see cref="LogisticLoss"/> (eq. 4).</summary>
    Logistic,
}

/// <summary>The loss at the output layer.</summary>
/// <param name="Likelihood">Which distribution.</param>
/// <param name="Scale">
/// Factor of the gradient (1 / B where the loss is the mean over users); the losses are not scaled.
/// </param>
/// <param name="C1">Gaussian: the weight of what was clicked.</param>
/// <param name="C0">Gaussian: the weight of what was not.</param>
/// <param name="Output">
/// Gaussian: what is made of the logits before they are compared with the clicks, the identity, tanh or the sigmoid.
/// </param>
public readonly record struct OutputLoss(Likelihood Likelihood, double Scale, double C1 = 0, double C0 = 0,
    Activation Output = Activation.Identity)
{
    internal ArgumentOutOfRangeException Unknown() =>
        new(nameof(Likelihood), Likelihood, $"expected {string.Join(", ", Enum.GetNames<Likelihood>())}");
}
