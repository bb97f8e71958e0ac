using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>The optimisers other than Adam.</summary>
public class OptimizerTests
{
    private static readonly SgdStep sgd = new(1e-2, 0.9, 0.02);
    private static readonly AdaGradStep adaGrad = new(1e-2, 0.5, 0.02);
    private static readonly RPropStep rProp = new(0.01, 1.2, 0.5, 1e-3, 0.02, 0.02);

    private delegate void CpuStep(Workers workers, float[] gradient, float[] w, float[] first, float[] second);

    private delegate void ReferenceStep(double[] gradient, double[] w, double[] first, double[] second);

    // The second state is RProp's alone.
    private static readonly Dictionary<string, (CpuStep Cpu, ReferenceStep Reference)> optimizers = new()
    {
        ["Sgd"] = ((workers, g, w, v, _) => Sgd.Cpu.Step(workers, g, w, v, sgd),
            (g, w, v, _) => Sgd.Reference.Step(g, w, v, sgd)),
        ["AdaGrad"] = ((workers, g, w, s, _) => AdaGrad.Cpu.Step(workers, g, w, s, adaGrad),
            (g, w, s, _) => AdaGrad.Reference.Step(g, w, s, adaGrad)),
        ["RProp"] = ((workers, g, w, size, last) => RProp.Cpu.Step(workers, g, w, size, last, rProp),
            (g, w, size, last) => RProp.Reference.Step(g, w, size, last, rProp)),
    };

    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (string name in optimizers.Keys)
            foreach (int length in (ReadOnlySpan<int>)[0, 1, 15, 16, 17, 101, 16_383, 16_384, 16_385, 50_021])
                data.Add(name, length);
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Five_steps_agree_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        string name, int length)
    {
        const int steps = 5;
        float[][] gradients = [.. Enumerable.Range(1, steps).Select(t => Compare.Random(length, (ulong)t))];
        foreach (float[] gradient in gradients.Where(_ => length > 10))
            gradient[7] = 0;
        float[] start = Compare.Random(length, 9);
        (CpuStep cpu, ReferenceStep reference) = optimizers[name];
        float[] actual = Widths.SameBits(workers =>
        {
            float[] w = [.. start], first = new float[length], second = new float[length];
            foreach (float[] gradient in gradients)
                cpu(workers, gradient, w, first, second);
            return [.. w, .. first, .. second];
        });
        double[] w = start.ToDouble(), first = new double[length], second = new double[length];
        foreach (float[] gradient in gradients)
            reference(gradient.ToDouble(), w, first, second);
        Assert.InRange(Compare.RelativeError(w, actual.AsSpan(0, length)), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(first, actual.AsSpan(length, length)), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(second, actual.AsSpan(2 * length)), 0, 3e-7);
        // What was learned, not what was there before.
        double[] moved = [.. w.Zip(start, (after, before) => after - before)];
        float[] movedCpu = [.. actual[..length].Zip(start, (after, before) => after - before)];
        Assert.InRange(Compare.RelativeError(moved, movedCpu), 0, 1e-4);
    }

    [Fact]
    public void Two_steps_of_momentum_are_those_computed_by_hand()
    {
        // g = 2 then 4, lr 0.5, momentum 0.75, decay 0.5, w = 8: v = 2 + 4, w = 8 - 3; v = 4.5 + 4 + 2.5, w = 5 - 5.5.
        var step = new SgdStep(0.5, 0.75, 0.5);
        double[] w = [8], v = [0];
        Sgd.Reference.Step([2], w, v, step);
        Assert.Equal([5, 6], [w[0], v[0]]);
        Sgd.Reference.Step([4], w, v, step);
        Assert.Equal([-0.5, 11], [w[0], v[0]]);
    }

    [Fact]
    public void Two_steps_of_adagrad_are_those_computed_by_hand()
    {
        // lr 0.5, beta 7, decay 0.5 of w = 4: g' = 1 + 2, s = 9, w = 4 - 1.5 / 4; then without decay: g' = 3, s = 18,
        // w -= 1.5 / 5.
        double[] w = [4], s = [0];
        AdaGrad.Reference.Step([1], w, s, new(0.5, 7, 0.5));
        Assert.Equal([4 - 1.5 / 4, 9], [w[0], s[0]]);
        AdaGrad.Reference.Step([3], w, s, new(0.5, 7));
        Assert.Equal([4 - 1.5 / 4 - 1.5 / 5, 18], [w[0], s[0]]);
    }

    // Initial 1, factors 2 and 0.5, sizes in [0.25, 4]. Each step's gradient; the weight, the size and the last
    // gradient after it.
    public static TheoryData<string, double[], double[], double[], double[]> Runs => new()
    {
        { "grows to the largest", [3, 1, 2, 5], [-1, -3, -7, -11], [1, 2, 4, 4], [3, 1, 2, 5] },
        { "rests where the sign changes, goes on with that size",
            [-3, 2, 2, 2], [1, 1, 0.5, -0.5], [1, 0.5, 0.5, 1], [-3, 0, 2, 2] },
        { "shrinks to the least", [1, -1, -1, 1, 1, -1, -1], [-1, -1, -0.5, -0.5, -0.75, -0.75, -0.5],
            [1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25], [1, 0, -1, 0, 1, 0, -1] },
        { "stays at a gradient of 0", [0, 1, 0, 1], [0, -1, -1, -2], [1, 1, 1, 1], [0, 1, 0, 1] },
        { "shows NaN", [1, double.NaN, 1], [-1, double.NaN, double.NaN], [1, 1, 1], [1, double.NaN, double.NaN] },
    };

    [Theory, MemberData(nameof(Runs))]
    public void Steps_by_signs_are_those_computed_by_hand(
        string what, double[] gradients, double[] weights, double[] sizes, double[] lasts)
    {
        var step = new RPropStep(1, 2, 0.5, 0.25, 4);
        double[] w = [0], size = [0], last = [0];
        float[] w2 = [0], size2 = [0], last2 = [0];
        for (int t = 0; t < gradients.Length; t++)
        {
            RProp.Reference.Step([gradients[t]], w, size, last, step);
            RProp.Cpu.Step(Workers.One, [(float)gradients[t]], w2, size2, last2, step);
            Assert.Equal((what, t, weights[t], sizes[t], lasts[t]), (what, t, w[0], size[0], last[0]));
            Assert.Equal((what, t, weights[t], sizes[t], lasts[t]), (what, t, w2[0], size2[0], last2[0]));
        }
    }

    [Fact]
    public void Gradients_too_small_to_multiply_still_have_their_signs()
    {
        float[] w = [0], size = [0], last = [0];
        RProp.Cpu.Step(Workers.One, [1e-30f], w, size, last, new(1, 2, 0.5, 0.25, 4));
        RProp.Cpu.Step(Workers.One, [1e-30f], w, size, last, new(1, 2, 0.5, 0.25, 4));
        Assert.Equal([-3, 2], [w[0], size[0]]);
    }

    [Fact]
    public void Weight_decay_is_the_gradient_of_half_the_squared_norm()
    {
        double[] decayed = [3], plain = [3];
        RProp.Reference.Step([-1], decayed, [0], [0], rProp with { WeightDecay = 0.5 });
        RProp.Reference.Step([0.5], plain, [0], [0], rProp with { WeightDecay = 0 });
        Assert.Equal(plain, decayed);
    }

    [Fact]
    public void A_setting_outside_its_range_is_refused_by_name()
    {
        static void Refused(string name, Action step) => Assert.Throws<ArgumentOutOfRangeException>(name, step);
        void OfSgd(string name, SgdStep step) => Refused(name, () => Sgd.Cpu.Step(Workers.One, [], [], [], step));
        void OfAdaGrad(string name, AdaGradStep step) =>
            Refused(name, () => AdaGrad.Cpu.Step(Workers.One, [], [], [], step));
        void OfRProp(string name, RPropStep step) =>
            Refused(name, () => RProp.Cpu.Step(Workers.One, [], [], [], [], step));
        OfSgd("LearningRate", sgd with { LearningRate = double.NaN });
        OfSgd("Momentum", sgd with { Momentum = 1 });
        OfSgd("WeightDecay", sgd with { WeightDecay = -1 });
        OfAdaGrad("LearningRate", adaGrad with { LearningRate = -1 });
        OfAdaGrad("Beta", adaGrad with { Beta = 0 });
        OfAdaGrad("WeightDecay", adaGrad with { WeightDecay = double.PositiveInfinity });
        OfRProp("InitialStep", rProp with { InitialStep = 1 });
        OfRProp("Increase", rProp with { Increase = 0.9 });
        OfRProp("Decrease", rProp with { Decrease = 0 });
        OfRProp("Least", rProp with { Least = 1e-60 });
        OfRProp("Largest", rProp with { Largest = 1e-4 });
        OfRProp("WeightDecay", rProp with { WeightDecay = double.NaN });
    }

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        Assert.Throws<ArgumentException>("velocity",
            () => Sgd.Cpu.Step(Workers.One, new float[3], new float[3], new float[2], sgd));
        Assert.Throws<ArgumentException>("gradient",
            () => AdaGrad.Cpu.Step(Workers.One, new float[2], new float[3], new float[3], adaGrad));
        Assert.Throws<ArgumentException>("lastGradient",
            () => RProp.Cpu.Step(Workers.One, new float[3], new float[3], new float[3], new float[2], rProp));
    }
}
