using VaeCf.Kernels;

namespace VaeCf.Gpu.Tests;

public class TopKKernelTests
{
    // k and items around the block of 256 threads and the powers of two of the sort; more wanted than there are; whole,
    // and cut in blocks of items.
    public static TheoryData<string, int, int, int> Shapes()
    {
        var data = new TheoryData<string, int, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach ((int items, int width, int k) in ((int, int, int)[])[(1, 1, 1), (5, 5, 7), (255, 255, 1),
                (256, 100, 20), (257, 256, 64), (521, 61, 65), (1031, 1031, 100), (1100, 500, 1024)])
                data.Add(device, items, width, k);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_best_are_the_references_own_and_forbidden_items_and_ties_included(
        string device, int items, int width, int k)
    {
        const int users = 4;
        var batch = new SparseBatch(users, items);
        // Few different scores, both zeros, infinities and NaN; the last user's are all one.
        float[] special = [float.NaN, -0f, 0f, float.PositiveInfinity, float.NegativeInfinity];
        float[] scores = [.. Compare.Random(users * items, 1).Select((score, i) => i / items == users - 1
            ? 1.5f : i % 7 == 3 ? special[i / 7 % special.Length] : MathF.Round(score * 8) / 8)];
        byte[] mask = [.. Enumerable.Range(0, items).Select(i => (byte)(i % 5 == 1 ? 128 + i % 2 : 0))];
        using var card = new KernelRun(device);
        KernelRun.Memory<int> starts = card.Holding(batch.RowStarts), own = card.Holding(batch.Items);
        KernelRun.Memory<byte> forbidden = card.Holding(mask);
        KernelRun.Memory<ulong> keys = card.Empty<ulong>(users * k);
        for (int first = 0; first < items; first += width)
        {
            int count = Math.Min(width, items - first);
            KernelRun.Memory<float> block = card.Holding<float>(
                [.. Enumerable.Range(0, users * count).Select(i => scores[i / count * items + first + i % count])]);
            card.Launch("TopK_Exclude", new(users), new(128), block, starts, own, first, count);
            card.LaunchElements("TopK_Mask", users, count, block, forbidden, first, count);
            card.Launch("TopK_Merge", new(users), new(256), block, keys, first, count, k, first == 0 ? 1 : 0);
        }
        int[] found = [.. keys.Read().Select(key => key == 0 ? -1 : (int)~(uint)key)];
        for (int user = 0; user < users; user++)
        {
            var expected = new int[k];
            TopK.Reference.Select([.. scores[(user * items)..((user + 1) * items)].Select(score => (double)score)],
                batch.Items.AsSpan(batch.RowStarts[user]..batch.RowStarts[user + 1]), mask, expected);
            Assert.Equal(expected, found[(user * k)..((user + 1) * k)]);
        }
    }
}
