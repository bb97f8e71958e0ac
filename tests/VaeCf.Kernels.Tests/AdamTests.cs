using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class AdamTests
{
    private static readonly AdamStep settings = new(1e-3, 0.9, 0.999, 1e-8, 1, 0.02);

    public static TheoryData<int> Lengths => [0, 1, 15, 16, 17, 101, 16_384, 50_021];

    [Theory, MemberData(nameof(Lengths))]
    public void Five_steps_agree_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int length)
    {
        const int steps = 5;
        float[][] gradients = [.. Enumerable.Range(1, steps).Select(t => Compare.Random(length, (ulong)t))];
        float[] start = Compare.Random(length, 9);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] w = [.. start], m = new float[length], v = new float[length];
            for (int t = 1; t <= steps; t++)
                Adam.Cpu.Step(workers, gradients[t - 1], w, m, v, settings with { T = t });
            return [.. w, .. m, .. v];
        });
        double[] w = start.ToDouble(), m = new double[length], v = new double[length];
        for (int t = 1; t <= steps; t++)
            Adam.Reference.Step(gradients[t - 1].ToDouble(), w, m, v, settings with { T = t });
        Assert.InRange(Compare.RelativeError(w, actual.AsSpan(0, length)), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(m, actual.AsSpan(length, length)), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(v, actual.AsSpan(2 * length)), 0, 3e-7);
        // What was learned, not what was there before.
        double[] moved = [.. w.Zip(start, (after, before) => after - before)];
        float[] movedCpu = [.. actual[..length].Zip(start, (after, before) => after - before)];
        Assert.InRange(Compare.RelativeError(moved, movedCpu), 0, 1e-4);
    }

    [Fact]
    public void The_first_step_is_the_learning_rate_against_the_sign_of_the_gradient()
    {
        double[] w = [1, 1, 1], m = new double[3], v = new double[3];
        Adam.Reference.Step([5, -0.01, 0], w, m, v, settings with { WeightDecay = 0 });
        Assert.Equal(1 - 1e-3, w[0], 1e-9);
        Assert.Equal(1 + 1e-3, w[1], 1e-8);
        Assert.Equal(1, w[2]);
    }

    [Fact]
    public void The_moments_and_the_second_step_are_those_computed_by_hand()
    {
        // g = 2 then 4, lr 0.5, betas 0.5 and 0.75: m = 1, v = 1, w = 0 - 0.5 * 2 / 2; then m = 2.5, v = 4.75,
        // m^ = 2.5 / 0.75, v^ = 4.75 / 0.4375.
        var step = new AdamStep(0.5, 0.5, 0.75, 1e-12, 1, 0);
        double[] w = [0], m = [0], v = [0];
        Adam.Reference.Step([2], w, m, v, step);
        Assert.Equal([-0.5, 1, 1], [w[0], m[0], v[0]], (a, b) => Math.Abs(a - b) < 1e-11);
        Adam.Reference.Step([4], w, m, v, step with { T = 2 });
        Assert.Equal([-0.5 - 0.5 * (2.5 / 0.75) / Math.Sqrt(4.75 / 0.4375), 2.5, 4.75], [w[0], m[0], v[0]],
            (a, b) => Math.Abs(a - b) < 1e-11);
    }

    [Fact]
    public void Weight_decay_is_the_gradient_of_half_the_squared_norm()
    {
        double[] decayed = [3], plain = [3], m = [0], v = [0], m2 = [0], v2 = [0];
        Adam.Reference.Step([0], decayed, m, v, settings with { WeightDecay = 0.5 });
        Adam.Reference.Step([1.5], plain, m2, v2, settings with { WeightDecay = 0 });
        Assert.Equal(plain, decayed);
        Assert.Equal(m2, m);
    }

    [Theory, InlineData(1), InlineData(17)]
    public void A_scaled_gradient_is_the_gradient_scaled_and_the_decay_is_not(int length)
    {
        float[] g = Compare.Random(length, 1), w = Compare.Random(length, 2), m = new float[length],
            v = new float[length];
        float[] w2 = [.. w], m2 = new float[length], v2 = new float[length];
        Adam.Cpu.Step(Workers.One, g, w, m, v, settings with { GradientScale = 0.25 });
        Adam.Cpu.Step(Workers.One, [.. g.Select(value => value / 4)], w2, m2, v2, settings);
        Assert.Equal([.. w2, .. m2, .. v2], [.. w, .. m, .. v]);

        double[] w3 = [3], m3 = [0], v3 = [0];
        Adam.Reference.Step([8], w3, m3, v3, settings with { GradientScale = 0.25, WeightDecay = 0.5 });
        Assert.Equal(0.1 * (8 / 4 + 0.5 * 3), m3[0], 1e-12);
    }

    public static TheoryData<string, AdamStep> BadSettings => new()
    {
        { "LearningRate", settings with { LearningRate = double.NaN } },
        { "LearningRate", settings with { LearningRate = -1 } },
        { "Beta1", settings with { Beta1 = 1 } },
        { "Beta2", settings with { Beta2 = -0.1 } },
        { "Epsilon", settings with { Epsilon = 0 } },
        { "T", settings with { T = 0 } },
        { "WeightDecay", settings with { WeightDecay = double.PositiveInfinity } },
        { "GradientScale", settings with { GradientScale = double.PositiveInfinity } },
    };

    [Theory, MemberData(nameof(BadSettings))]
    public void A_setting_outside_its_range_is_refused_by_name(string name, AdamStep step) =>
        Assert.Throws<ArgumentOutOfRangeException>(name, () => Adam.Cpu.Step(Workers.One, [], [], [], [], step));

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Throws<ArgumentException>(
            "v", () => Adam.Cpu.Step(Workers.One, new float[3], new float[3], new float[3], new float[2], settings));
}
