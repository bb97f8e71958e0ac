using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>The settings of one RProp step (Riedmiller and Braun 1993; their values are the defaults).</summary>
/// <param name="InitialStep">Each entry's step size at its first step, in [Least, Largest].</param>
/// <param name="Increase">Factor where the gradient keeps its sign; finite, at least 1.</param>
/// <param name="Decrease">Factor where the gradient changes its sign, in (0, 1].</param>
/// <param name="Least">The least step size; finite, above 0.</param>
/// <param name="Largest">The largest; finite, at least <paramref name="Least"/>.</param>
/// <param name="WeightDecay">lambda of 1/2 lambda sum w^2; finite, at least 0; 0 for biases.</param>
public readonly record struct RPropStep(double InitialStep = 0.1, double Increase = 1.2, double Decrease = 0.5,
    double Least = 1e-6, double Largest = 50, double WeightDecay = 0)
{
    internal void Check()
    {
        Setting.Check(nameof(Increase), Increase, double.IsFinite(Increase) && Increase >= 1, "finite and at least 1");
        Setting.Check(nameof(Decrease), Decrease, Decrease is > 0 and <= 1, "in (0, 1]");
        // A size of 0 stands for the initial one: the least must be above it as a float too.
        Setting.Check(nameof(Least), Least, double.IsFinite(Least) && (float)Least > 0, "that is a float above 0");
        Setting.Check(
            nameof(Largest), Largest, double.IsFinite(Largest) && Largest >= Least, $"finite and at least {Least}");
        Setting.Check(nameof(InitialStep), InitialStep, InitialStep >= Least && InitialStep <= Largest,
            $"in [{Least}, {Largest}]");
        Setting.AtLeast0(nameof(WeightDecay), WeightDecay);
    }
}
