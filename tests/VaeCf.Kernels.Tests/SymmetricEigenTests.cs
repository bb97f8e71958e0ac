namespace VaeCf.Kernels.Tests;

public class SymmetricEigenTests
{
    private static float[] Symmetric(int n)
    {
        float[] a = Compare.Random(n * n, 11);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++)
                a[i * n + j] = a[j * n + i];
        return a;
    }

    // What is left of Q diag(values) Q^T - A and of Q^T Q - I, over the norms of A and I.
    private static (double OfA, double OfIdentity) Left(int n, double[] a, double[] q, double[] values)
    {
        double[] scaled = [.. q.Select((x, i) => x * values[i % n])], product = new double[n * n];
        Gemm.Reference.Multiply(Transpose.B, n, n, n, scaled, q, product);
        double ofA = Norm([.. product.Zip(a, (x, y) => x - y)]) / Math.Max(Norm(a), double.Epsilon);
        Gemm.Reference.Multiply(Transpose.A, n, n, n, q, q, product);
        for (int i = 0; i < n; i++)
            product[i * n + i]--;
        return (ofA, Norm(product) / Math.Sqrt(n));
    }

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(value => value * value));

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7), InlineData(16), InlineData(31), InlineData(97)]
    public void Eigenvectors_times_eigenvalues_give_the_matrix_and_are_orthogonal(int n)
    {
        float[] a = Symmetric(n), q = new float[n * n], values = new float[n];
        SymmetricEigen.Cpu.Solve(n, a, q, values);
        (double ofA, double ofIdentity) = Left(n, a.ToDouble(), q.ToDouble(), values.ToDouble());
        Assert.InRange(ofA, 0, 2e-7);
        Assert.InRange(ofIdentity, 0, 2e-7);
        double[] exact = new double[n * n], expected = new double[n];
        SymmetricEigen.Reference.Solve(n, a.ToDouble(), exact, expected);
        (ofA, ofIdentity) = Left(n, a.ToDouble(), exact, expected);
        Assert.InRange(ofA, 0, 1e-13);
        Assert.InRange(ofIdentity, 0, 1e-13);
        Assert.Equal(expected.Order(), expected);
        Assert.InRange(Compare.RelativeError(expected, values), 0, 1e-7);
    }

    [Fact]
    public void Diagonal_zero_and_singular_matrices_have_their_eigenvalues()
    {
        Values([0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Values([-1, 2, 5], [5, 0, 0, 0, -1, 0, 0, 0, 2]);
        Values([0, 0, 14], [1, 2, 3, 2, 4, 6, 3, 6, 9]);
        Values([], []);
    }

    private static void Values(float[] expected, float[] a)
    {
        float[] q = new float[a.Length], values = new float[expected.Length];
        double[] exact = new double[a.Length], doubles = new double[expected.Length];
        SymmetricEigen.Cpu.Solve(expected.Length, a, q, values);
        SymmetricEigen.Reference.Solve(expected.Length, a.ToDouble(), exact, doubles);
        Assert.All(expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.All(expected.Zip(doubles), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Numbers_that_are_not_finite_and_wrong_lengths_are_refused()
    {
        Assert.Contains("found NaN in a matrix of 2 x 2", Assert.Throws<ArithmeticException>(() =>
            SymmetricEigen.Cpu.Solve(2, [1, 0, 0, float.NaN], new float[4], new float[2])).Message);
        Assert.Throws<ArgumentException>("values", () =>
            SymmetricEigen.Cpu.Solve(2, [1, 0, 0, 1], new float[4], new float[3]));
    }

    [Fact]
    public void Cancelled_it_ends_before_the_next_row() =>
        Assert.Throws<OperationCanceledException>(() => SymmetricEigen.Cpu.Solve(3, new float[9], new float[9],
            new float[3], new CancellationToken(canceled: true)));
}
