using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class RowNormalizeTests
{
    // Rows empty, of one value, around the 16 lanes, an odd prime; row 3 is all zero.
    private static readonly int[] starts = [.. Starts([0, 1, 15, 16, 17, 31, 0, 331, 2])];

    private static IEnumerable<int> Starts(int[] lengths)
    {
        int start = 0;
        return lengths.Select(length => start += length).Prepend(0);
    }

    private static float[] Values()
    {
        float[] x = Compare.Random(starts[^1], 1);
        x.AsSpan(starts[3]..starts[4]).Clear();
        return x;
    }

    [Fact]
    public void Cpu_agrees_with_the_reference_in_place_or_not_with_the_same_bits_for_every_width_and_thread_count()
    {
        // Often enough that there are parts for three threads.
        const int copies = 40;
        int[] many = [.. Enumerable.Range(0, copies)
            .SelectMany(copy => starts[1..].Select(start => copy * starts[^1] + start)).Prepend(0)];
        float[] x = [.. Enumerable.Repeat(Values(), copies).SelectMany(values => values)];
        float[] apart = Widths.SameBits(workers =>
        {
            var y = new float[x.Length];
            RowNormalize.Cpu.Forward(workers, many, x, y);
            return y;
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] y = [.. x];
            RowNormalize.Cpu.Forward(workers, many, y, y);
            return y;
        });
        var expected = new double[x.Length];
        RowNormalize.Reference.Forward(many, x.ToDouble(), expected);
        Assert.Equal(apart, inPlace);
        Assert.InRange(Compare.RelativeError(expected, apart), 0, 2e-7);
    }

    [Fact]
    public void Every_row_has_length_one_but_the_zero_row_stays_zero()
    {
        double[] x = Values().ToDouble(), y = new double[x.Length];
        RowNormalize.Reference.Forward(starts, x, y);
        for (int row = 0; row + 1 < starts.Length; row++)
        {
            double square = y[starts[row]..starts[row + 1]].Sum(value => value * value);
            Assert.Equal(row == 3 || starts[row] == starts[row + 1] ? 0 : 1, square, 1e-14);
        }
    }

    [Fact]
    public void Row_starts_that_do_not_end_at_the_last_value_are_refused() =>
        Assert.Contains("expected 0 to 3", Assert.Throws<ArgumentException>(() =>
            RowNormalize.Cpu.Forward(Workers.One, [0, 2], new float[3], new float[3])).Message);

    [Fact]
    public void A_batch_of_no_rows_is_no_work() => RowNormalize.Cpu.Forward(Workers.One, [0], [], []);
}
