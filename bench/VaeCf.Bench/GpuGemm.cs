using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>
/// Dense products on a GPU, timed by its events: the ladder's rungs, and those of a training step beside cuBLAS.
/// </summary>
internal static class GpuGemm
{
    // A rung's product may differ from the first rung's by the rounding of the numbers that it multiplies.
    private const double Tolerance = 1e-5, Tf32Tolerance = 1e-3, Bf16Tolerance = 4e-3;

    private sealed record Rung(string Name, string Idea, double Tolerance, Action Run);

    /// <summary>C = A B by each rung.</summary>
    public static Report Ladder(BenchDevice device, int m, int n, int k, int budget)
    {
        CudaContext gpu = device.Gpu!.Context;
        using var operands = new Operands(device.Gpu, Transpose.None, m, n, k);
        using CuBlas? blas = CuBlas.IsInstalled ? new CuBlas(gpu) : null;
        CudaArgument[] arguments = [operands.A.View, operands.B.View, operands.C.View, m, n, k];
        static int Cover(int length, int tile) => (length + tile - 1) / tile;
        Action Plain(string kernel, CudaDim grid, CudaDim block) => () => gpu.Launch(kernel, grid, block, arguments);
        Action Whole(string kernel) => () => gpu.Launch(kernel, new(Cover(n, GemmLaunch.TileSide),
            Cover(m, GemmLaunch.TileSide)), new(GemmLaunch.TileThreads), [.. arguments, k, 0]);
        List<Rung> rungs =
        [
            new("Gemm_Naive", "a thread an element of C", Tolerance,
                Plain("Gemm_Naive", new(Cover(m, 16), Cover(n, 16)), new(16, 16))),
            new("Gemm_Coalesced", "neighbouring threads read neighbouring numbers", Tolerance,
                Plain("Gemm_Coalesced", new(Cover(n, 32), Cover(m, 8)), new(32, 8))),
            new("Gemm_SharedTile", "tiles of A and B are shared by a block", Tolerance,
                Plain("Gemm_SharedTile", new(Cover(n, GemmLaunch.SharedSide), Cover(m, GemmLaunch.SharedSide)),
                    new(GemmLaunch.SharedSide, GemmLaunch.SharedSide))),
            new("Gemm_RegisterTile", "8 x 16 elements of C in a thread's registers",
                Tolerance, Plain("Gemm_RegisterTile", new(Cover(n, GemmLaunch.TileSide), Cover(m, GemmLaunch.TileSide)),
                    new(GemmLaunch.TileThreads))),
            new("Gemm_None", "the next tile is on its way while this one is used", Tolerance, Whole("Gemm_None")),
            new("Gemm_NoneTf32", "tensor cores, TF32", Tf32Tolerance, Whole("Gemm_NoneTf32")),
            new("Gemm_NoneBf16", "tensor cores, bf16", Bf16Tolerance, Whole("Gemm_NoneBf16")),
        ];
        if (blas is not null)
        {
            rungs.Add(new("cuBLAS", "its single precision", Tolerance, () => operands.Blas(blas, tf32: false)));
            rungs.Add(new("cuBLAS TF32", "its tensor cores", Tf32Tolerance, () => operands.Blas(blas, tf32: true)));
        }

        double peak = BenchDevice.Peak(device.Gpu!.Context);
        Report report = Head("Ladder: Gemm on a GPU", device, peak);
        report.Fact("shape", "C = A B, M x N x K", $"{m} x {n} x {k}");
        Table table = report.Add(new Table("rungs", "Rungs",
            new("rung", "rung"), new("idea", "what is new"), new("medianMs", "median ms"), new("bestMs", "best ms"),
            new("gflops", "GFLOP/s"), new("timesFirst", "x naive"), new("peakPercent", "% of single-precision peak"),
            new("error", "relative error"), new("registers", "registers"), new("localBytes", "local bytes")));
        float[]? expected = null;
        double first = 0;
        List<Bar> bars = [];
        foreach (Rung rung in rungs)
        {
            Times times = Measure.OnGpu(gpu, budget, rung.Run);
            float[] actual = operands.Read();
            expected ??= actual;
            double error = Numbers.RelativeError(expected, actual), rate = 2.0 * m * n * k / times.Median / 1e6;
            if (!(error <= rung.Tolerance))
                throw new InvalidOperationException(
                    $"{rung.Name} differs from the first rung by {error}; expected at most {rung.Tolerance}");
            first = first == 0 ? rate : first;
            bool ours = rung.Name.StartsWith("Gemm_", StringComparison.Ordinal);
            table.Add(rung.Name, rung.Idea, times.Median, times.Best, rate, rate / first, rate / peak * 100, error,
                ours ? gpu.Attribute(rung.Name, CudaFunctionAttribute.RegisterCount) : null,
                    ours ? gpu.Attribute(rung.Name, CudaFunctionAttribute.LocalSizeBytes) : null);
            bars.Add(new(rung.Name, rate, FormattableString.Invariant($"{rate:F0}, {rate / first:F1} x naive"), ours));
        }
        report.Chart = new BarChart(
            "A dense product on a GPU, GFLOP/s", $"{m} x {n} x {k}, {device.Gpu.Context.Gpu.Name}; more is better",
            bars, (peak, $"single-precision peak: {peak:F0}"));
        return report;
    }

