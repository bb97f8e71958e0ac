using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>The whole backward pass against central differences of the whole forward pass, in double.</summary>
public class ModelGradientTests
{
    public static TheoryData<string, Likelihood, int, bool> Models()
    {
        var data = new TheoryData<string, Likelihood, int, bool>();
        foreach (string model in Small.Models)
            foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                for (int hidden = model is "multvae" or "multdae" ? 0 : 1; hidden <= 3; hidden++)
                    foreach (bool gated in new[] { false, true })
                        if (!gated || (model != "recvae" && hidden > 0))
                            data.Add(model, likelihood, hidden, gated);
        return data;
    }

    [Theory, MemberData(nameof(Models))]
    public void Every_gradient_is_the_slope_of_the_loss(string model, Likelihood likelihood, int hidden, bool gated)
    {
        int[] widths = (model == "recvae" ? new[] { 5, 5, 5 } : [5, 4, 6])[..hidden];
        Settings settings = Small.Shape(model, widths, latent: 3, components: 4, likelihood, gated)
            .With(Autoencoders.WeightDecay, 0.02).With(Autoencoders.KeepProbability, 0.6);
        var clicks = new ClickMatrix(7, [0, 3, 3, 7], [0, 2, 5, 1, 2, 4, 6]);
        TracedStep step = TracedStep.Of(settings, clicks, new() { Beta = 0.7, Seed = 3 });

        Assert.Subset(step.Gradients.Where(gradient => gradient.Checks.Count > 0).Select(gradient => gradient.Name)
            .ToHashSet(), step.Parameters.Select(p => $"d {p.Name}").ToHashSet());
        foreach (TracedArray gradient in step.Gradients.Where(gradient => gradient.Checks.Count > 0))
        {
            Assert.Equal(gradient.Values.Count, gradient.Checks.Count);
            double[] byHand = [.. gradient.Checks.Select(check => check.Gradient)],
                slope = [.. gradient.Checks.Select(check => check.Slope)];
            double norm = Math.Sqrt(slope.Sum(s => s * s));
            Assert.True(norm > 1e-6, $"{gradient.Name}: the slope is {norm}, nothing to compare with");
            Assert.True(gradient.Error <= 1e-8, $"{gradient.Name}, {Mismatch.Describe(byHand, slope,
                1e-6, ("by hand", i => byHand[i]), ("by slope", i => slope[i]))}");
        }
    }
}
