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
}
