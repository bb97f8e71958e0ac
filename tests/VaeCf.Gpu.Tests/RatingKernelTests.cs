using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Gpu.Tests;

/// <summary>The kernels of models of ratings are the processor's to the bit.</summary>
public class RatingKernelTests
{
    // Threads of a block, and those that share a row.
    private const int Block = 128, Lanes = 16;

    public static TheoryData<string, int, int> Shapes => LayerKernelTests.Shapes();

    [Theory, MemberData(nameof(Shapes))]
    public void Products_at_the_ratings_and_their_errors_are_the_processors(string device, int rows, int columns)
    {
        const int items = 37;
        (int[] starts, int[] rated, int[] rowOf, float[] ratings) = Ratings(rows, items);
        float[] a = Compare.Random(rows * columns, 1), b = Compare.Random(items * columns, 2),
            bias = Compare.Random(items, 3), product = new float[rated.Length];
        SampledGemm.Cpu.Multiply(Workers.One, columns, starts, rated, a, b, product);
        float[] gradient = [.. product], loss = new float[rows];
        SquaredError.Cpu.Loss(Workers.One, starts, rated, ratings, bias, gradient, loss);

        using var card = new KernelRun(device);
        KernelRun.Memory<float> product1 = card.Empty<float>(rated.Length), loss1 = card.Empty<float>(rows);
        KernelRun.Memory<int> items1 = card.Holding(rated);
        card.Launch("SampledGemm_Multiply", new(Blocks(rated.Length)), new(Block), card.Holding(rowOf), items1,
            card.Holding(a), card.Holding(b), product1, columns, rated.Length);
        Assert.Equal(product, product1.Read());
        card.Launch("SquaredError_Loss", new(Blocks(rows)), new(Block), card.Holding(starts), items1,
            card.Holding(ratings), card.Holding(bias), product1, loss1, rows);
        Assert.Equal(gradient, product1.Read());
        Assert.Equal(loss, loss1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Errors_of_all_entries_are_the_processors(string device, int rows, int columns)
    {
        const float scale = 0.25f;
        float[] y = Compare.Random(rows * columns, 1), target = Compare.Random(rows * columns, 2),
            dY = new float[y.Length], loss = new float[rows];
        SquaredError.Cpu.Dense(Workers.One, rows, columns, y, target, scale, dY, loss);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> dY1 = card.Empty<float>(y.Length), loss1 = card.Empty<float>(rows);
        card.Launch("SquaredError_Dense", new(Blocks(rows)), new(Block), card.Holding(y), card.Holding(target), dY1,
            loss1, 2 * scale, rows, columns);
        Assert.Equal(dY, dY1.Read());
        Assert.Equal(loss, loss1.Read());
    }

    private static int Blocks(int rows) => (rows * Lanes + Block - 1) / Block;

    // Rows of 1 to 37 ratings; every fourth has none.
    private static (int[] Starts, int[] Items, int[] RowOf, float[] Ratings) Ratings(int rows, int items)
    {
        int[][] all = [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, items)
            .Where(item => row % 4 != 3 && (item * 7 + row * 5) % 11 <= row % 11).ToArray())];
        int end = 0;
        int[] starts = [0, .. all.Select(row => end += row.Length)], rated = [.. all.SelectMany(row => row)];
        return (starts, rated, [.. all.SelectMany((row, number) => Enumerable.Repeat(number, row.Length))],
            [.. rated.Select((item, n) => 1f + (item + n) % 5)]);
    }
}
