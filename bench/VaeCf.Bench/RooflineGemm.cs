using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Bench;

/// <summary>
/// The dense products: those of a training step, those of a prediction, and odd sizes; beside OpenBLAS.
/// </summary>
internal static unsafe class RooflineGemm
{
    public sealed record Shape(string Name, Transpose Transpose, int M, int N, int K)
    {
        public double Gflop => 2.0 * M * N * K / 1e9;
    }

    public static IEnumerable<Shape> Of(Shapes s) =>
    [
        .. Layer("output layer", s.B, s.H, s.I),
        .. Layer("head", s.B, s.H, 2 * s.Z),
        .. Layer("first decoder layer", s.B, s.Z, s.H),
        .. new[] { 1, 4, 16 }.Select(users => new Shape($"prediction, {users} users", Transpose.B, users, s.I, s.H)),
        new("odd", Transpose.None, s.B - 1, s.H + 1, s.Z - 1), new("odd, A transposed", Transpose.A, s.H + 1, s.B + 1,
            s.Z + 3), new("odd, B transposed", Transpose.B, s.B + 1, s.H - 1, s.Z + 1),
    ];

    public static Table NewTable() => new("gemm", "Gemm", new("product", "product"), new("shape", "M x N x K"),
        new("transposed", "transposed"), new("threads", "threads"), new("medianMs", "median ms"),
        new("gflops", "GFLOP/s"), new("ceilingGflops", "ceiling GFLOP/s"), new("ceilingPercent", "% of ceiling"),
        new("bestGflops", "best GFLOP/s"), new("openBlasGflops", "OpenBLAS GFLOP/s"),
        new("openBlasRatio", "ours / OpenBLAS"), new("lineNs", "line between threads, ns"));

    /// <summary>Times of the product, of nothing but its multiply-adds, and of OpenBLAS's, in turns.</summary>
    public static Times[] Time(Shape shape, Workers workers, int budget)
    {
        (_, Transpose transpose, int m, int n, int k) = shape;
        using AlignedBuffer a = Numbers.Normal((long)m * k), b = Numbers.Normal((long)k * n), c = new((long)m * n);
        List<Action> works = [() => Gemm.Cpu.Multiply(workers, transpose, m, n, k, a.Span, b.Span, c.Span),
            Ceiling.MultiplyAdds(workers, shape.Gflop)];
        if (OpenBlas.Description is not null)
            works.Add(() => OpenBlas.Multiply(workers.Count, transpose, m, n, k, a.Pointer, b.Pointer, c.Pointer));
        return Measure.Compare(budget, [.. works], rounds: 1);
    }

    public static void Fill(Table table, Shape shape, int threads, Times[] times, Times? line)
    {
        (Times ours, Times ceiling, Times? blas) = (times[0], times[1], times.ElementAtOrDefault(2));
        table.Add(shape.Name, $"{shape.M} x {shape.N} x {shape.K}", $"{shape.Transpose}", threads, ours.Median,
            shape.Gflop / ours.Median * 1e3, shape.Gflop / ceiling.Median * 1e3, ceiling.Median / ours.Median * 100,
            shape.Gflop / ours.Best * 1e3, shape.Gflop / blas?.Median * 1e3, blas?.Median / ours.Median,
            line?.Median * 1e6);
    }

    // y = x W^T for W [outputs, inputs], as a layer holds it; dx = dy W; dW = dy^T x.
    private static IEnumerable<Shape> Layer(string name, int batch, int inputs, int outputs) =>
    [
        new($"{name}, forward", Transpose.B, batch, outputs, inputs),
        new($"{name}, gradient of its input", Transpose.None, batch, inputs, outputs),
        new($"{name}, gradient of its weights", Transpose.A, outputs, inputs, batch),
    ];
}
