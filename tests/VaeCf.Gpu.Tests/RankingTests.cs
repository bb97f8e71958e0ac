using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Recommenders;

namespace VaeCf.Gpu.Tests;

/// <summary>Rankings by the device's own calls, with every filter: the CPU's lists and scores.</summary>
public class RankingTests
{
    private const int Users = 5, Items = 211, Inputs = 3;

    // Lists and scores by each filter.
    private static float[][] Ranked(Compute c, bool dense, int k)
    {
        var clicks = new SparseBatch(Users, Items);
        using ClickBatch batch = c.AllocateBatch();
        c.Load(new ClickMatrix(Items, [.. clicks.RowStarts.Select(start => (long)start)], clicks.Items),
            [.. Enumerable.Range(0, Users)], batch);
        // Small whole numbers: their sums are exact, and there are ties.
        Tensor Whole(int rows, int columns, ulong seed)
        {
            Tensor tensor = c.Allocate(rows, columns);
            c.Write([.. Compare.Random(rows * columns, seed).Select(x => MathF.Round(2 * x))], tensor);
            return tensor;
        }
        using Tensor x = Whole(Users, Inputs, 1), w = Whole(Items, Inputs, 2), b = Whole(1, Items, 3);
        using Tensor scores = c.Allocate(Users, Items);
        float[] Rank(RankFilter filter)
        {
            var items = new int[Users * k];
            var ranked = new float[Users * k];
            if (dense)
            {
                c.Gemm(Transpose.B, x, w, scores);
                c.TopK(batch, scores, k, filter, items, ranked);
            }
            else
                c.Rank(batch, x, w, b, k, filter, items, ranked);
            return [.. items.Select(item => (float)item), .. ranked];
        }
        int[] all = [.. Enumerable.Range(0, Items)], some = [.. all.Where(item => item % 3 != 0)];
        return [Rank(RankFilter.None), Rank(RankFilter.Of(Items, some)), Rank(RankFilter.Of(Items, seenToo: true)),
            Rank(RankFilter.Of(Items, some, seenToo: true)), Rank(RankFilter.Of(Items, all, seenToo: true)),
            Rank(RankFilter.None)];
    }

    [Theory, MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Every_filter_gives_the_processors_lists_and_scores(string device)
    {
        using Device cpuDevice = Device.Cpu(1), referenceDevice = Device.Reference();
        using Compute cpu = cpuDevice.Open(), reference = referenceDevice.Open();
        foreach (bool narrow in new[] { false, true })
        {
            using CudaDevice gpuDevice = GpuDevices.Open(device);
            using CudaCompute cuda = gpuDevice.Open();
            cuda.BlockBytes = narrow ? 1 : cuda.BlockBytes;
            foreach (bool dense in new[] { false, true })
                foreach (int k in (ReadOnlySpan<int>)[0, 7, 250])
                {
                    float[][] expected = Ranked(reference, dense, k);
                    Assert.Equal(expected, Ranked(cpu, dense, k));
                    Assert.Equal(expected, Ranked(cuda, dense, k));
                }
        }
    }

    [Theory, MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void What_does_not_fit_the_scores_is_refused(string device)
    {
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using ClickBatch batch = cuda.AllocateBatch();
        cuda.Load(new ClickMatrix(3, [0, 1], [2]), [0], batch);
        using Tensor scores = cuda.Allocate(1, 3), others = cuda.Allocate(2, 3);
        string Message(Tensor scores, RankFilter filter, int room) => Assert.Throws<ArgumentException>(
            () => { cuda.TopK(batch, scores, 1, filter, new int[room], []); }).Message;
        Assert.StartsWith("2 x 3, expected 1 x 3", Message(others, RankFilter.None, 1));
        Assert.StartsWith("a filter of 2 items, expected 3", Message(scores, RankFilter.Of(2, [0]), 1));
        Assert.StartsWith("room for 2 items, expected 1 x 1", Message(scores, RankFilter.None, 2));
    }
}
