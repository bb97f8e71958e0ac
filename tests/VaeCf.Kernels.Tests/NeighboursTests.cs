using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class NeighboursTests
{
    // Items around the 4 of a part, and odd primes; every third user has no click, and some items have none.
    public static TheoryData<int, int> Shapes()
    {
        var data = new TheoryData<int, int>();
        foreach (int users in (ReadOnlySpan<int>)[0, 1, 7, 67])
            foreach (int items in (ReadOnlySpan<int>)[1, 3, 4, 5, 101, 271])
                data.Add(users, items);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Cpu_keeps_the_references_neighbours_with_the_same_bits_for_every_number_of_threads(int users, int items)
    {
        var batch = new SparseBatch(users, items);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, items);
        foreach (ItemSimilarity similarity in Enum.GetValues<ItemSimilarity>())
            foreach ((int k, double shrink) in new[] { (1, 0.0), (20, 2.5), (300, 0) })
            {
                double[] expected = new double[items * k], expectedLikeness = new double[items * k];
                Neighbours.Reference.Find(users, items, batch.RowStarts, batch.Items, batch.Counts.ToDouble(),
                    similarity, shrink, k, expected, expectedLikeness);
                float[] likeness = Widths.SameBits(workers =>
                {
                    float[] neighbours = new float[items * k], found = new float[items * k];
                    Neighbours.Cpu.Find(workers, index, batch.RowStarts, batch.Items, batch.Counts, similarity, shrink,
                        k, neighbours, found);
                    Assert.Equal(expected, neighbours.ToDouble());
                    return found;
                });
                Assert.Equal(expectedLikeness.Select(x => (float)x), likeness);
            }
    }

    [Fact]
    public void It_reports_stops_and_refuses_what_does_not_fit()
    {
        var batch = new SparseBatch(7, 5);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, 5);
        void Find(int room, double shrink = 0, CancellationToken token = default) =>
            Neighbours.Cpu.Find(Workers.One, index, batch.RowStarts, batch.Items, batch.Counts, ItemSimilarity.Cosine,
                shrink, 2, new float[room], new float[10], null, token);
        Assert.Throws<OperationCanceledException>(() => Find(10, token: new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentException>("neighbours", () => Find(9));
        Assert.Throws<ArgumentOutOfRangeException>("shrink", () => Find(10, shrink: -1));
    }
}
