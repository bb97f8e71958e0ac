using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>The settings of one Adam step (Kingma and Ba 2015, algorithm 1).</summary>
/// <param name="LearningRate">alpha; finite, at least 0.</param>
/// <param name="Beta1">Decay of the first moment, in [0, 1).</param>
/// <param name="Beta2">Decay of the second moment, in [0, 1).</param>
/// <param name="Epsilon">Added to the root of the second moment; finite, above 0.</param>
/// <param name="T">Number of the step; 1 for the first.</param>
/// <param name="WeightDecay">lambda of 1/2 lambda sum w^2; finite, at least 0; 0 for biases.</param>
/// <param name="GradientScale">
/// Factor of the gradient, before the decay is added: 1 / its norm where gradients are normalised; finite, at least 0.
/// </param>
public readonly record struct AdamStep(double LearningRate, double Beta1, double Beta2, double Epsilon, long T,
    double WeightDecay, double GradientScale = 1)
{
    /// <summary>1 / (1 - beta1^t): the first moment starts at 0 and is that much too small.</summary>
    internal double Correction1 => 1 / (1 - Math.Pow(Beta1, T));

    /// <summary>1 / (1 - beta2^t), the same of the second moment.</summary>
    internal double Correction2 => 1 / (1 - Math.Pow(Beta2, T));

    internal void Check()
    {
        Setting.AtLeast0(nameof(LearningRate), LearningRate);
        Setting.Check(nameof(Beta1), Beta1, Beta1 is >= 0 and < 1, "in [0, 1)");
        Setting.Check(nameof(Beta2), Beta2, Beta2 is >= 0 and < 1, "in [0, 1)");
        Setting.Above0(nameof(Epsilon), Epsilon);
        Setting.Check(nameof(T), T, T >= 1, "at least 1");
        Setting.AtLeast0(nameof(WeightDecay), WeightDecay);
        Setting.AtLeast0(nameof(GradientScale), GradientScale);
    }
}
