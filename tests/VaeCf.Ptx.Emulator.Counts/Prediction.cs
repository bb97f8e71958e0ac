using System.Globalization;
using VaeCf.Bench;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Ptx.Emulator.Counts;

/// <summary>
/// What an H100 must at least take for a step of Mult-VAE and for one user's answer, from the counts of their launches:
/// a bound from below, and no measurement. A launch takes at least what its busiest part does: instructions to issue,
/// products on tensor cores, passes over shared memory (all of the multiprocessor that gets most blocks), the longest
/// block's instructions, bytes from the L2 cache and from memory.
/// </summary>
internal static class Prediction
{
    // NVIDIA H100 SXM5 as published (NVIDIA H100 Tensor Core GPU Architecture, table 3): 67 TFLOPS of 32 bits are 132 x
    // 128 multiply-adds at 1.98 GHz, 494.7 of TF32 and 989 of bfloat16 are 132 x 1024 and 2048 at 1.83 GHz: in both one
    // m16n8 mma.sync of ours a clock. The L2 cache gives 5,120 bytes a clock.
    private const int Multiprocessors = 132, IssuesPerClock = 4, L2Bytes = 50 << 20, L2BytesPerClock = 5_120,
        SectorBytes = 32;
    private const double Clock = 1.98e9, TensorClock = 1.83e9, MemoryBandwidth = 3.35e12;

    // Between two kernels of a graph: an assumption.
    private const double Gap = 1e-6;

    // Of a step's time: kernels that take less are put together.
    private const double Least = 0.005;

    private const int Items = 20_108, ClicksPerUser = 75, Ranked = 10;
    private const ulong Seed = 1;
    private static readonly EmulatedCard h100 = new(Multiprocessors, L2Bytes, 80L << 30);

    /// <summary>A kernel's launches: how many, the least seconds, and what bounds most of them.</summary>
    public sealed record Row(string Kernel, int Launches, double Seconds, string Bound);

    /// <summary>The kernels of a training step.</summary>
    public static List<Row> Step(int users, ProductPrecision products)
    {
        var driver = new SampledCuda(h100);
        ClickMatrix clicks = Synthetic.PowerLaw(Items, mean: ClicksPerUser).Clicks(users);
        using var device = new CudaDevice(driver, 0, products);
        using CudaCompute cuda = device.Open();
        using var network = Autoencoder.Create(cuda, MultVae.Type.Defaults, Items);
        var step = new AdamStep(1e-3, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0);
        using var adam = new AdamOptimizer(cuda, network.Parameters, step);
        using ClickBatch batch = cuda.AllocateBatch();
        cuda.Load(clicks, [.. Enumerable.Range(0, users)], batch);
        network.DrawNoise(batch, Seed, 0);
        network.Train(batch, new TrainingStep(0.2), adam);
        return Rows(driver);
    }

    /// <summary>The kernels of one user's answer.</summary>
    public static List<Row> Answer()
    {
        var driver = new SampledCuda(h100, all: true);
        using var device = new CudaDevice(driver, 0);
        using CudaCompute cuda = device.Open();
        using var network = Autoencoder.Create(cuda, MultVae.Type.Defaults, Items);
        network.Initialize(Seed);
        using var ranker = new AutoencoderRanker(cuda, network, ownsNetwork: false);
        var user = new Histories(Synthetic.PowerLaw(Items, mean: ClicksPerUser).Clicks(1));
        ranker.Rank(user, [0], Ranked, RankFilter.None, new int[Ranked], []);
        return Rows(driver);
    }

    /// <summary>All of it, gaps included.</summary>
    public static double Seconds(IEnumerable<Row> rows) => rows.Sum(row => row.Seconds + row.Launches * Gap);

    private static List<Row> Rows(SampledCuda driver)
    {
        var launches = driver.Launches.Select(
            launch => (launch.Kernel, Bound: Bounds(launch).MaxBy(bound => bound.Seconds)));
        return [.. from launch in launches
                   group launch.Bound by launch.Kernel into kernel
                   let seconds = kernel.Sum(bound => bound.Seconds)
                   orderby seconds descending
                   select new Row(kernel.Key, kernel.Count(), seconds,
                       kernel.GroupBy(bound => bound.By).MaxBy(same => same.Sum(bound => bound.Seconds))!.Key)];
    }

