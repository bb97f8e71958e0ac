using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class LogisticLossTests : LossTests
{
    protected override void Cpu(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss) =>
        LogisticLoss.Cpu.Loss(workers, rows, columns, logits, rowStarts, items, counts, scale, loss);

    protected override void Reference(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss) =>
        LogisticLoss.Reference.Loss(rows, columns, logits, rowStarts, items, counts, scale, loss);

    protected override double Definition(ReadOnlySpan<double> logits, ReadOnlySpan<double> x)
    {
        double loss = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double s = 1 / (1 + Math.Exp(-logits[i]));
            loss -= x[i] * Math.Log(s) + (1 - x[i]) * Math.Log(1 - s);
        }
        return loss;
    }

    [Fact]
    public void An_item_whose_count_is_below_0_is_left_out()
    {
        const int items = 37;
        double[] f = Compare.Random(items, 1).ToDouble(), gradient = [.. f], loss = [double.NaN];
        Reference(1, items, gradient, [0, 3], [2, 9, 36], [-1, 1, -1], 0.25, loss);
        int[] others = [.. Enumerable.Range(0, items).Where(item => item is not (2 or 36))];
        double[] expected = [.. others.Select(item => f[item])], expectedLoss = [double.NaN];
        Reference(1, others.Length, expected, [0, 1], [Array.IndexOf(others, 9)], [1], 0.25, expectedLoss);
        Assert.Equal(expectedLoss[0], loss[0], 1e-12);
        Assert.Equal(expected, others.Select(item => gradient[item]));
        Assert.Equal([0, 0], [gradient[2], gradient[36]]);

        float[] cpu = Widths.SameBits(workers =>
        {
            float[] logits = [.. f.Select(logit => (float)logit)], losses = [float.NaN];
            Cpu(workers, 1, items, logits, [0, 3], [2, 9, 36], [-1, 1, -1], 0.25f, losses);
            return [.. logits, .. losses];
        });
        Assert.InRange(Compare.RelativeError([.. gradient, .. loss], cpu), 0, 1e-6);
        Assert.Equal([0, 0], [cpu[2], cpu[36]]);
    }
}
