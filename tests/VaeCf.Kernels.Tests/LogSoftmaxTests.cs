using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class LogSoftmaxTests : LossTests
{
    protected override void Cpu(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss) =>
        LogSoftmax.Cpu.MultinomialLoss(workers, rows, columns, logits, rowStarts, items, counts, scale, loss);

    protected override void Reference(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss) =>
        LogSoftmax.Reference.MultinomialLoss(rows, columns, logits, rowStarts, items, counts, scale, loss);

    protected override double Definition(ReadOnlySpan<double> logits, ReadOnlySpan<double> x)
    {
        double total = 0, loss = 0;
        foreach (double logit in logits)
            total += Math.Exp(logit);
        for (int i = 0; i < x.Length; i++)
            loss -= x[i] * Math.Log(Math.Exp(logits[i]) / total);
        return loss;
    }

    [Fact]
    public void A_user_without_clicks_has_loss_0_and_gradient_0()
    {
        float[] logits = [3, -1, 2, 5], loss = [float.NaN];
        LogSoftmax.Cpu.MultinomialLoss(Workers.One, 1, 4, logits, [0, 0], [], [], 1, loss);
        Assert.Equal([0], loss);
        Assert.Equal(new float[4], logits);
    }
}
