using System.IO.Compression;
using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Bench.Tests;

/// <summary>What is measured is the work it is said to be.</summary>
public unsafe class WorkTests
{
    public static TheoryData<string> Rungs() => [nameof(GemmLadder.Naive), nameof(GemmLadder.Reordered), nameof(GemmLadder.Vectorised), nameof(GemmLadder.Blocked), nameof(GemmLadder.Packed)];

    [Theory, MemberData(nameof(Rungs))]
    public void A_rung_of_the_ladder_is_the_product(string rung)
    {
        var product = typeof(GemmLadder).GetMethod(rung)!.CreateDelegate<GemmLadder.Product>();
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (5, 67, 3), (3, 2_100, 70)])
        {
            var random = new RandomSequence(new RandomStream(1, RandomPurpose.Noise, 0));
            double[] a = [.. Enumerable.Range(0, m * k).Select(_ => (double)(float)random.NextNormal())], b = [.. Enumerable.Range(0, k * n).Select(_ => (double)(float)random.NextNormal())];
            var expected = new double[m * n];
            Gemm.Reference.Multiply(Transpose.None, m, n, k, a, b, expected);
            float[] c = [.. Enumerable.Repeat(float.NaN, m * n)];
            fixed (float* pA = a.Select(x => (float)x).ToArray(), pB = b.Select(x => (float)x).ToArray(), pC = c)
                product(m, n, k, pA, pB, pC);
            Assert.All(expected.Zip(c), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Fact]
    public void A_profile_gives_the_clicks_it_says()
    {
        using var folder = new TemporaryFolder();
        using (var packed = new StreamWriter(new GZipStream(File.Create(folder["item_popularity_by_rank.csv.gz"]), CompressionMode.Compress)))
            packed.Write("rank,events\n" + string.Concat(Enumerable.Range(1, 100).Select(rank => $"{rank},{(rank <= 50 ? 100 : 0)}\n")));
        File.WriteAllText(folder["user_heldout_count_histogram.csv"], "heldout_items,users\n1,300\n2,100\n");
        ClickMatrix clicks = Synthetic.Profile(folder["."]).Clicks(2_000);
        Assert.Equal(100, clicks.ItemCount);
        Assert.All(Enumerable.Range(0, clicks.UserCount), user => Assert.InRange(clicks.CountOf(user), 5, 14));
        Assert.InRange(Enumerable.Range(0, clicks.UserCount).Count(user => clicks.CountOf(user) < 10) / 2_000.0, 0.7, 0.8);
        Assert.InRange(clicks.Items.ToArray().Count(item => item >= 50), 1, clicks.ClickCount / 200);
    }

    [Fact]
    public void The_file_of_ratings_has_MovieLens_layout_and_so_many_rows()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(RatingsFile.Write(folder["ratings.csv"], 10_000), new FileInfo(folder["ratings.csv"]).Length);
        ClickData data = ClickReader.Read(folder["ratings.csv"], new ReadOptions { MinRating = 0.5f, KeepTimestamps = true });
        Assert.Equal((ClickFormat.MovieLensCsv, 10_000, 0), (data.Report.Format, data.Report.Rows, data.Report.BelowMinRating));
        Assert.Equal(0, data.Report.Repeated);
        Assert.Equal(10_000, data.Matrix.ClickCount);
    }
}
