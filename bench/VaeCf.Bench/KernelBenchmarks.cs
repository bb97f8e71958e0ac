using BenchmarkDotNet.Attributes;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>The dense products of the output layer, and small ones.</summary>
public class GemmBenchmarks
{
    private readonly Workers workers = new(Environment.ProcessorCount);
    private AlignedBuffer a = null!, b = null!, c = null!;

    internal Span<float> Product => c.Span;

    /// <summary>M x N x K and the operand that is transposed.</summary>
    [Params("500x20108x600 B", "500x600x20108 None", "20108x600x500 A", "500x400x600 B", "1x20108x600 B")]
    public string Shape { get; set; } = "";

    private (int M, int N, int K, Transpose Transpose) size;

    [GlobalSetup]
    public void Setup()
    {
        string[] words = Shape.Split('x', ' ');
        size = (int.Parse(words[0]), int.Parse(words[1]), int.Parse(words[2]), Enum.Parse<Transpose>(words[3]));
        (a, b, c) = (Numbers.Normal((long)size.M * size.K), Numbers.Normal((long)size.K * size.N),
            new AlignedBuffer((long)size.M * size.N));
    }

    [Benchmark]
    public void OneThread() =>
        Gemm.Cpu.Multiply(Workers.One, size.Transpose, size.M, size.N, size.K, a.Span, b.Span, c.Span);

    [Benchmark]
    public void AllThreads() =>
        Gemm.Cpu.Multiply(workers, size.Transpose, size.M, size.N, size.K, a.Span, b.Span, c.Span);

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (IDisposable one in (IDisposable[])[a, b, c, workers])
            one.Dispose();
    }
}

/// <summary>
/// The other parts of a training step that take time: B 500, I 20,108, H 600, one thread; and the 100 best items of
/// each user.
/// </summary>
public class StepBenchmarks
{
    internal readonly AlignedBuffer logits, hidden, weights, gradient, m, v;
    internal readonly int[] starts, items, best;
    internal readonly float[] ones, loss, bias;

    private readonly ItemIndex index = new();
    private readonly OutputLayer.Cpu.Workspace workspace = new();
    private readonly (int B, int I, int H, int K) size;

    public StepBenchmarks() : this((500, 20_108, 600, 100)) { }

    internal StepBenchmarks((int B, int I, int H, int K) size)
    {
        this.size = size;
        long weightCount = (long)size.I * size.H;
        (logits, hidden) = (Numbers.Normal((long)size.B * size.I), Numbers.Normal((long)size.B * size.H));
        (weights, gradient, m, v) = (
            Numbers.Normal(weightCount), Numbers.Normal(weightCount), new(weightCount), new(weightCount));
        ClickMatrix clicks = Synthetic.PowerLaw(size.I).Clicks(size.B);
        starts = [.. clicks.RowStarts.ToArray().Select(start => (int)start)];
        items = clicks.Items.ToArray();
        ones = [.. items.Select(_ => 1f)];
        (best, loss, bias) = (new int[size.B * size.K], new float[size.B], new float[size.I]);
        index.Build(starts, items, size.I);
    }

    [Benchmark]
    public void LogSoftmaxLoss() =>
        LogSoftmax.Cpu.MultinomialLoss(Workers.One, size.B, size.I, logits.Span, starts, items, ones, 1, loss);

    [Benchmark]
    public void SparseGemmGather() =>
        SparseGemm.Cpu.Gather(Workers.One, size.B, size.H, starts, items, ones, weights.Span, hidden.Span);

    [Benchmark]
    public void SparseGemmScatter() =>
        SparseGemm.Cpu.Scatter(Workers.One, index, size.H, ones, hidden.Span, gradient.Span);

    [Benchmark]
    public void AdamStep() => Adam.Cpu.Step(
        Workers.One, gradient.Span, weights.Span, m.Span, v.Span, new AdamStep(1e-3, 0.9, 0.999, 1e-8, 1, 0));

    [Benchmark]
    public void RankTop100() => OutputLayer.Cpu.Rank(Workers.One, workspace, size.B, size.H, size.I, hidden.Span,
        weights.Span, bias, starts, items, [], size.K, best, []);
}
