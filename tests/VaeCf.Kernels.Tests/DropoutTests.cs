using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class DropoutTests
{
    private static readonly RandomStream stream = new(5, RandomPurpose.Dropout, 17);
    private static readonly int[] users = [.. Enumerable.Range(0, 211).Select(b => b * 7 % 211)];
    private static readonly int[] starts = [.. Enumerable.Range(0, users.Length + 1).Select(b => b * b / 2)];
    private static readonly int[] items = [.. Enumerable.Range(0, starts[^1]).Select(i => i * 31 % 20_011)];

    // What becomes of clicks of 1: the mask over keep.
    private static double[] Reference(double keep)
    {
        double[] values = [.. Enumerable.Repeat(1.0, items.Length)];
        Dropout.Reference.Clicks(stream, keep, starts, users, items, values);
        return values;
    }

    private static float[] Cpu(Workers workers, double keep)
    {
        float[] values = [.. Enumerable.Repeat(1f, items.Length)];
        Dropout.Cpu.Clicks(workers, stream, keep, starts, users, items, values);
        return values;
    }

    [Theory, InlineData(0.5), InlineData(0.37), InlineData(1)]
    public void Clicks_are_the_references_for_every_number_of_threads(double keep)
    {
        double[] expected = Reference(keep);
        float[] actual = Widths.SameBits(workers => Cpu(workers, keep));
        Assert.Equal(expected.Select(value => value != 0), actual.Select(value => value != 0));
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-7);
    }

    [Theory, InlineData(0.5), InlineData(0.1), InlineData(0.9)]
    public void The_share_kept_is_keep_within_five_standard_errors(double keep)
    {
        double[] values = Reference(keep);
        double deviation = Math.Sqrt(keep * (1 - keep) / items.Length);
        Assert.All(values, value => Assert.True(value == 0 || value == 1 / keep));
        Assert.InRange(values.Count(value => value != 0) / (double)items.Length, keep - 5 * deviation,
            keep + 5 * deviation);
    }

    [Fact]
    public void Keep_one_keeps_all() => Assert.All(Cpu(Workers.One, 1), value => Assert.Equal(1, value));

    [Fact]
    public void What_is_dropped_does_not_depend_on_the_batch()
    {
        float[] batch = Cpu(Workers.One, 0.5);
        const int row = 200;
        float[] alone = [.. Enumerable.Repeat(1f, starts[row + 1] - starts[row])];
        Dropout.Cpu.Clicks(Workers.One, stream, 0.5, [0, alone.Length], [users[row]],
            items.AsSpan(starts[row]..starts[row + 1]), alone);
        Assert.Equal(batch[starts[row]..starts[row + 1]], alone);
    }

    [Theory, InlineData(0, 5, 0.5), InlineData(1, 1, 0.5), InlineData(3, 4, 0.3), InlineData(7, 5, 1),
        InlineData(61, 1003, 0.7)]
    public void A_dense_mask_is_the_references_for_every_number_of_threads_and_keeps_its_share(
        int rows, int columns, double keep)
    {
        var expected = new double[rows * columns];
        Dropout.Reference.DenseMask(stream, keep, rows, columns, expected);
        float[] actual = Widths.SameBits(workers =>
        {
            var mask = new float[rows * columns];
            Dropout.Cpu.DenseMask(workers, stream, keep, rows, columns, mask);
            return mask;
        });
        Assert.Equal(expected, actual.ToDouble());
        if (expected.Length > 10_000)
            Assert.InRange(expected.Average(), keep - 5 * Math.Sqrt(keep * (1 - keep) / expected.Length),
                keep + 5 * Math.Sqrt(keep * (1 - keep) / expected.Length));
    }

    public static TheoryData<int> Lengths => [0, 1, 15, 16, 17, 101, 70_001];

    [Theory, MemberData(nameof(Lengths))]
    public void Applied_it_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width(int length)
    {
        const float keep = 0.3f;
        float[] x = Compare.Random(length, 2),
            mask = [.. Compare.Random(length, 3).Select(value => value < 0 ? 0f : 1f)];
        float[] apart = Widths.SameBits(workers =>
        {
            var y = new float[length];
            Dropout.Cpu.Apply(workers, x, mask, keep, y);
            return y;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] y = [.. x];
            Dropout.Cpu.Apply(workers, y, mask, keep, y);
            return y;
        });
        var expected = new double[length];
        Dropout.Reference.Apply(x.ToDouble(), mask.ToDouble(), keep, expected);
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(expected, apart), 0, 1e-7);
    }

    [Theory, InlineData(0), InlineData(-0.5), InlineData(1.001), InlineData(double.NaN)]
    public void A_share_outside_0_to_1_is_refused(double keep)
    {
        Assert.Throws<ArgumentOutOfRangeException>("keep", () => Cpu(Workers.One, keep));
        Assert.Throws<ArgumentOutOfRangeException>(
            "keep", () => Dropout.Cpu.Apply(Workers.One, [], [], (float)keep, []));
    }
}
