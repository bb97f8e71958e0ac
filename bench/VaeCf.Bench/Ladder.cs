using System.CommandLine;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>Versions of one kernel, from the plainest to ours: what each idea adds.</summary>
internal static unsafe class Ladder
{
    // The versions round differently: each sums in its own order.
    private const double Tolerance = 1e-5;

    private sealed record Rung(string Name, string Idea, Workers Team, Action Run);

    public static Command Command()
    {
        Option<int> m = Verb.Count("--m", 500, "Rows of C."), n = Verb.Count("--n", 2_011, "Columns of C."),
            k = Verb.Count("--k", 600, "Length of the sums.");
        Option<int> items = Verb.Count(
            "--items", 20_108, "Items of the fused rung, for M users and K units; a GPU has no such rung.");
        Option<int> threads = Verb.Threads(), budget = Verb.Budget();
        (Option<string> device, _) = BenchDevice.Options();
        return new Command("ladder", "What each idea adds to a kernel.")
        {
            Verb.Create("gemm", "The dense product C = A B, from three loops to ours.",
                [m, n, k, items, threads, budget, device],
                parsed => Run(parsed.GetValue(device)!, parsed.GetValue(m), parsed.GetValue(n), parsed.GetValue(k),
                    parsed.GetValue(items), parsed.GetValue(threads), parsed.GetValue(budget)), chart: true),
        };
    }

    private static Report Run(string device, int m, int n, int k, int items, int threads, int budget)
    {
        if (BenchDevice.GpuOf(device) is not null)
        {
            using BenchDevice gpu = BenchDevice.Open(device, ProductPrecision.Single, threads);
            return GpuGemm.Ladder(gpu, m, n, k, budget);
        }
        using AlignedBuffer a = Numbers.Normal((long)m * k), b = Numbers.Normal((long)k * n), c = new((long)m * n);
        using var workers = new Workers(threads);
        Action With(GemmLadder.Product product) => () => product(m, n, k, a.Pointer, b.Pointer, c.Pointer);
        Action Ours(Workers team) => () => Gemm.Cpu.Multiply(team, Transpose.None, m, n, k, a.Span, b.Span, c.Span);
        List<Rung> rungs =
        [
            new("naive", "three loops, a row of A times a column of B", Workers.One, With(GemmLadder.Naive)),
            new("reordered", "the inner loop runs along rows of B and C", Workers.One, With(GemmLadder.Reordered)),
            new("vectorised", "as many columns at once as a vector holds, one fused multiply-add each", Workers.One,
                With(GemmLadder.Vectorised)),
            new("blocked", "a block of B stays in cache for all rows of A", Workers.One, With(GemmLadder.Blocked)),
            new("packed", "columns of B lie together; C is summed in registers", Workers.One, With(GemmLadder.Packed)),
            new("tiled: Gemm.Cpu", "a tile of C in all registers, so that a number loaded is used many times",
                Workers.One, Ours(Workers.One)),
        ];
        if (threads > 1)
            rungs.Add(new($"tiled, {threads} threads", "threads cut C", workers, Ours(workers)));

        var report = new Report("Ladder: Gemm", threads == 1 ? "1" : $"1 and {threads}");
        report.Fact("shape", "C = A B, M x N x K", $"{m} x {n} x {k}");
        Table table = report.Add(new Table("rungs", "Rungs", new("rung", "rung"), new("idea", "what is new"),
            new("threads", "threads"), new("medianMs", "median ms"), new("bestMs", "best ms"),
            new("gflops", "GFLOP/s"), new("timesFirst", "x naive"), new("timesPrevious", "x the rung before"),
            new("ceilingGflops", "ceiling GFLOP/s"), new("ceilingPercent", "% of ceiling")));
        List<Bar> bars = [];
        float[]? expected = null;
        double gflop = 2.0 * m * n * k / 1e9, first = 0, previous = 0, ceiling = 0;
        foreach (Rung rung in rungs)
        {
            c.Span.Fill(float.NaN);
            Times[] times = Measure.Compare(budget, [rung.Run, Ceiling.MultiplyAdds(rung.Team, gflop)]);
            expected ??= c.Span.ToArray();
            Check(rung.Name, expected, c.Span);
            double rate = gflop / times[0].Median * 1e3;
            ceiling = gflop / times[1].Median * 1e3;
            (first, previous) = first == 0 ? (rate, rate) : (first, previous);
            table.Add(rung.Name, rung.Idea, rung.Team.Count, times[0].Median, times[0].Best, rate, rate / first,
                rate / previous, ceiling, rate / ceiling * 100);
            bars.Add(new(rung.Name, rate, FormattableString.Invariant($"{rate:F1}, {rate / first:F1} x naive"),
                rung.Run.Method == Ours(workers).Method));
            previous = rate;
        }
        Fuse(report, m, items, k, workers, budget);
        report.Chart = new BarChart(
            "A dense product in C#, GFLOP/s", $"{m} x {n} x {k}, single precision, {VectorWidth.Name}; more is better",
            bars, (ceiling, $"multiply-add ceiling, {threads} threads: {ceiling:F0}"));
        report.Note("A ceiling is what nothing but a rung's multiply-adds, in registers on as many threads, reach in "
            + "turns with it.");
        return report;
    }