    private static IEnumerable<(string By, double Seconds)> Bounds(CountedLaunch launch)
    {
        KernelCounts counts = launch.Counts;
        // Of equal blocks a multiprocessor gets so many, at least.
        double share = Math.Ceiling((double)launch.Blocks / Multiprocessors) / launch.Blocks;
        long loaded = SectorBytes * counts.Memory(Kind.GlobalLoad, Kind.LocalLoad, Kind.Atomic).Cost,
            stored = SectorBytes * counts.Memory(Kind.GlobalStore, Kind.LocalStore, Kind.Atomic).Cost;
        yield return ("instructions", share * counts.LeastInstructions() / IssuesPerClock / Clock);
        yield return ("longest block", counts.LongestBlock / IssuesPerClock / Clock);
        yield return ("tensor cores", share * counts.Instructions(Kind.TensorCore) / TensorClock);
        yield return ("shared memory", share * counts.Memory(Kind.SharedLoad, Kind.SharedStore).Cost / Clock);
        yield return ("L2", (loaded + stored) / (L2BytesPerClock * Clock));
        // What fits in the cache may have been there before, and stay.
        if (launch.ArrayBytes > L2Bytes)
            yield return ("memory",
                (Math.Min(loaded, launch.ArrayBytes) + Math.Min(stored, launch.ArrayBytes)) / MemoryBandwidth);
    }

    /// <summary>All tables.</summary>
    public static void Write(TextWriter output)
    {
        foreach (int users in (int[])[500, 24_576])
            WriteStep(output, users, Enum.GetValues<ProductPrecision>());
        List<Row> answer = Answer();
        int launches = answer.Sum(row => row.Launches);
        output.WriteLine(Text(
            $"One user's {Ranked} best items: at least {Us(Seconds(answer))} us, {launches} launches;\n"));
        output.WriteLine(
            string.Join(", ", answer.Take(3).Select(row => $"{row.Kernel} {Us(row.Seconds)} ({row.Bound})")) + ".");
    }

    /// <summary>A table of a step's kernels, for each arithmetic of the products.</summary>
    public static void WriteStep(TextWriter output, int users, params ProductPrecision[] products)
    {
        List<Row>[] steps = [.. products.Select(product => Step(users, product))];
        ILookup<bool, Row> rows = steps[0].ToLookup(row => row.Seconds >= Least * Seconds(steps[0]));
        output.WriteLine(Text($"A step of {users:N0} users: at least, in us, and what bounds it.\n"));
        output.WriteLine($"| kernel | launches | {string.Join(" | ", products)} |");
        output.WriteLine($"| --- | ---: |{string.Concat(products.Select(_ => " --- |"))}");
        foreach (Row row in rows[true])
        {
            string own = Cells((step, product) => step.Find(other => IsSame(other, row, product)) is { } found
                ? Text($"{Us(found.Seconds)} {found.Bound}") : "");
            output.WriteLine(Text($"| {row.Kernel} | {row.Launches} |{own}"));
        }
        string others = Cells((step, product) =>
            Us(step.Where(row => rows[false].Any(other => IsSame(row, other, product))).Sum(row => row.Seconds)));
        output.WriteLine(Text($"| {rows[false].Count()} others | {rows[false].Sum(row => row.Launches)} |{others}"));
        int launches = steps[0].Sum(row => row.Launches);
        output.WriteLine(Text($"| gaps of {Gap * 1e6:0} us | |{Cells((_, _) => Us(launches * Gap))}"));
        output.WriteLine(Text($"| sum | {launches} |{Cells((step, _) => Us(Seconds(step)))}"));
        output.WriteLine(Text($"| users/s, at most | |{Cells((step, _) => Text($"{users / Seconds(step):N0}"))}\n"));

        // A product's kernel is named after its arithmetic too.
        static bool IsSame(Row row, Row first, ProductPrecision product) =>
            row.Kernel == first.Kernel || row.Kernel == $"{first.Kernel}{product}";

        string Cells(Func<List<Row>, ProductPrecision, string> text) =>
            string.Concat(steps.Zip(products, (step, product) => $" {text(step, product)} |"));
    }

    private static string Us(double seconds) => Text($"{seconds * 1e6:N0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
