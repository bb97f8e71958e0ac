using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GaussianLossTests : LossTests
{
    private const float C1 = 2.5f, C0 = 0.5f;

    protected virtual Activation Output => Activation.Identity;

    protected override void Cpu(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss) =>
        GaussianLoss.Cpu.Loss(workers, rows, columns, logits, rowStarts, items, counts, C1, C0, Output, scale, loss);

    protected override void Reference(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss) =>
        GaussianLoss.Reference.Loss(rows, columns, logits, rowStarts, items, counts, C1, C0, Output, scale, loss);

    protected override double Definition(ReadOnlySpan<double> logits, ReadOnlySpan<double> x)
    {
        double loss = 0;
        for (int i = 0; i < x.Length; i++)
            loss += (x[i] > 0 ? C1 : C0) / 2 * Math.Pow(x[i] - Of(logits[i]), 2);
        return loss;
    }

    private double Of(double logit) => Output switch
    {
        Activation.Tanh => Math.Tanh(logit),
        Activation.Sigmoid => 1 / (1 + Math.Exp(-logit)),
        _ => logit,
    };

    [Fact]
    public void Units_that_are_no_output_are_refused() => Assert.Contains("expected Identity, Tanh or Sigmoid",
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianLoss.Cpu.Loss(Workers.One, 1, 2, new float[2], [0, 0],
            [], [], C1, C0, Activation.Relu, 1, new float[1])).Message);

    [Fact]
    public void A_small_error_at_a_click_is_not_drowned_by_a_large_count()
    {
        float[] logits = [1_000, 0.5f], loss = [float.NaN];
        GaussianLoss.Cpu.Loss(Workers.One, 1, 2, logits, [0, 1], [0], [1_001], C1, C0, Activation.Identity, 1, loss);
        Assert.Equal([C1 / 2 + C0 / 8], loss);
        Assert.Equal([-C1, C0 / 2], logits);
    }
}

public class GaussianLossOfTanhTests : GaussianLossTests
{
    protected override Activation Output => Activation.Tanh;
}

public class GaussianLossOfSigmoidTests : GaussianLossTests
{
    protected override Activation Output => Activation.Sigmoid;
}