    // The last rung is not a product of its own but the output layer's three, with what lies between them, for M users,
    // N items and K units.
    private static void Fuse(Report report, int users, int items, int units, Workers workers, int budget)
    {
        ClickMatrix clicks = Synthetic.PowerLaw(items).Clicks(users);
        int[] starts = [.. clicks.RowStarts.ToArray().Select(start => (int)start)], clicked = clicks.Items.ToArray();
        float[] ones = [.. clicked.Select(_ => 1f)], losses = new float[users];
        var index = new ItemIndex();
        index.Build(starts, clicked, items);
        long weights = (long)items * units;
        using AlignedBuffer h = Numbers.Normal((long)users * units), dH = new((long)users * units),
            f = new((long)users * items), dW = new(weights), dB = new(items);
        using AlignedBuffer w = Numbers.Normal(weights), wm = new(weights), wv = new(weights), b = new(items),
            bm = new(items), bv = new(items);
        using var workspace = new OutputLayer.Cpu.Workspace();
        double scale = 1.0 / users;
        var step = new AdamStep(1e-3, 0.9, 0.999, 1e-8, 1, 0);

        void Parts()
        {
            Gemm.Cpu.Multiply(workers, Transpose.B, users, items, units, h.Span, w.Span, f.Span);
            Bias.Cpu.Add(workers, users, items, f.Span, b.Span);
            LogSoftmax.Cpu.MultinomialLoss(workers, users, items, f.Span, starts, clicked, ones, (float)scale, losses);
            Gemm.Cpu.Multiply(workers, Transpose.None, users, units, items, f.Span, w.Span, dH.Span);
            Gemm.Cpu.Multiply(workers, Transpose.A, items, units, users, f.Span, h.Span, dW.Span);
            Bias.Cpu.Gradient(workers, users, items, f.Span, dB.Span);
            Adam.Cpu.Step(workers, dW.Span, w.Span, wm.Span, wv.Span, step);
            Adam.Cpu.Step(workers, dB.Span, b.Span, bm.Span, bv.Span, step);
        }

        void Fused() => OutputLayer.Cpu.Train(workers, workspace,
            users, units, items, h.Span, new(w.Span, wm.Span, wv.Span), new(b.Span, bm.Span, bv.Span), index, ones,
            new OutputLoss(Likelihood.Multinomial, scale), step, step, losses, dH.Span);

        double gflop = 6.0 * users * items * units / 1e9;
        Times[] times = Measure.Compare(budget, [Parts, Fused, Ceiling.MultiplyAdds(workers, gflop)]);
        report.Fact("fusedShape", "fused, users x items x units", $"{users} x {items} x {units}");
        Table table = report.Add(new Table("fused", "Fused: a training step of the output layer", new("rung", "rung"),
            new("idea", "what is new"), new("threads", "threads"), new("medianMs", "median ms"), new("bestMs",
                "best ms"), new("gflops", "GFLOP/s of its three products"), new("timesPrevious", "x the rung before"),
            new("ceilingGflops", "ceiling GFLOP/s"), new("ceilingPercent", "% of ceiling")));
        void Row(string rung, string idea, Times its) =>
            table.Add(rung, idea, workers.Count, its.Median, its.Best, gflop / its.Median * 1e3,
                times[0].Median / its.Median, gflop / times[2].Median * 1e3, times[2].Median / its.Median * 100);
        Row("tiled products, parts", "logits, loss, gradients and Adam one after the other, each over all items",
            times[0]);
        Row("fused: OutputLayer.Cpu", "block by block of items, while the block is in cache", times[1]);
    }

    private static void Check(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double error = Numbers.RelativeError(expected, actual);
        if (!(error <= Tolerance))
            throw new InvalidOperationException(
                $"{name} differs from the first rung by {error}; expected at most {Tolerance}");
    }
}