    /// <summary>The products of a training step and of a prediction, in each precision, beside cuBLAS.</summary>
    public static Report Roofline(BenchDevice device, Shapes shapes, int budget)
    {
        CudaContext gpu = device.Gpu!.Context;
        double peak = BenchDevice.Peak(gpu);
        using CuBlas? blas = CuBlas.IsInstalled ? new CuBlas(gpu) : null;
        Report report = Head("Roofline of a GPU", device, peak);
        report.Fact("cuBlas", "cuBLAS", blas is null ? null : "installed");
        Table table = report.Add(new Table("gemm", "Gemm", new("product", "product"), new("shape", "M x N x K"),
            new("transposed", "transposed"), new("medianMs", "median ms"), new("gflops", "GFLOP/s"),
            new("peakPercent", "% of single-precision peak"), new("cuBlasGflops", "cuBLAS GFLOP/s"),
            new("cuBlasTf32Gflops", "cuBLAS TF32 GFLOP/s"), new("cuBlasRatio", "ours / cuBLAS of its kind")));
        foreach (RooflineGemm.Shape shape in RooflineGemm.Of(shapes))
        {
            using var operands = new Operands(device.Gpu, shape.Transpose, shape.M, shape.N, shape.K);
            double rate = Rate(
                () => device.Gpu.Gemm(shape.Transpose, operands.A, operands.B, operands.C), out double median);
            double? single = blas is null ? null : Rate(() => operands.Blas(blas, tf32: false), out _);
            double? tf32 = blas is null ? null : Rate(() => operands.Blas(blas, tf32: true), out _);
            double? ratio = device.Gpu.Products switch
            {
                ProductPrecision.Single => rate / single,
                ProductPrecision.Tf32 => rate / tf32,
                _ => null,
            };
            table.Add(shape.Name, $"{shape.M} x {shape.N} x {shape.K}", $"{shape.Transpose}", median, rate,
                rate / peak * 100, single, tf32, ratio);

            double Rate(Action work, out double milliseconds)
            {
                milliseconds = Measure.OnGpu(gpu, budget, work).Median;
                return shape.Gflop / milliseconds * 1e3;
            }
        }
        return report;
    }

    private static Report Head(string title, BenchDevice device, double peak)
    {
        var report = new Report(title, "a GPU's");
        report.Fact("device", "Device", device.Device.Description);
        report.Fact("peakGflops", "Single-precision peak: lanes x 2 x highest clock", peak, "GFLOP/s");
        report.Fact("bandwidth", "Memory's peak: bus x 2 x highest clock", BenchDevice.Bandwidth(device.Gpu!.Context),
            "GB/s");
        return report;
    }

    /// <summary>A, B and C on a GPU.</summary>
    private sealed class Operands : IDisposable
    {
        private readonly CudaCompute gpu;
        private readonly Transpose transpose;
        private readonly (int M, int N, int K) sizes;

        public Operands(CudaCompute gpu, Transpose transpose, int m, int n, int k)
        {
            (this.gpu, this.transpose, sizes) = (gpu, transpose, (m, n, k));
            A = transpose == Transpose.A ? Normal(k, m) : Normal(m, k);
            B = transpose == Transpose.B ? Normal(n, k) : Normal(k, n);
            C = (CudaTensor)gpu.Allocate(m, n);
        }

        public CudaTensor A { get; }
        public CudaTensor B { get; }
        public CudaTensor C { get; }

        public void Blas(CuBlas blas, bool tf32) =>
            blas.Multiply(tf32, transpose, sizes.M, sizes.N, sizes.K, A.View, B.View, C.View);

        public float[] Read()
        {
            var values = new float[C.Length];
            gpu.Read(C, values);
            return values;
        }

        private CudaTensor Normal(int rows, int columns)
        {
            var tensor = (CudaTensor)gpu.Allocate(rows, columns);
            using AlignedBuffer values = Numbers.Normal((long)rows * columns);
            gpu.Write(values.Span, tensor);
            return tensor;
        }

        public void Dispose()
        {
            A.Dispose();
            B.Dispose();
            C.Dispose();
        }
    }
}
