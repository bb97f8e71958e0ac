using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>The settings of one AdaGrad step (Duchi et al. 2011).</summary>
/// <param name="LearningRate">lr; finite, at least 0.</param>
/// <param name="Beta">Added to the sum of squares, under the root; finite, above 0.</param>
/// <param name="WeightDecay">lambda of 1/2 lambda sum w^2; finite, at least 0; 0 for biases.</param>
public readonly record struct AdaGradStep(double LearningRate, double Beta, double WeightDecay = 0)
{
    internal void Check()
    {
        Setting.AtLeast0(nameof(LearningRate), LearningRate);
        Setting.Above0(nameof(Beta), Beta);
        Setting.AtLeast0(nameof(WeightDecay), WeightDecay);
    }
}
