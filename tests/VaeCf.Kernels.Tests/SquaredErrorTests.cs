using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class SquaredErrorTests
{
    public static TheoryData<int, int> Shapes => SparseBatch.Shapes();

    [Theory, MemberData(nameof(Shapes)), InlineData(509, 127)]
    public void Losses_and_gradients_agree_with_the_reference_with_the_same_bits(int rows, int columns)
    {
        var batch = new SparseBatch(rows, columns);
        float[] bias = Compare.Random(columns, 1), start = Compare.Random(batch.Items.Length, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] predictions = [.. start], loss = [.. Enumerable.Repeat(float.NaN, rows)];
            SquaredError.Cpu.Loss(workers, batch.RowStarts, batch.Items, batch.Counts, bias, predictions, loss);
            return [.. predictions, .. loss];
        });
        (double[] gradient, double[] losses) = Reference(batch, bias.ToDouble(), start.ToDouble());
        Assert.InRange(Compare.RelativeError(gradient, actual[..start.Length]), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(losses, actual[start.Length..]), 0, 3e-7);
    }

    [Fact]
    public void The_gradient_is_the_slope_and_so_is_its_sum_over_an_items_ratings()
    {
        var batch = new SparseBatch(5, 31);
        double[] bias = Compare.Random(31, 3).ToDouble(), start = Compare.Random(batch.Items.Length, 4).ToDouble();
        double[] gradient = Reference(batch, bias, start).Gradient, ofBias = new double[31];
        for (int n = 0; n < gradient.Length; n++)
            ofBias[batch.Items[n]] += gradient[n];
        CentralDifference.Check(at => Reference(batch, bias, at).Losses.Sum(), start, gradient);
        CentralDifference.Check(at => Reference(batch, at, start).Losses.Sum(), bias, ofBias);
    }

    [Fact]
    public void A_row_without_ratings_has_no_error()
    {
        float[] predictions = [4], loss = [7, 7];
        SquaredError.Cpu.Loss(Workers.One, [0, 0, 1], [1], [5], [9, 0.5f], predictions, loss);
        Assert.Equal([0, 0.25f], loss);
        Assert.Equal([-1], predictions);
    }

    [Fact]
    public void Wrong_lengths_and_items_are_refused()
    {
        Assert.Throws<ArgumentException>("predictions",
            () => SquaredError.Cpu.Loss(Workers.One, [0, 1], [0], [1], [1], new float[2], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>("items",
            () => SquaredError.Cpu.Loss(Workers.One, [0, 1], [1], [1], [1], new float[1], new float[1]));
    }

    private static (double[] Gradient, double[] Losses) Reference(SparseBatch batch, double[] bias, double[] start)
    {
        double[] predictions = [.. start], losses = new double[batch.Rows];
        SquaredError.Reference.Loss(
            batch.RowStarts, batch.Items, batch.Counts.ToDouble(), bias, predictions, losses);
        return (predictions, losses);
    }
}
