using System.Globalization;
using VaeCf.Kernels;
using VaeCf.Native.Devices;

namespace VaeCf.Native.Tests.Course;

/// <summary>Solutions of docs/course/4-kernels.md.</summary>
public class KernelsExerciseTests
{
    private const int Users = 500, Items = 20_108, Units = 600;

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    [Fact]
    public void Three_loops_have_the_bits_of_the_tiled_product()
    {
        const int m = 37, n = 53, k = 211;
        float[] a = Numbers(m * k, 1), b = Numbers(k * n, 2), c = new float[m * n], fast = new float[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < k; p++)
                    c[i * n + j] = MathF.FusedMultiplyAdd(a[i * k + p], b[p * n + j], c[i * n + j]);
        using Device device = Device.Cpu(3);
        using Compute compute = device.Open();
        using Tensor left = compute.Allocate(m, k), right = compute.Allocate(k, n), product = compute.Allocate(m, n);
        compute.Write(a, left);
        compute.Write(b, right);
        compute.Gemm(Transpose.None, left, right, product);
        compute.Read(product, fast);
        // Every element is one chain of fused multiply-adds, k ascending, in both. Tiles, vectors and threads decide
        // which elements are computed together, and never cut a chain.
        Assert.Equal(c, fast);
    }

    [Fact]
    public void Another_order_is_another_sum()
    {
        float[] x = Numbers(100_000, 3);
        float forwards = x.Aggregate(0f, (sum, value) => sum + value),
            backwards = x.Reverse().Aggregate(0f, (sum, value) => sum + value);
        float[] lanes = new float[16];
        for (int i = 0; i < x.Length; i++)
            lanes[i % 16] += x[i];
        for (int half = 8; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        double exact = x.Sum(value => (double)value);
        Assert.Equal(3, new[] { forwards, backwards, lanes[0] }.Distinct().Count());
        Assert.All(new[] { forwards, backwards, lanes[0] }, sum => Assert.Equal(exact, sum, 1e-2));
    }

    [Fact]
    public void Arithmetic_is_rate_times_time()
    {
        // Three products of M x K by K x N, 2 M N K each: logits, gradient of the input, gradient of the weights.
        double gigaflop = 6.0 * Users * Items * Units / 1e9;
        Assert.Equal(36.2, gigaflop, 0.05);
        string[] fused = [.. Repository.Lines("bench/results/epyc-zen5-2-cores/ladder.md")
            .Single(line => line.StartsWith("| fused: OutputLayer.Cpu |", StringComparison.Ordinal)).Split('|')];
        double Number(int column) => double.Parse(fused[column], CultureInfo.InvariantCulture);
        Assert.Equal(gigaflop, Number(6) * Number(4) / 1e3, 0.05); // GFLOP/s x ms
    }

    [Fact]
    public void Adam_is_bound_by_memory()
    {
        // Reads weight, gradient and two moments, writes three of them: 28 bytes a number, for some 14 operations.
        const double numbers = (double)Items * Units, gigaflops = 460, gigabytes = 60;
        double arithmetic = 14 * numbers / gigaflops / 1e6, memory = 28 * numbers / gigabytes / 1e6;
        Assert.Equal((0.4, 5.6), (Math.Round(arithmetic, 1), Math.Round(memory, 1))); // milliseconds
        // The table: 56.18 GB/s, 92.84 % of the ceiling by memory, where by arithmetic it would be 7 %.
        string[] row = [.. Repository.Lines("kernels/README.md")
            .Single(line => line.StartsWith("| Adam `Step` | 20108 x 600 |", StringComparison.Ordinal)).Split('|')];
        double Number(string cell) => double.Parse(cell.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
            CultureInfo.InvariantCulture);
        Assert.Equal(gigabytes, Number(row[4]) / Number(row[5]) * 100, 1.0);
    }
}
