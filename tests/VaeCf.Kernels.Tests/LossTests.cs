using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>What every loss over a batch's logits must hold.</summary>
public abstract class LossTests
{
    private const float Scale = 0.25f;

    protected abstract void Cpu(Workers workers, int rows, int columns, Span<float> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<float> counts, float scale, Span<float> loss);

    protected abstract void Reference(int rows, int columns, Span<double> logits, ReadOnlySpan<int> rowStarts,
        ReadOnlySpan<int> items, ReadOnlySpan<double> counts, double scale, Span<double> loss);

    /// <summary>The loss of one user as the paper writes it, over dense targets.</summary>
    protected abstract double Definition(ReadOnlySpan<double> logits, ReadOnlySpan<double> x);

    public static TheoryData<int, int> Shapes => SparseBatch.Shapes();

    [Theory, MemberData(nameof(Shapes))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int columns) =>
        Agree(new(rows, columns), Compare.Random(rows * columns, 1));

    [Fact]
    public void Logits_of_80_neither_overflow_nor_lose_the_loss()
    {
        var batch = new SparseBatch(4, 4099);
        float[] logits = Compare.Random(4 * 4099, 2);
        for (int i = 0; i < logits.Length; i++)
            logits[i] = MathF.CopySign(80, logits[i]);
        Agree(batch, logits);
    }

    [Fact]
    public void The_loss_is_its_definition()
    {
        var batch = new SparseBatch(5, 101);
        double[] f = Compare.Random(5 * 101, 3).ToDouble(), x = batch.Dense();
        (double[] loss, _) = Reference(batch, f);
        for (int b = 0; b < 5; b++)
            Assert.Equal(Definition(f.AsSpan(b * 101, 101), x.AsSpan(b * 101, 101)), loss[b],
                1e-11 * Math.Abs(loss[b]));
    }

    [Fact]
    public void The_gradient_is_the_slope_of_the_scaled_losses()
    {
        var batch = new SparseBatch(4, 17);
        double[] f = Compare.Random(4 * 17, 4).ToDouble();
        CentralDifference.Check(logits => Scale * Reference(batch, logits).Loss.Sum(), f, Reference(batch, f).Gradient);
    }

    [Fact]
    public void An_item_outside_the_columns_is_refused()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => Cpu(Workers.One, 1, 3, new float[3], [0, 1], [3], [1], Scale, new float[1]));
        Assert.Contains("0 … 2", error.Message);
    }

    private void Agree(SparseBatch batch, float[] logits)
    {
        float[] actual = Widths.SameBits(workers =>
        {
            float[] gradient = [.. logits], loss = new float[batch.Rows];
            loss.AsSpan().Fill(float.NaN);
            Cpu(workers, batch.Rows, batch.Columns, gradient, batch.RowStarts, batch.Items, batch.Counts, Scale, loss);
            return [.. gradient, .. loss];
        });
        (double[] expectedLoss, double[] expectedGradient) = Reference(batch, logits.ToDouble());
        Assert.InRange(Compare.RelativeError(expectedGradient, actual.AsSpan(0, logits.Length)), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expectedLoss, actual.AsSpan(logits.Length)), 0, 1e-6);
    }

    private (double[] Loss, double[] Gradient) Reference(SparseBatch batch, double[] logits)
    {
        double[] gradient = [.. logits], loss = new double[batch.Rows];
        loss.AsSpan().Fill(double.NaN);
        Reference(batch.Rows, batch.Columns, gradient, batch.RowStarts, batch.Items, batch.Counts.ToDouble(), Scale,
            loss);
        return (loss, gradient);
    }
}
