using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class NormalEquationsTests
{
    // Around vectors of every width, the eight rows that are factored one by one, and a block of 128 clicks; and
    // primes.
    public static TheoryData<int> Sizes() => [0, 1, 2, 7, 8, 9, 16, 17, 31, 33, 64, 97, 128, 131];

    private const int Items = 307;

    [Theory, MemberData(nameof(Sizes))]
    public void It_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int factors)
    {
        var problem = new Problem(factors, [0, 1, 2, factors, factors + 1, 15, 17, 127, 128, 129, 257, Items]);
        float[] actual = Widths.SameBits(problem.Solve);
        Assert.InRange(Compare.RelativeError(problem.Expected(), actual), 0, 5e-5);
    }

    [Fact]
    public void A_tiny_ridge_on_a_diagonal_of_very_different_numbers_costs_few_digits()
    {
        var problem = new Problem(33, [1, 5, 20, 33, 34, 100, Items]);
        for (int k = 0; k < problem.Diagonal.Length; k++)
            problem.Diagonal[k] = MathF.Pow(10, 2 - k % 5);
        Array.Fill(problem.Ridge, 1e-6f);
        Assert.InRange(Compare.RelativeError(problem.Expected(), problem.Solve(Workers.One)), 0, 1e-4);
    }

    [Fact]
    public void A_row_does_not_depend_on_the_others_of_its_batch()
    {
        int[] lengths = [3, 40, 0, 200, 16];
        var all = new Problem(16, lengths);
        float[] together = all.Solve(Workers.One);
        for (int row = 0; row < lengths.Length; row++)
            Assert.Equal(together[(row * 16)..(row * 16 + 16)], all.Row(row).Solve(Workers.One));
    }

    [Fact]
    public void The_gradient_of_each_row_is_zero_at_its_solution()
    {
        var problem = new Problem(5, [3, 40]);
        double[] x = problem.Expected();
        for (int row = 0; row < 2; row++)
            for (int k = 0; k < 5; k++)
            {
                double gradient = ((double)problem.Diagonal[k] + problem.Ridge[row]) * x[row * 5 + k];
                for (int n = problem.RowStarts[row]; n < problem.RowStarts[row + 1]; n++)
                {
                    ReadOnlySpan<float> y = problem.Y.AsSpan(problem.Clicked[n] * 5, 5);
                    double product = 0;
                    for (int l = 0; l < 5; l++)
                        product += y[l] * x[row * 5 + l];
                    gradient += (problem.Weights[n] * product - problem.Targets[n]) * y[k];
                }
                Assert.Equal(0, gradient, 1e-10);
            }
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused_with_its_row()
    {
        var problem = new Problem(4, [3, 9, 2]);
        problem.Ridge[1] = -100;
        Assert.StartsWith("row 1: its ridge -100 and the least of the diagonal, ",
            Assert.Throws<ArithmeticException>(() => problem.Solve(Workers.One)).Message);
        Assert.StartsWith("row 1: its ridge -100 and the least of the diagonal, ",
            Assert.Throws<ArithmeticException>(() => problem.Expected()).Message);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void Numbers_that_are_not_finite_are_refused_with_their_row(float value)
    {
        foreach (int length in (int[])[3, 30])
        {
            var problem = new Problem(4, [3, length, 2]);
            problem.Y[problem.Clicked[problem.RowStarts[1] + 1] * 4 + 2] = value;
            string message = Assert.Throws<ArithmeticException>(() => problem.Row(1).Solve(Workers.One)).Message;
            Assert.StartsWith("row 0: pivot ", message);
            Assert.Contains("expected a finite number above 0", message);
            Assert.StartsWith("row 0: pivot ",
                Assert.Throws<ArithmeticException>(() => problem.Row(1).Expected()).Message);
        }
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        var problem = new Problem(4, [3, 9]);
        problem.Weights[5] = 0;
        Assert.Contains("expected a weight above 0",
            Assert.Throws<ArgumentOutOfRangeException>("weights", () => problem.Solve(Workers.One)).Message);
        Assert.Throws<ArgumentException>("targets", () => NormalEquations.Cpu.Solve(Workers.One, 1, 2, 1, [0, 1], [1],
            [1], [1, 1], [1], [1], new float[2], new float[1]));
        Assert.Throws<ArgumentException>("ridge", () => NormalEquations.Cpu.Solve(Workers.One, 1, 2, 1, [0, 1], [1],
            [1], [1], [1], [], new float[2], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>("items", () => NormalEquations.Cpu.Solve(Workers.One, 1, 2, 1,
            [0, 1], [2], [1], [1], [1], [1], new float[2], new float[1]));
    }

    /// <summary>Rows of given lengths, at most all items, on Y of normal numbers.</summary>
    private sealed class Problem
    {
        private readonly int factors;

        public Problem(int factors, int[] lengths)
        {
            this.factors = factors;
            var random = new RandomSequence(new(5, RandomPurpose.Shuffle, (ulong)factors));
            RowStarts = [0, .. lengths.Select((_, row) => lengths.Take(row + 1).Sum())];
            Clicked = [.. lengths.SelectMany(length =>
            {
                int[] all = [.. Enumerable.Range(0, Items)];
                random.Shuffle<int>(all);
                return all.Take(length).Order();
            })];
            Weights = [.. Clicked.Select(_ => (float)(0.1 + 4 * random.NextDouble()))];
            Targets = [.. Clicked.Select(_ => (float)(0.5 + random.NextDouble()))];
            Diagonal = [.. Enumerable.Range(0, factors).Select(_ => (float)(0.5 + random.NextDouble()))];
            Ridge = [.. lengths.Select(_ => (float)random.NextDouble())];
            Y = Compare.Random(Items * factors, 3);
        }

        private Problem(Problem of, int row)
        {
            (factors, Diagonal, Y) = (of.factors, of.Diagonal, of.Y);
            (int from, int to) = (of.RowStarts[row], of.RowStarts[row + 1]);
            (RowStarts, Clicked) = ([0, to - from], of.Clicked[from..to]);
            (Weights, Targets, Ridge) = (of.Weights[from..to], of.Targets[from..to], [of.Ridge[row]]);
        }

        public int[] RowStarts { get; }
        public int[] Clicked { get; }
        public float[] Weights { get; }
        public float[] Targets { get; }
        public float[] Diagonal { get; }
        public float[] Ridge { get; }
        public float[] Y { get; }

        public Problem Row(int row) => new(this, row);

        public float[] Solve(Workers workers)
        {
            var x = new float[Ridge.Length * factors];
            NormalEquations.Cpu.Solve(workers, Ridge.Length, Items, factors, RowStarts, Clicked, Weights, Targets,
                Diagonal, Ridge, Y, x);
            return x;
        }

        public double[] Expected()
        {
            var x = new double[Ridge.Length * factors];
            NormalEquations.Reference.Solve(Ridge.Length, Items, factors, RowStarts, Clicked, Weights.ToDouble(),
                Targets.ToDouble(), Diagonal.ToDouble(), Ridge.ToDouble(), Y.ToDouble(), x);
            return x;
        }
    }
}
