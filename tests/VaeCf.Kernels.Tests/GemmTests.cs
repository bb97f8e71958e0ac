using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GemmTests
{
    // Around the tiles (1 … 12 rows; 2 … 32 columns), strips of 120 rows, few rows (256), slabs of 640 by 160, rows
    // further apart than a page, an A of more than 2^20 elements, odd primes; C wide enough for more tasks than
    // threads, and of many rows (4096) against a B of one slab and of two.
    public static TheoryData<Transpose, int, int, int> Sizes()
    {
        var data = new TheoryData<Transpose, int, int, int>();
        (int, int, int)[] sizes =
        [
            (0, 0, 0), (0, 5, 3), (5, 0, 3), (5, 3, 0), (1, 1, 1), (1, 33, 7), (11, 31, 303), (12, 32, 304),
            (13, 33, 305),
            (5, 15, 17), (6, 16, 4), (7, 17, 2), (503, 5, 3), (505, 3, 19), (3, 505, 611), (37, 41, 613),
            (101, 103, 107), (33, 7, 641), (14, 769, 61), (121, 641, 1283), (257, 177, 645), (1031, 17, 1021),
            (261, 1301, 13), (4327, 173, 19), (4099, 5, 641),
        ];
        foreach (Transpose transpose in Enum.GetValues<Transpose>())
            foreach ((int m, int n, int k) in sizes)
                data.Add(transpose, m, n, k);
        return data;
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        Transpose transpose, int m, int n, int k)
    {
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            var c = new float[m * n];
            c.AsSpan().Fill(float.NaN);
            Gemm.Cpu.Multiply(workers, transpose, m, n, k, a, b, c);
            return c;
        });
        var expected = new double[m * n];
        Gemm.Reference.Multiply(transpose, m, n, k, a.ToDouble(), b.ToDouble(), expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void A_product_that_is_added_has_the_bits_of_one_longer_sum_for_every_width_and_number_of_threads(
        Transpose transpose, int m, int n, int k)
    {
        // [A | A'] by [B; B'] as they lie: the sum's first terms, then the product that is added. The whole is as long
        // as both.
        const int first = 23;
        float[] a = Compare.Random(m * (first + k), 1), b = Compare.Random((first + k) * n, 2),
            whole = new float[m * n];
        Gemm.Cpu.Multiply(Workers.One, transpose, m, n, first + k, a, b, whole);
        (float[] a1, float[] a2) = Split(a, m, transpose != Transpose.A);
        (float[] b1, float[] b2) = Split(b, n, transpose == Transpose.B);
        float[] actual = Widths.SameBits(workers =>
        {
            var c = new float[m * n];
            Gemm.Cpu.Multiply(workers, transpose, m, n, first, a1, b1, c);
            Gemm.Cpu.MultiplyAdd(workers, transpose, m, n, k, a2, b2, c);
            return c;
        });
        Assert.Equal(whole, actual);
        var expected = new double[m * n];
        Gemm.Reference.Multiply(transpose, m, n, first, a1.ToDouble(), b1.ToDouble(), expected);
        Gemm.Reference.MultiplyAdd(transpose, m, n, k, a2.ToDouble(), b2.ToDouble(), expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-6);

        // The first terms and the others: of each row where the sum runs along it, else of the whole.
        (float[], float[]) Split(float[] x, int rows, bool alongRows) => alongRows
            ? ([.. x.Where((_, i) => i % (first + k) < first)], [.. x.Where((_, i) => i % (first + k) >= first)])
            : (x[..(first * rows)], x[(first * rows)..]);
    }

    // Caches so small that small products are cut into slabs and strips, and some so large that none is.
    [Theory]
    [InlineData(1 << 10, 8 << 10)]
    [InlineData(4 << 10, 32 << 10)]
    [InlineData(128 << 10, 4 << 20)]
    public void Blocks_for_other_caches_give_the_same_bits(int first, int second)
    {
        foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)
            [(37, 83, 101), (257, 77, 61), (61, 1301, 33), (4099, 70, 41)])
            foreach (Transpose transpose in Enum.GetValues<Transpose>())
            {
                float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2), expected = new float[m * n];
                Gemm.Cpu.Multiply(Workers.One, transpose, m, n, k, a, b, expected);
                CacheSizes.With(first, second, () => Assert.Equal(expected, Widths.SameBits(workers =>
                {
                    var c = new float[m * n];
                    Gemm.Cpu.Multiply(workers, transpose, m, n, k, a, b, c);
                    return c;
                })));
            }
    }

    [Fact]
    public void A_wrong_length_is_refused_with_what_was_expected()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Gemm.Cpu.Multiply(Workers.One, Transpose.None, 2, 3, 4, new float[8], new float[12], new float[7]));
        Assert.Contains("expected 8, 12, 6", error.Message);
    }
}
