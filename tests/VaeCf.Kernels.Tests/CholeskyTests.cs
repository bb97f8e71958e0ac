using System.Text.Json;
using VaeCf.Kernels.Common;
using VaeCf.Tests.Support;

namespace VaeCf.Kernels.Tests;

public class CholeskyTests
{
    // Around strips of 96 rows, blocks of 192, and odd primes.
    public static TheoryData<int> Sizes() =>
        [0, 1, 2, 3, 17, 31, 95, 96, 97, 101, 191, 192, 193, 287, 288, 289, 383, 384, 385, 577];

    [Theory, MemberData(nameof(Sizes))]
    public void The_factor_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int n)
    {
        float[] a = Matrix(n);
        double[] expected = a.ToDouble();
        float[] actual = SameBits(workers =>
        {
            float[] l = [.. a];
            Cholesky.Cpu.Factor(workers, n, l);
            return l;
        });
        Cholesky.Reference.Factor(n, expected);
        // What stands above the diagonal is neither read nor written.
        for (int i = 0; i < n; i++)
            Assert.All(actual[(i * n + i + 1)..((i + 1) * n)], x => Assert.True(float.IsNaN(x)));
        Assert.InRange(Compare.RelativeError(Lower(n, expected), Lower(n, actual)), 0, 5e-7);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_inverse_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int n)
    {
        float[] l = Matrix(n);
        Cholesky.Cpu.Factor(Workers.One, n, l);
        double[] expected = l.ToDouble();
        float[] actual = SameBits(workers =>
        {
            float[] p = [.. l];
            Cholesky.Cpu.Inverse(workers, n, p);
            return p;
        });
        Cholesky.Reference.Inverse(n, expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-6);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++)
                Assert.Equal(actual[i * n + j], actual[j * n + i]);
    }

    [Fact]
    public void The_reference_gives_the_factor_and_the_inverse()
    {
        const int n = 31;
        float[] values = Matrix(n);
        var a = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                a[i * n + j] = values[Math.Max(i, j) * n + Math.Min(i, j)];
        double[] l = [.. a], product = new double[n * n], identity = new double[n * n];
        Cholesky.Reference.Factor(n, l);
        for (int i = 0; i < n; i++)
        {
            l.AsSpan((i * n + i + 1)..((i + 1) * n)).Clear();
            identity[i * n + i] = 1;
        }
        Gemm.Reference.Multiply(Transpose.B, n, n, n, l, l, product);
        Assert.All(product.Zip(a), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        Cholesky.Reference.Inverse(n, l);
        Gemm.Reference.Multiply(Transpose.None, n, n, n, a, l, product);
        Assert.All(product.Zip(identity), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    [Theory, InlineData(0), InlineData(100), InlineData(191), InlineData(192), InlineData(199)]
    public void A_matrix_that_is_not_positive_definite_is_refused_with_its_pivot(int pivot)
    {
        const int n = 200;
        foreach (float value in (float[])[-1, 0, float.NaN, float.PositiveInfinity])
        {
            float[] a = Matrix(n);
            a[pivot * n + pivot] = value;
            // Infinity and NaN stay what they are; the rest of a row takes its squares off 0 and -1.
            string message = Assert.Throws<ArithmeticException>(() => Cholesky.Cpu.Factor(Workers.One, n,
                [.. a])).Message;
            Assert.StartsWith($"pivot {pivot} of {n} is ", message);
            Assert.Contains("expected a finite number above 0", message);
            Assert.StartsWith($"pivot {pivot} of {n} is ", Assert.Throws<ArithmeticException>(() =>
                Cholesky.Reference.Factor(n, a.ToDouble())).Message);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Progress_rises_to_1_and_who_asks_is_told_between_the_blocks(bool inverse)
    {
        const int n = 577;
        float[] a = Matrix(n);
        if (inverse)
            Cholesky.Cpu.Factor(Workers.One, n, a);
        var shares = new List<double>();
        using var source = new CancellationTokenSource();
        Run(new Reports(shares.Add), default);
        Assert.Equal(inverse ? 8 : 4, shares.Count);
        Assert.Equal(shares.Order(), shares);
        Assert.InRange(shares[0], 0.001, 0.5);
        Assert.Equal(1, shares[^1]);
        shares.Clear();
        Assert.Throws<OperationCanceledException>(() => Run(new Reports(share =>
        {
            shares.Add(share);
            if (shares.Count == 2)
                source.Cancel();
        }), source.Token));
        Assert.Equal(2, shares.Count);

        void Run(IProgress<double> progress, CancellationToken cancellation)
        {
            if (inverse)
                Cholesky.Cpu.Inverse(Workers.One, n, [.. a], progress, cancellation);
            else
                Cholesky.Cpu.Factor(Workers.One, n, [.. a], progress, cancellation);
        }
    }

    [Fact]
    public void A_wrong_length_and_a_matrix_beyond_a_span_are_refused()
    {
        Assert.Contains("expected 3 x 3", Assert.Throws<ArgumentException>(() => Cholesky.Cpu.Factor(Workers.One, 3,
            new float[8])).Message);
        Assert.Contains("0 … 46340", Assert.Throws<ArgumentOutOfRangeException>(() => Cholesky.Cpu.Inverse(Workers.One,
            46_341, [])).Message);
        Assert.Contains("0 … 46340", Assert.Throws<ArgumentOutOfRangeException>(() => Cholesky.Reference.Factor(-1,
            [])).Message);
    }

    // Another program's EASE in double precision: B = -P with each column divided by its P_jj, 0 on the diagonal, for P
    // = (X^T X + lambda I)^-1.
    [Theory, InlineData("ease.json"), InlineData("ease-counts.json")]
    public void Gram_matrix_and_inverse_give_the_golden_weights_and_scores_of_ease(string name)
    {
        using JsonDocument file =
            JsonDocument.Parse(File.ReadAllText(Repository.PathOf($"tests/fixtures/golden/baselines/{name}")));
        JsonElement root = file.RootElement, expected = root.GetProperty("expected");
        double lambda = root.GetProperty("config").GetProperty("lambda").GetDouble();
        double[] x = Data(root.GetProperty("inputs").GetProperty("x")),
            weights = Data(expected.GetProperty("weights")), scores = Data(expected.GetProperty("scores"));
        int n = (int)Math.Sqrt(weights.Length), rows = x.Length / n;
        int[] items = [.. Enumerable.Range(0, x.Length).Where(i => x[i] != 0).Select(i => i % n)];
        int[] starts = [.. Enumerable.Range(0, rows + 1).Select(row => x.Take(row * n).Count(value => value != 0))];
        double[] values = [.. x.Where(value => value != 0)], p = new double[n * n], y = new double[x.Length];
        Gram.Reference.Multiply(rows, n, starts, items, values, p);
        for (int i = 0; i < n; i++)
            p[i * n + i] += lambda;
        Cholesky.Reference.Factor(n, p);
        Cholesky.Reference.Inverse(n, p);
        double[] b = [.. p.Select((value, at) => at / n == at % n ? 0 : -value / p[at % n * (n + 1)])];
        SparseGemm.Reference.Gather(rows, n, starts, items, values, b, y);
        Assert.InRange(Error(weights, b), 0, 1e-9);
        Assert.InRange(Error(scores, y), 0, 1e-9);

        float[] singleValues = Array.ConvertAll(values, value => (float)value), singleP = new float[n * n],
            singleY = new float[x.Length];
        Gram.Cpu.Multiply(Workers.One, rows, n, starts, items, singleValues, singleP);
        for (int i = 0; i < n; i++)
            singleP[i * n + i] += (float)lambda;
        Cholesky.Cpu.Factor(Workers.One, n, singleP);
        Cholesky.Cpu.Inverse(Workers.One, n, singleP);
        float[] singleB = [.. singleP.Select((value, at) => at / n == at % n ? 0 : -value / singleP[at % n * (n + 1)])];
        SparseGemm.Cpu.Gather(Workers.One, rows, n, starts, items, singleValues, singleB, singleY);
        Assert.InRange(Compare.RelativeError(weights, singleB), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(scores, singleY), 0, 1e-6);
    }

    private static double[] Data(JsonElement tensor) =>
        [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];

    private static double Error(double[] expected, double[] actual) =>
        Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum() / expected.Sum(e => e * e));

    // 2 I + X X^T / n, which is positive definite; above the diagonal NaN.
    private static float[] Matrix(int n)
    {
        float[] x = Compare.Random(n * n, 1), a = new float[n * n];
        Gemm.Cpu.Multiply(Workers.One, Transpose.B, n, n, n, x, x, a);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                a[i * n + j] = j > i ? float.NaN : a[i * n + j] / n;
            a[i * n + i] += 2;
        }
        return a;
    }

    private static T[] Lower<T>(int n, T[] a) => [.. a.Where((_, at) => at % n <= at / n)];

    // Seven threads too: more than there are strips at most sizes.
    private static float[] SameBits(Func<Workers, float[]> compute)
    {
        float[] first = Widths.SameBits(compute);
        using var workers = new Workers(7);
        Assert.Equal(first, compute(workers));
        return first;
    }

    private sealed class Reports(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
