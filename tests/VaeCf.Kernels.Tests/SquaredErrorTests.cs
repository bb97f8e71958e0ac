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

    [Theory]
    [InlineData(0, 5), InlineData(5, 0), InlineData(1, 1), InlineData(3, 15), InlineData(7, 16), InlineData(3, 17)]
    [InlineData(5, 101), InlineData(2, 16_411), InlineData(509, 127)]
    public void Dense_losses_and_gradients_agree_with_the_reference_with_the_same_bits(int rows, int columns)
    {
        const float scale = 0.125f;
        float[] y = Compare.Random(rows * columns, 1), target = Compare.Random(rows * columns, 2);
        float[] Of(Workers workers, Func<float[], float[], float[]> room)
        {
            float[] own = [.. y], other = [.. target], loss = [.. Enumerable.Repeat(float.NaN, rows)],
                dY = room(own, other);
            SquaredError.Cpu.Dense(workers, rows, columns, own, other, scale, dY, loss);
            return [.. dY, .. loss];
        }

        float[] actual = Widths.SameBits(workers => Of(workers, (_, _) => new float[y.Length]));
        Assert.Equal(actual, Of(Workers.One, (own, _) => own));
        Assert.Equal(actual, Of(Workers.One, (_, other) => other));
        double[] gradient = new double[y.Length], losses = new double[rows];
        SquaredError.Reference.Dense(rows, columns, y.ToDouble(), target.ToDouble(), scale, gradient, losses);
        Assert.InRange(Compare.RelativeError(gradient, actual[..y.Length]), 0, 3e-7);
        Assert.InRange(Compare.RelativeError(losses, actual[y.Length..]), 0, 3e-7);
    }

    [Fact]
    public void The_dense_gradient_is_the_slope_of_the_scaled_losses()
    {
        const double scale = 0.3;
        double[] y = Compare.Random(35, 1).ToDouble(), target = Compare.Random(35, 2).ToDouble(),
            gradient = new double[35];
        SquaredError.Reference.Dense(5, 7, y, target, scale, gradient, new double[5]);
        CentralDifference.Check(at =>
        {
            var losses = new double[5];
            SquaredError.Reference.Dense(5, 7, at, target, scale, new double[35], losses);
            return scale * losses.Sum();
        }, y, gradient);
        Assert.Contains("expected 5 x 7", Assert.Throws<ArgumentException>(() => SquaredError.Cpu.Dense(Workers.One, 5,
            7, new float[35], new float[34], 1, new float[35], new float[5])).Message);
    }

    private static (double[] Gradient, double[] Losses) Reference(SparseBatch batch, double[] bias, double[] start)
    {
        double[] predictions = [.. start], losses = new double[batch.Rows];
        SquaredError.Reference.Loss(
            batch.RowStarts, batch.Items, batch.Counts.ToDouble(), bias, predictions, losses);
        return (predictions, losses);
    }
}
