using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>The kernels that move more than they multiply, at the shapes of a training step.</summary>
internal static class RooflineKernels
{
    public static Table NewTable() => new("kernels", "Other kernels",
        new("kernel", "kernel"), new("shape", "shape"), new("threads", "threads"), new("medianMs", "median ms"),
        new("bestMs", "best ms"), new("megabytes", "MB read and written"), new("gbs", "GB/s"), new("kind", "ceiling"),
        new("ceilingGbs", "its GB/s"), new("ceilingPercent", "% of ceiling"));

    public static void Fill(Table table, Shapes s, Workers workers, int budget)
    {
        ClickMatrix clicks = Synthetic.PowerLaw(s.I).Clicks(s.B);
        int n = (int)clicks.ClickCount;
        int[] starts = [.. clicks.RowStarts.ToArray().Select(start => (int)start)], items = clicks.Items.ToArray(),
            users = [.. Enumerable.Range(0, s.B)];
        var ones = new float[n];
        Array.Fill(ones, 1);
        float[] values = new float[n], mask = new float[n], perUser = new float[s.B];
        var index = new ItemIndex();
        index.Build(starts, items, s.I);
        long bh = (long)s.B * s.H, bi = (long)s.B * s.I, bz = (long)s.B * s.Z, ih = (long)s.I * s.H;
        using AlignedBuffer x = Numbers.Normal(bh), y = new(bh), dY = Numbers.Normal(bh),
            bias = Numbers.Normal(Math.Max(s.H, s.I)), dBias = new(Math.Max(s.H, s.I));
        using AlignedBuffer logits = Numbers.Normal(bi), w = Numbers.Normal(ih), dW = Numbers.Normal(ih), m = new(ih),
            v = new(ih);
        using AlignedBuffer head = Numbers.Normal(2 * bz), epsilon = Numbers.Normal(bz), z = new(bz),
            dHead = new(2 * bz);
        string hidden = $"{s.B} x {s.H}", output = $"{s.B} x {s.I}", weights = $"{s.I} x {s.H}", sparse = $"{n} clicks",
            code = $"{s.B} x {s.Z}";

        // Bytes are of the floats read and written; the footprint is of the distinct ones.
        void Row(string kernel, string shape, double floats, Action work, Traffic traffic = Traffic.Copy,
            double? distinct = null)
        {
            Times times = Measure.Run(budget, work);
            double bytes = sizeof(float) * floats, rate = bytes / times.Median / 1e6;
            double ceiling = Ceiling.GigabytesPerSecond(
                workers.Count, sizeof(float) * (distinct ?? floats), traffic, budget / 4);
            table.Add(kernel, shape, workers.Count, times.Median, times.Best, bytes / 1e6, rate,
                $"{traffic}".ToLowerInvariant(), ceiling, rate / ceiling * 100);
        }

        Row("SparseGemm.Gather", $"{sparse}, {weights}", (double)n * s.H + bh, () => SparseGemm.Cpu.Gather(workers, s.B,
            s.H, starts, items, ones, w.Span, y.Span), Traffic.Read, (double)index.Items.Length * s.H + bh);
        Row("SparseGemm.Scatter", $"{sparse}, {weights}", ih + (double)n * s.H,
            () => SparseGemm.Cpu.Scatter(workers, index, s.H, ones, dY.Span, dW.Span), Traffic.Copy, ih + bh);
        Row("Bias.Add", output, 2 * bi, () => Bias.Cpu.Add(workers, s.B, s.I, logits.Span, bias.Span[..s.I]),
            Traffic.Update, bi);
        Row("Bias.Gradient", output, bi, () => Bias.Cpu.Gradient(workers, s.B, s.I, logits.Span, dBias.Span[..s.I]),
            Traffic.Read);
        Row("LogSoftmax.MultinomialLoss", output, 2 * bi, () => LogSoftmax.Cpu.MultinomialLoss(workers, s.B, s.I,
            logits.Span, starts, items, ones, 1, perUser), Traffic.Update, bi);
        Row("LogisticLoss.Loss", output, 2 * bi, () =>
            LogisticLoss.Cpu.Loss(workers, s.B, s.I, logits.Span, starts, items, ones, 1, perUser), Traffic.Update, bi);
        Row("GaussianLoss.Loss", output, 2 * bi, () => GaussianLoss.Cpu.Loss(workers, s.B, s.I, logits.Span, starts,
            items, ones, 1, 1, Activation.Identity, 1, perUser), Traffic.Update, bi);
        Row("Tanh.Forward", hidden, 2 * bh, () => Tanh.Cpu.Forward(workers, s.B, s.H, y.Span, bias.Span[..s.H]),
            Traffic.Update, bh);
        Row("Tanh.Backward", hidden, 3 * bh, () => Tanh.Cpu.Backward(workers, y.Span, dY.Span, x.Span));
        Row("RowNormalize.Forward", sparse, 2 * n, () => RowNormalize.Cpu.Forward(workers, starts, ones, values));
        // With keep 1 the values stay the same from run to run.
        Row("Dropout.Clicks", sparse, 3 * n, () => Dropout.Cpu.Clicks(workers,
            new RandomStream(1, RandomPurpose.Dropout, 0), 1, starts, users, items, values));
        Row("Dropout.Apply", sparse, 3 * n, () => Dropout.Cpu.Apply(workers, values, ones, 0.5f, mask));
        Row("Normal.Fill", code, bz,
            () => Normal.Cpu.Fill(workers, new RandomStream(1, RandomPurpose.Noise, 0), users, s.Z, z.Span));
        Row("Reparameterize.Forward", code, 4 * bz,
            () => Reparameterize.Cpu.Forward(workers, s.B, s.Z, head.Span, epsilon.Span, z.Span, perUser));
        Row("Reparameterize.Backward", code, 6 * bz,
            () => Reparameterize.Cpu.Backward(workers, s.B, s.Z, head.Span, epsilon.Span, z.Span, 0.2f, dHead.Span));
        Row("Adam.Step", weights, 7 * ih, () => Adam.Cpu.Step(workers, dW.Span, w.Span, m.Span, v.Span,
            new AdamStep(1e-3, 0.9, 0.999, 1e-8, 1, 0)), Traffic.Update, 4 * ih);
        Row("SquaredNorm.Sum", weights, ih, () => SquaredNorm.Cpu.Sum(workers, w.Span), Traffic.Read);
    }
}
