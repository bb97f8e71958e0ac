using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GibbsTests
{
    private static float[] Uniform(int length)
    {
        var numbers = new float[length];
        Kernels.Uniform.Cpu.Fill(Workers.One, new(5, RandomPurpose.VisibleUnits, 1), [3], length, numbers);
        return numbers;
    }

    public static TheoryData<int> Lengths => [0, 1, 15, 16, 17, 101, 70_001];

    // Groups and values: around the vectors, the block of 256 groups, and more than a part.
    public static TheoryData<int, int> Groups => new()
    {
        { 0, 5 }, { 1, 1 }, { 1, 5 }, { 3, 5 }, { 16, 1 }, { 17, 2 }, { 255, 10 }, { 256, 10 }, { 257, 7 },
        { 3_001, 10 }, { 2, 4_099 },
    };

    [Theory, MemberData(nameof(Lengths))]
    public void A_unit_is_1_where_its_number_is_below_its_probability(int length)
    {
        float[] p = [.. Compare.Random(length, 1).Select(x => 1 / (1 + MathF.Exp(-x)))], u = Uniform(length);
        float[] units = Widths.SameBits(workers =>
        {
            float[] drawn = [.. u];
            Gibbs.Cpu.Bernoulli(workers, p, drawn);
            return drawn;
        });
        double[] expected = u.ToDouble();
        Gibbs.Reference.Bernoulli(p.ToDouble(), expected);
        Assert.Equal(expected, units.ToDouble());
        Assert.All(Enumerable.Range(0, length), i => Assert.Equal(u[i] < p[i] ? 1 : 0, units[i]));
    }

    [Theory, MemberData(nameof(Groups))]
    public void The_softmax_and_its_mean_agree_with_the_reference_with_the_same_bits(int groups, int values)
    {
        float[] logits = [.. Compare.Random(groups * values, 1).Select(f => 3 * f)], v = Compare.Random(values, 2);
        float[] p = Widths.SameBits(workers =>
        {
            float[] softmax = [.. logits];
            Gibbs.Cpu.Softmax(workers, values, softmax);
            return softmax;
        });
        float[] means = Widths.SameBits(workers =>
        {
            var result = new float[groups];
            Gibbs.Cpu.Expectation(workers, v, p, result);
            return result;
        });
        double[] expected = logits.ToDouble(), expectedMeans = new double[groups];
        Gibbs.Reference.Softmax(values, expected);
        Gibbs.Reference.Expectation(v.ToDouble(), expected, expectedMeans);
        Assert.InRange(Compare.RelativeError(expected, p), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expectedMeans, means), 0, 1e-6);
        Assert.All(p.Chunk(values), group => Assert.Equal(1, group.Sum(x => (double)x), 1e-5));
    }

    [Theory, MemberData(nameof(Groups))]
    public void One_value_of_each_group_is_drawn_the_references(int groups, int values)
    {
        float[] p = Compare.Random(groups * values, 1), u = Uniform(groups);
        Gibbs.Cpu.Softmax(Workers.One, values, p);
        float[] units = Widths.SameBits(workers =>
        {
            float[] drawn = [.. p];
            Gibbs.Cpu.Categorical(workers, values, u, drawn);
            return drawn;
        });
        double[] expected = p.ToDouble();
        Gibbs.Reference.Categorical(values, u.ToDouble(), expected);
        Assert.Equal(expected, units.ToDouble());
        Assert.All(units.Chunk(values), group => Assert.Equal(1, group.Sum()));
    }

    [Fact]
    public void Draws_have_the_probabilities()
    {
        const int n = 100_000;
        float[] p = [0.1f, 0.2f, 0, 0.7f], u = Uniform(n), units = [.. Enumerable.Repeat(p, n).SelectMany(one => one)];
        Gibbs.Cpu.Categorical(Workers.One, 4, u, units);
        for (int k = 0; k < 4; k++)
            Assert.InRange(units.Where((_, i) => i % 4 == k).Average(), p[k] - 5 * Math.Sqrt(p[k] * (1 - p[k]) / n),
                p[k] + 5 * Math.Sqrt(p[k] * (1 - p[k]) / n));
    }

    [Fact]
    public void Where_rounding_leaves_none_the_last_value_is_drawn_and_large_logits_do_no_harm()
    {
        float[] units = [0.25f, 0.25f, 0.25f], logits = [1000, -1000, 999];
        Gibbs.Cpu.Categorical(Workers.One, 3, [0.9f], units);
        Assert.Equal([0, 0, 1], units);
        Gibbs.Cpu.Softmax(Workers.One, 3, logits);
        Assert.Equal(1 / (1 + Math.Exp(-1)), logits[0], 1e-6);
        Assert.Equal(0, logits[1]);
    }

    [Fact]
    public void Not_a_number_stays()
    {
        float[] units = [0.5f, 0.5f], logits = [1, float.NaN];
        Gibbs.Cpu.Bernoulli(Workers.One, [float.NaN, 1], units);
        Assert.Equal([float.NaN, 1], units);
        Gibbs.Cpu.Softmax(Workers.One, 2, logits);
        Assert.All(logits, p => Assert.Equal(float.NaN, p));
    }

    [Fact]
    public void Lengths_that_do_not_agree_are_refused()
    {
        Assert.Contains("expected a multiple of 3", Assert.Throws<ArgumentException>(
            () => Gibbs.Cpu.Softmax(Workers.One, 3, new float[5])).Message);
        Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
            () => Gibbs.Cpu.Categorical(Workers.One, 3, new float[3], new float[6])).Message);
        Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
            () => Gibbs.Cpu.Expectation(Workers.One, new float[3], new float[6], new float[3])).Message);
        Assert.Contains("expected 1 x 2", Assert.Throws<ArgumentException>(
            () => Gibbs.Cpu.Bernoulli(Workers.One, new float[2], new float[3])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Gibbs.Cpu.Softmax(Workers.One, 0, []));
    }
}
