using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GaussianLossTests : LossTests
{
    private const float C1 = 2.5f, C0 = 0.5f;

    protected override void Cpu(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss) =>
        GaussianLoss.Cpu.Loss(workers, rows, columns, logits, rowStarts, items, counts, C1, C0, scale, loss);

    protected override void Reference(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss) =>
        GaussianLoss.Reference.Loss(rows, columns, logits, rowStarts, items, counts, C1, C0, scale, loss);

    protected override double Definition(ReadOnlySpan<double> logits, ReadOnlySpan<double> x)
    {
        double loss = 0;
        for (int i = 0; i < x.Length; i++)
            loss += (x[i] > 0 ? C1 : C0) / 2 * Math.Pow(x[i] - logits[i], 2);
        return loss;
    }

    [Fact]
    public void A_small_error_at_a_click_is_not_drowned_by_a_large_count()
    {
        float[] logits = [1_000, 0.5f], loss = [float.NaN];
        GaussianLoss.Cpu.Loss(Workers.One, 1, 2, logits, [0, 1], [0], [1_001], C1, C0, 1, loss);
        Assert.Equal([C1 / 2 + C0 / 8], loss);
        Assert.Equal([-C1, C0 / 2], logits);
    }
}
