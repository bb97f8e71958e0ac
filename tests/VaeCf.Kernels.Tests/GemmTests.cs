using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GemmTests
{
    // Around the tiles (6, 12 rows; 2 … 32 columns), the blocks of 304 and 504, and odd primes.
    public static TheoryData<Transpose, int, int, int> Sizes()
    {
        var data = new TheoryData<Transpose, int, int, int>();
        (int, int, int)[] sizes =
        [
            (0, 0, 0), (0, 5, 3), (5, 0, 3), (5, 3, 0), (1, 1, 1), (1, 33, 7), (11, 31, 303), (12, 32, 304), (13, 33, 305),
            (5, 15, 17), (6, 16, 4), (7, 17, 2), (503, 5, 3), (505, 3, 19), (3, 505, 611), (37, 41, 613), (101, 103, 107),
        ];
        foreach (Transpose transpose in Enum.GetValues<Transpose>())
            foreach ((int m, int n, int k) in sizes)
                data.Add(transpose, m, n, k);
        return data;
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Cpu_agrees_with_the_reference(Transpose transpose, int m, int n, int k)
    {
        (float[] a, float[] b) = Operands(m, n, k);
        var expected = new double[m * n];
        Gemm.Reference.Multiply(transpose, m, n, k, a.ToDouble(), b.ToDouble(), expected);
        Assert.InRange(Compare.RelativeError(expected, Product(transpose, m, n, k, a, b)), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Every_width_and_number_of_threads_gives_the_same_bits(Transpose transpose, int m, int n, int k)
    {
        (float[] a, float[] b) = Operands(m, n, k);
        float[] expected = Product(transpose, m, n, k, a, b);
        var c = new float[m * n];
        void Same() { Assert.Equal(expected, c); c.AsSpan().Fill(float.NaN); }
        Gemm.Cpu.Multiply<Tile12<Simd16>>(Workers.One, transpose, m, n, k, a, b, c); Same();
        Gemm.Cpu.Multiply<Tile6<Simd8>>(Workers.One, transpose, m, n, k, a, b, c); Same();
        Gemm.Cpu.Multiply<Tile6<Simd4>>(Workers.One, transpose, m, n, k, a, b, c); Same();
        Gemm.Cpu.Multiply<Tile6<Simd1>>(Workers.One, transpose, m, n, k, a, b, c); Same();
        foreach (int threads in new[] { 2, 3 })
        {
            using var workers = new Workers(threads);
            Gemm.Cpu.Multiply(workers, transpose, m, n, k, a, b, c); Same();
        }
    }

    [Fact]
    public void A_wrong_length_is_refused_with_what_was_expected()
    {
        var error = Assert.Throws<ArgumentException>(() => Gemm.Cpu.Multiply(Workers.One, Transpose.None, 2, 3, 4, new float[8], new float[12], new float[7]));
        Assert.Contains("expected 8, 12, 6", error.Message);
    }

    private static float[] Product(Transpose transpose, int m, int n, int k, float[] a, float[] b)
    {
        var c = new float[m * n];
        c.AsSpan().Fill(float.NaN);
        Gemm.Cpu.Multiply(Workers.One, transpose, m, n, k, a, b, c);
        return c;
    }

    private static (float[] A, float[] B) Operands(int m, int n, int k) => (Compare.Random(m * k, 1), Compare.Random(k * n, 2));
}
