using System.CommandLine;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Compute;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>Versions of one kernel, from the plainest to ours: what each idea adds.</summary>
internal static unsafe class Ladder
{
    // Versions round differently: each sums in its own order.
    private const double Tolerance = 1e-5;

    private sealed record Rung(string Name, string Idea, int Threads, Action Run);

    public static Command Command()
    {
        Option<int> m = Verb.Count("--m", 500, "Rows of C."), n = Verb.Count("--n", 2_011, "Columns of C."), k = Verb.Count("--k", 600, "Length of the sums.");
        Option<int> threads = Verb.Threads(), budget = Verb.Budget();
        (Option<string> device, _) = BenchDevice.Options();
        return new Command("ladder", "What each idea adds to a kernel.")
        {
            Verb.Create("gemm", "The dense product C = A B, from three loops to ours.", [m, n, k, threads, budget, device],
                parsed => Run(parsed.GetValue(device)!, parsed.GetValue(m), parsed.GetValue(n), parsed.GetValue(k), parsed.GetValue(threads), parsed.GetValue(budget)), chart: true),
        };
    }

    private static Report Run(string device, int m, int n, int k, int threads, int budget)
    {
        if (BenchDevice.CardOf(device) is not null)
        {
            using BenchDevice card = BenchDevice.Open(device, ProductPrecision.Single, threads);
            return CardGemm.Ladder(card, m, n, k, budget);
        }
        using AlignedBuffer a = Numbers.Normal((long)m * k), b = Numbers.Normal((long)k * n), c = new((long)m * n);
        using var workers = new Workers(threads);
        Action With(GemmLadder.Product product) => () => product(m, n, k, a.Pointer, b.Pointer, c.Pointer);
        Action Ours(Workers team) => () => Gemm.Cpu.Multiply(team, Transpose.None, m, n, k, a.Span, b.Span, c.Span);
        List<Rung> rungs =
        [
            new("naive", "three loops, a row of A times a column of B", 1, With(GemmLadder.Naive)),
            new("reordered", "the inner loop runs along rows of B and C", 1, With(GemmLadder.Reordered)),
            new("vectorised", "as many columns at once as a vector holds, one fused multiply-add each", 1, With(GemmLadder.Vectorised)),
            new("blocked", "a block of B stays in cache for all rows of A", 1, With(GemmLadder.Blocked)),
            new("packed", "columns of B lie together; C is summed in registers", 1, With(GemmLadder.Packed)),
            new("tiled: Gemm.Cpu", "a tile of C in all registers, so that a number loaded is used many times", 1, Ours(Workers.One)),
        ];
        if (threads > 1)
            rungs.Add(new($"tiled, {threads} threads", "threads cut C", threads, Ours(workers)));

        Dictionary<int, double> ceilings = new[] { 1, threads }.Distinct().ToDictionary(count => count, Ceiling.Gflops);
        var report = new Report("Ladder: Gemm", threads == 1 ? "1" : $"1 and {threads}");
        report.Fact("shape", "C = A B, M x N x K", $"{m} x {n} x {k}");
        foreach ((int count, double gflops) in ceilings)
            report.Fact($"ceilingGflops{count}", $"Multiply-add ceiling, threads: {count}", gflops, "GFLOP/s");
        Table table = report.Add(new Table("rungs", "Rungs", new("rung", "rung"), new("idea", "what is new"), new("threads", "threads"), new("medianMs", "median ms"), new("bestMs", "best ms"),
            new("gflops", "GFLOP/s"), new("timesFirst", "x naive"), new("timesPrevious", "x the rung before"), new("ceilingPercent", "% of ceiling")));
        List<Bar> bars = [];
        float[]? expected = null;
        double first = 0, previous = 0;
        foreach (Rung rung in rungs)
        {
            c.Span.Fill(float.NaN);
            Times times = Measure.Run(budget, rung.Run);
            expected ??= c.Span.ToArray();
            Check(rung.Name, expected, c.Span);
            double rate = 2.0 * m * n * k / times.Median / 1e6;
            (first, previous) = first == 0 ? (rate, rate) : (first, previous);
            table.Add(rung.Name, rung.Idea, rung.Threads, times.Median, times.Best, rate, rate / first, rate / previous, rate / ceilings[rung.Threads] * 100);
            bars.Add(new(rung.Name, rate, FormattableString.Invariant($"{rate:F1}, {rate / first:F1} x naive"), rung.Run.Method == Ours(workers).Method));
            previous = rate;
        }
        Fuse(report, m, n, k, workers, ceilings[threads], budget);
        report.Chart = new BarChart("A dense product in C#, GFLOP/s", $"{m} x {n} x {k}, single precision, {VectorWidth.Name}; more is better", bars,
            (ceilings[threads], $"multiply-add ceiling, {threads} threads: {ceilings[threads]:F0}"));
        return report;
    }

    // The last rung is no product of its own: the output layer's three, with what stands between them, for M users, N items and K units.
    private static void Fuse(Report report, int users, int items, int units, Workers workers, double ceiling, int budget)
    {
        ClickMatrix clicks = Synthetic.PowerLaw(items).Clicks(users);
        int[] starts = [.. clicks.RowStarts.ToArray().Select(start => (int)start)], clicked = clicks.Items.ToArray();
        float[] ones = [.. clicked.Select(_ => 1f)], losses = new float[users];
        var index = new ItemIndex();
        index.Build(starts, clicked, items);
        long weights = (long)items * units;
        using AlignedBuffer h = Numbers.Normal((long)users * units), dH = new((long)users * units), f = new((long)users * items), dW = new(weights), dB = new(items);
        using AlignedBuffer w = Numbers.Normal(weights), wm = new(weights), wv = new(weights), b = new(items), bm = new(items), bv = new(items);
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

        void Fused() => OutputLayer.Cpu.Train(workers, workspace, users, units, items, h.Span, new(w.Span, wm.Span, wv.Span), new(b.Span, bm.Span, bv.Span), index, ones,
            new OutputLoss(OutputLikelihood.Multinomial, scale), step, step, losses, dH.Span);

        Times[] times = Measure.Compare(budget, [Parts, Fused]);
        Table table = report.Add(new Table("fused", "Fused: a training step of the output layer", new("rung", "rung"), new("idea", "what is new"), new("threads", "threads"), new("medianMs", "median ms"),
            new("bestMs", "best ms"), new("gflops", "GFLOP/s of its three products"), new("timesPrevious", "x the rung before"), new("ceilingPercent", "% of ceiling")));
        double flop = 6.0 * users * items * units / 1e6;
        table.Add("tiled products, parts", "logits, loss, gradients and Adam one after the other, each over all items", workers.Count, times[0].Median, times[0].Best, flop / times[0].Median, 1.0, flop / times[0].Median / ceiling * 100);
        table.Add("fused: OutputLayer.Cpu", "block by block of items, while the block is in cache", workers.Count, times[1].Median, times[1].Best, flop / times[1].Median, times[0].Median / times[1].Median, flop / times[1].Median / ceiling * 100);
    }

    private static void Check(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double error = Numbers.RelativeError(expected, actual);
        if (!(error <= Tolerance))
            throw new InvalidOperationException($"{name} differs from the first rung by {error}; expected at most {Tolerance}");
    }
}
