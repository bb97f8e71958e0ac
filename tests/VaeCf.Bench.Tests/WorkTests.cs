using System.IO.Compression;
using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;

namespace VaeCf.Bench.Tests;

/// <summary>What is measured is the work it is said to be.</summary>
public unsafe class WorkTests
{
    private const string Popularity = "item_popularity_by_rank.csv.gz", Histogram = "user_heldout_count_histogram.csv";

    public static TheoryData<string> Rungs() => [nameof(GemmLadder.Naive), nameof(GemmLadder.Reordered),
        nameof(GemmLadder.Vectorised), nameof(GemmLadder.Blocked), nameof(GemmLadder.Packed)];

    [Theory, MemberData(nameof(Rungs))]
    public void A_rung_of_the_ladder_is_the_product(string rung)
    {
        var product = typeof(GemmLadder).GetMethod(rung)!.CreateDelegate<GemmLadder.Product>();
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (5, 67, 3), (3, 2_100, 70)])
        {
            var random = new RandomSequence(new RandomStream(1, RandomPurpose.Noise, 0));
            double[] a = [.. Enumerable.Range(0, m * k).Select(_ => (double)(float)random.NextNormal())],
                b = [.. Enumerable.Range(0, k * n).Select(_ => (double)(float)random.NextNormal())];
            var expected = new double[m * n];
            Gemm.Reference.Multiply(Transpose.None, m, n, k, a, b, expected);
            float[] c = [.. Enumerable.Repeat(float.NaN, m * n)];
            fixed (float* pA = a.Select(x => (float)x).ToArray(), pB = b.Select(x => (float)x).ToArray(), pC = c)
                product(m, n, k, pA, pB, pC);
            Assert.All(expected.Zip(c), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Fact]
    public void The_floor_of_a_step_is_its_output_layers_three_products()
    {
        double gflop = RooflineGemm.Of(new Shapes(500, 20_108, 600, 200))
            .Where(shape => shape.Name.StartsWith("output layer", StringComparison.Ordinal)).Sum(shape => shape.Gflop);
        Assert.Equal(36.1944, gflop, 1e-9);
        Assert.Equal(gflop, Step.FloorGflop(500, 20_108, 600), 1e-9);
    }

    // The first runs are shorter than the clock tells, those after them last a millisecond, as when others take the
    // processor away.
    [Fact]
    public void A_figure_of_work_that_becomes_slow_takes_no_more_runs_than_it_needs()
    {
        const int fast = 4, warmUps = 3, samples = 9;
        int runs = 0;
        Times times = Measure.Run(0, () =>
        {
            Assert.True(++runs <= warmUps + samples + fast, "too many runs");
            if (runs > fast)
                Thread.Sleep(1);
        });
        Assert.Equal(samples, times.Count);
    }

    [Fact]
    public void Times_are_told_by_nearest_rank()
    {
        var times = new Times([3, 1, 4, 1.5, 9, 2]);
        Assert.Equal((6, 1.0, 2.0, 9.0), (times.Count, times.Best, times.Median, times.Percentile(0.99)));
    }

    private static void WriteProfile(TemporaryFolder folder, string popularity, string histogram)
    {
        using (var packed = new StreamWriter(new GZipStream(File.Create(folder[Popularity]), CompressionMode.Compress)))
            packed.Write("rank,events\n" + popularity);
        File.WriteAllText(folder[Histogram], "heldout_items,users\n" + histogram);
    }

    [Fact]
    public void A_profile_gives_the_clicks_it_says()
    {
        using var folder = new TemporaryFolder();
        WriteProfile(folder, string.Concat(Enumerable.Range(1, 100)
            .Select(rank => $"{rank},{(rank <= 25 ? 300 : rank <= 50 ? 100 : 0)}\n")), "1,300\n2,100\n");
        ClickMatrix clicks = Synthetic.Profile(folder["."]).Clicks(2_000);
        Assert.Equal((100, 2_000), (clicks.ItemCount, clicks.UserCount));
        Assert.All(Enumerable.Range(0, clicks.UserCount), user => Assert.InRange(clicks.CountOf(user), 5, 14));
        Assert.InRange(Enumerable.Range(0, clicks.UserCount).Count(user => clicks.CountOf(user) < 10) / 2_000.0, 0.7,
            0.8);
        // 5k + 2 clicks on average: 7 and 12. Items are drawn without repeats, so somewhat more evenly than three to
        // one.
        Assert.Equal(0.75 * 7 + 0.25 * 12, (double)clicks.ClickCount / clicks.UserCount, 0.2);
        int[] items = clicks.Items.ToArray();
        Assert.InRange((double)items.Count(item => item < 25) / items.Count(item => item is >= 25 and < 50), 2.2, 3);
        Assert.InRange(items.Count(item => item >= 50), 1, clicks.ClickCount / 200);
    }

    [Theory]
    [InlineData("1,5\n2\n", "1,3\n", $"{Popularity}, line 3: found '2'; expected two numbers")]
    [InlineData("1,5\n", "1,3\n2,few\n", $"{Histogram}, line 3: found '2,few'; expected two numbers")]
    public void A_profile_that_is_not_one_is_refused(string popularity, string histogram, string message)
    {
        using var folder = new TemporaryFolder();
        WriteProfile(folder, popularity, histogram);
        Assert.Contains(message, Assert.Throws<InputException>(() => Synthetic.Profile(folder["."])).Message);
    }

    [Fact]
    public void A_power_law_gives_geometric_numbers_of_clicks_on_items_by_their_rank()
    {
        ClickMatrix clicks = Synthetic.PowerLaw(20_000).Clicks(2_000);
        Assert.Equal(73, (double)clicks.ClickCount / clicks.UserCount, 5.0);
        Assert.Equal(5, Enumerable.Range(0, clicks.UserCount).Min(clicks.CountOf));
        Assert.All(Enumerable.Range(0, 100),
            user => Assert.Equal(clicks.ItemsOf(user).ToArray().Distinct().Order(), clicks.ItemsOf(user).ToArray()));
        // Of ranks 101 to 1,000 and 1,001 to 10,000: sums of 1 / rank^0.9 are as 1 to 10^0.1.
        int[] items = clicks.Items.ToArray();
        Assert.Equal(Math.Pow(10, 0.1), (double)items.Count(item => item is >= 1_000 and < 10_000) / items.Count(item =>
            item is >= 100 and < 1_000), 0.1);
    }

    [Fact]
    public void The_file_of_ratings_has_MovieLens_layout_and_so_many_rows()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(RatingsFile.Write(folder["ratings.csv"], 10_000), new FileInfo(folder["ratings.csv"]).Length);
        ClickData data = ClickReader.Read(
            folder["ratings.csv"], new ReadOptions { MinRating = 0.5f, KeepTimestamps = true });
        Assert.Equal((ClickFormat.MovieLensCsv, 10_000, 0),
            (data.Report.Format, data.Report.Rows, data.Report.BelowMinRating));
        Assert.Equal(0, data.Report.Repeated);
        Assert.Equal(10_000, data.Matrix.ClickCount);
    }
}
