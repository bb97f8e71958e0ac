using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class CoordinateDescentTests
{
    private static readonly ElasticNet sparse = new(1.5, 2, NonNegative: true, 1e-6, 10_000),
        signed = new(0.5, 1, NonNegative: false, 1e-6, 10_000), ridge = new(0, 30, NonNegative: true, 1e-6, 10_000);

    // Items around the 64 of a panel, the 128 of a block, the 1,024 of a strip, and odd primes.
    public static TheoryData<int, int> Shapes => new()
    {
        { 0, 0 }, { 3, 1 }, { 7, 2 }, { 67, 15 }, { 67, 63 }, { 101, 64 }, { 101, 65 }, { 101, 127 }, { 67, 128 },
        { 67, 129 }, { 101, 271 }, { 67, 1_025 }, { 67, 1_031 },
    };

    private static float[] Gram(int users, int items)
    {
        var batch = new SparseBatch(users, items);
        var gram = new float[items * items];
        Kernels.Gram.Cpu.Multiply(Workers.One, users, items, batch.RowStarts, batch.Items, batch.Counts, gram);
        return gram;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int users,
        int items)
    {
        float[] gram = Gram(users, items);
        // The last targets, at most two groups of them.
        int targets = Math.Min(items, 17), first = items - targets;
        foreach (ElasticNet problem in (ReadOnlySpan<ElasticNet>)[sparse, signed, ridge])
        {
            var expected = new double[targets * items];
            int unfinished = CoordinateDescent.Reference.Solve(items, gram.ToDouble(), first,
                problem with { Tolerance = 1e-12, MostSweeps = 10_000 }, expected);
            Assert.Equal(0, unfinished);
            float[] actual = Widths.SameBits(workers =>
            {
                var weights = new float[targets * items];
                Assert.Equal(0, CoordinateDescent.Cpu.Solve(workers, items, gram, first, problem, weights));
                return weights;
            });
            Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-4);
        }
    }

    // Where a weight is above 0, r_i - l2 w_i = l1; below 0, -l1; where it is 0, r_i (or its magnitude) is at most l1.
    [Theory]
    [InlineData(1, 100, true), InlineData(0.3, 5, true), InlineData(0.006, 480, true), InlineData(1, 10, false)]
    public void The_gradient_vanishes_where_a_weight_is_not_0_and_is_at_most_l1_elsewhere(double l1, double l2,
        bool nonNegative)
    {
        const int items = 331;
        float[] gram = Gram(503, items);
        var weights = new float[items * items];
        Assert.Equal(0, CoordinateDescent.Cpu.Solve(Workers.One, items, gram, 0,
            new ElasticNet(l1, l2, nonNegative, 1e-6, 10_000), weights));
        for (int j = 0; j < items; j++)
        {
            var r = new double[items];
            for (int i = 0; i < items; i++)
            {
                r[i] = gram[j * items + i];
                for (int k = 0; k < items; k++)
                    r[i] -= (double)weights[j * items + k] * gram[k * items + i];
            }
            Assert.Equal(0, weights[j * items + j]);
            for (int i = 0; i < items; i++)
            {
                double w = weights[j * items + i], slope = r[i] - l2 * w;
                double apart = i == j ? 0 : w > 0 ? Math.Abs(slope - l1) : w < 0 ? Math.Abs(slope + l1)
                    : Math.Max(0, (nonNegative ? slope : Math.Abs(slope)) - l1);
                Assert.InRange(apart / (gram[i * items + i] + l2), 0, 1e-5);
                Assert.True(w >= 0 || !nonNegative);
            }
        }
    }

    [Fact]
    public void A_start_at_the_solution_of_another_l1_ends_at_the_same_weights_and_what_cannot_be_is_dropped()
    {
        const int items = 149;
        float[] gram = Gram(211, items), cold = new float[items * items], warm = new float[items * items];
        Assert.Equal(0, CoordinateDescent.Cpu.Solve(Workers.One, items, gram, 0, sparse, cold));
        warm.AsSpan().Fill(0.25f);
        Assert.Equal(0, CoordinateDescent.Cpu.Solve(Workers.One, items, gram, 0, sparse with { L1 = 1 }, warm));
        Assert.Equal(0, CoordinateDescent.Cpu.Solve(Workers.One, items, gram, 0, sparse, warm));
        Assert.InRange(Compare.RelativeError(cold.ToDouble(), warm), 0, 1e-4);
    }

    [Fact]
    public void Targets_that_are_not_finished_are_counted()
    {
        float[] gram = Gram(101, 65);
        Assert.Equal(17, CoordinateDescent.Cpu.Solve(Workers.One, 65, gram, 3, sparse with { MostSweeps = 1 },
            new float[17 * 65]));
        Assert.Equal(17, CoordinateDescent.Reference.Solve(65, gram.ToDouble(), 3, sparse with { MostSweeps = 1 },
            new double[17 * 65]));
    }

    [Fact]
    public void It_stops_between_groups_and_refuses_what_does_not_fit()
    {
        float[] gram = Gram(7, 5);
        Assert.Throws<OperationCanceledException>(() => CoordinateDescent.Cpu.Solve(Workers.One, 5, gram, 0, sparse,
            new float[25], new CancellationToken(canceled: true)));
        void Refused<T>(string name, int matrix, int first, ElasticNet problem, int weights)
            where T : ArgumentException =>
            Assert.Throws<T>(name, () => CoordinateDescent.Cpu.Solve(Workers.One, 5, new float[matrix], first, problem,
                new float[weights]));
        Refused<ArgumentException>("gram", 24, 0, sparse, 5);
        Refused<ArgumentException>("weights", 25, 0, sparse, 6);
        Refused<ArgumentOutOfRangeException>("weights", 25, 4, sparse, 10);
        Refused<ArgumentOutOfRangeException>("first", 25, -1, sparse, 5);
        Refused<ArgumentOutOfRangeException>("L1", 25, 0, sparse with { L1 = -1 }, 5);
        Refused<ArgumentOutOfRangeException>("L2", 25, 0, sparse with { L2 = double.NaN }, 5);
        Refused<ArgumentOutOfRangeException>("Tolerance", 25, 0, sparse with { Tolerance = -1 }, 5);
        Refused<ArgumentOutOfRangeException>("MostSweeps", 25, 0, sparse with { MostSweeps = 0 }, 5);
    }
}
