using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class UniformTests
{
    private static readonly RandomStream stream = new(11, RandomPurpose.HiddenUnits, 3);

    private static float[] Fill(Workers workers, int[] users, int columns)
    {
        var output = new float[users.Length * columns];
        Uniform.Cpu.Fill(workers, stream, users, columns, output);
        return output;
    }

    // Around a block of 4, and more than a part.
    [Theory]
    [InlineData(0, 5), InlineData(5, 0), InlineData(1, 1), InlineData(3, 2), InlineData(3, 3), InlineData(2, 4)]
    [InlineData(7, 31), InlineData(31, 613), InlineData(3, 4_099)]
    public void Numbers_by_column_are_the_references_exactly_for_any_number_of_threads(int rows, int columns)
    {
        int[] users = [.. Enumerable.Range(0, rows).Select(b => b * 977)];
        var expected = new double[rows * columns];
        Uniform.Reference.Fill(stream, users, columns, expected);
        Assert.Equal(expected, Widths.SameBits(workers => Fill(workers, users, columns)).ToDouble());
    }

    [Theory]
    [InlineData(0, 5), InlineData(1, 1), InlineData(7, 17), InlineData(67, 101)]
    public void Numbers_by_item_are_the_references_exactly_for_any_number_of_threads(int rows, int columns)
    {
        var batch = new SparseBatch(rows, columns);
        int[] users = [.. Enumerable.Range(0, rows).Select(b => b * 977)];
        var expected = new double[batch.Items.Length];
        Uniform.Reference.AtClicks(stream, batch.RowStarts, users, batch.Items, expected);
        Assert.Equal(expected, Widths.SameBits(workers =>
        {
            var output = new float[batch.Items.Length];
            Uniform.Cpu.AtClicks(workers, stream, batch.RowStarts, users, batch.Items, output);
            return output;
        }).ToDouble());
    }

    [Fact]
    public void A_users_numbers_do_not_depend_on_the_batch() =>
        Assert.Equal(Fill(Workers.One, [9, 4, 7], 37)[37..74], Fill(Workers.One, [4], 37));

    [Fact]
    public void They_are_spread_evenly_over_0_to_1()
    {
        const int n = 200_000, parts = 50;
        float[] numbers = Fill(Workers.One, [.. Enumerable.Range(0, 1000)], n / 1000);
        Assert.All(numbers, u => Assert.InRange(u, 0, 1 - 1 / 16777216f));
        // Five standard errors of a count.
        Assert.All(numbers.GroupBy(u => (int)(parts * u)), part => Assert.InRange(part.Count(),
            n / parts - 5 * Math.Sqrt(n / parts), n / parts + 5 * Math.Sqrt(n / parts)));
        // Neighbours are not correlated.
        Assert.InRange(numbers.Zip(numbers.Skip(1), (a, b) => (a - 0.5) * (b - 0.5)).Average(),
            -5.0 / 12 / Math.Sqrt(n), 5.0 / 12 / Math.Sqrt(n));
    }

    [Fact]
    public void A_wrong_length_is_refused()
    {
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(() =>
            Uniform.Cpu.Fill(Workers.One, stream, [1, 2], 3, new float[5])).Message);
        Assert.Contains("expected 2 x 1", Assert.Throws<ArgumentException>(() =>
            Uniform.Cpu.AtClicks(Workers.One, stream, [0, 2], [1], [0, 1], new float[3])).Message);
    }
}
