using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>The settings of one step of gradient descent with momentum.</summary>
/// <param name="LearningRate">lr; finite, at least 0.</param>
/// <param name="Momentum">Share of the last velocity that stays, in [0, 1); 0: plain gradient descent.</param>
/// <param name="WeightDecay">lambda of 1/2 lambda sum w^2; finite, at least 0; 0 for biases.</param>
public readonly record struct SgdStep(double LearningRate, double Momentum = 0, double WeightDecay = 0)
{
    internal void Check()
    {
        Setting.AtLeast0(nameof(LearningRate), LearningRate);
        Setting.Check(nameof(Momentum), Momentum, Momentum is >= 0 and < 1, "in [0, 1)");
        Setting.AtLeast0(nameof(WeightDecay), WeightDecay);
    }
}
