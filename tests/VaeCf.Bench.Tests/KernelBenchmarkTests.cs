using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using VaeCf.Kernels;

namespace VaeCf.Bench.Tests;

/// <summary>What BenchmarkDotNet would run, and that each benchmark computes what its name says.</summary>
public class KernelBenchmarkTests
{
    private static readonly (int B, int I, int H, int K) size = (5, 67, 13, 7);

    private static double[] Doubles(ReadOnlySpan<float> values) =>
        Array.ConvertAll(values.ToArray(), value => (double)value);

    private static double[] Normal(int length)
    {
        using Kernels.Common.AlignedBuffer values = Numbers.Normal(length);
        return Doubles(values.Span);
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        double[] found = Doubles(actual);
        Assert.Equal(expected.Length, found.Length);
        double difference = expected.Zip(found, (x, y) => (x - y) * (x - y)).Sum(), norm = expected.Sum(x => x * x);
        Assert.True(norm > 0 && Math.Sqrt(difference / norm) < 1e-5, $"relative error {Math.Sqrt(difference / norm)}");
    }

    [Fact]
    public void All_benchmarks_run_in_this_process_with_their_full_sizes()
    {
        BenchmarkCase[] cases = [.. KernelVerb.Benchmarks.SelectMany(type =>
            BenchmarkConverter.TypeToBenchmarks(type, KernelVerb.Config).BenchmarksCases)];
        Assert.Equal(2 * 5 + 5, cases.Length);
        Assert.All(cases, one => Assert.IsType<InProcessEmitToolchain>(one.Job.Infrastructure.Toolchain));
        Assert.Equal(5, cases.Count(one => one.Descriptor.WorkloadMethod.Name == nameof(GemmBenchmarks.AllThreads)
            && one.Parameters[nameof(GemmBenchmarks.Shape)] is string));
        Assert.StartsWith(Path.GetTempPath(), KernelVerb.Config.ArtifactsPath);
    }

    [Theory]
    [InlineData("7x13x5 None", Transpose.None)]
    [InlineData("7x13x5 A", Transpose.A)]
    [InlineData("1x67x5 B", Transpose.B)]
    public void The_products_are_those_of_their_shape(string shape, Transpose transpose)
    {
        int[] sizes = [.. shape.Split(' ')[0].Split('x').Select(int.Parse)];
        var expected = new double[sizes[0] * sizes[1]];
        Gemm.Reference.Multiply(transpose, sizes[0], sizes[1], sizes[2], Normal(sizes[0] * sizes[2]),
            Normal(sizes[2] * sizes[1]), expected);
        foreach (
            Action<GemmBenchmarks> run in (Action<GemmBenchmarks>[])[one => one.OneThread(), one => one.AllThreads()])
        {
            var benchmarks = new GemmBenchmarks { Shape = shape };
            benchmarks.Setup();
            run(benchmarks);
            AssertClose(expected, benchmarks.Product);
            benchmarks.Cleanup();
        }
    }

    [Fact]
    public void LogSoftmaxLoss_gives_the_multinomial_loss_and_its_gradient()
    {
        var benchmarks = new StepBenchmarks(size);
        double[] logits = Doubles(benchmarks.logits.Span), loss = new double[size.B];
        LogSoftmax.Reference.MultinomialLoss(
            size.B, size.I, logits, benchmarks.starts, benchmarks.items, Doubles(benchmarks.ones), 1, loss);
        benchmarks.LogSoftmaxLoss();
        AssertClose(loss, benchmarks.loss);
        AssertClose(logits, benchmarks.logits.Span);
    }

    [Fact]
    public void SparseGemmGather_adds_up_the_rows_of_the_clicked_items()
    {
        var benchmarks = new StepBenchmarks(size);
        var expected = new double[size.B * size.H];
        SparseGemm.Reference.Gather(size.B, size.H, benchmarks.starts, benchmarks.items, Doubles(benchmarks.ones),
            Doubles(benchmarks.weights.Span), expected);
        benchmarks.SparseGemmGather();
        AssertClose(expected, benchmarks.hidden.Span);
    }

    [Fact]
    public void SparseGemmScatter_gives_the_gradient_of_the_gather()
    {
        var benchmarks = new StepBenchmarks(size);
        var expected = new double[size.I * size.H];
        SparseGemm.Reference.Scatter(size.B, size.H, benchmarks.starts, benchmarks.items, Doubles(benchmarks.ones),
            Doubles(benchmarks.hidden.Span), expected);
        benchmarks.SparseGemmScatter();
        AssertClose(expected, benchmarks.gradient.Span);
    }

    [Fact]
    public void AdamStep_updates_the_weights()
    {
        var benchmarks = new StepBenchmarks(size);
        double[] weights = Doubles(benchmarks.weights.Span), m = new double[weights.Length],
            v = new double[weights.Length];
        Adam.Reference.Step(Doubles(benchmarks.gradient.Span), weights, m, v,
            new AdamStep(1e-3, 0.9, 0.999, 1e-8, 1, 0));
        benchmarks.AdamStep();
        AssertClose(weights, benchmarks.weights.Span);
        AssertClose(m, benchmarks.m.Span);
        AssertClose(v, benchmarks.v.Span);
    }

    [Fact]
    public void RankTop100_lists_the_best_items_that_were_not_clicked()
    {
        var benchmarks = new StepBenchmarks(size);
        var expected = new int[size.B * size.K];
        OutputLayer.Reference.Rank(size.B, size.H, size.I, Doubles(benchmarks.hidden.Span),
            Doubles(benchmarks.weights.Span), Doubles(benchmarks.bias), benchmarks.starts, benchmarks.items, [], size.K,
            expected, []);
        benchmarks.RankTop100();
        Assert.Equal(expected, benchmarks.best);
    }
}
