using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace VaeCf.Bench;

/// <summary>A handful of kernels under BenchmarkDotNet.</summary>
internal static class KernelVerb
{
    public static Command Command()
    {
        var arguments = new Argument<string[]>("ARGUMENTS") { Description = "After --: arguments of BenchmarkDotNet, such as --filter '*Gemm*'. Without any, all run.", Arity = ArgumentArity.ZeroOrMore };
        return Verb.Create("kernels", "A handful of kernels under BenchmarkDotNet; its log goes to standard error.", [arguments], parsed => Run(parsed.GetValue(arguments)!));
    }

    private static Report Run(string[] arguments)
    {
        // In this process: no second project is generated and built.
        IConfig config = ManualConfig.CreateEmpty().AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)).AddLogger(new StreamLogger(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true }))
            .AddColumnProvider(DefaultColumnProviders.Instance).WithArtifactsPath(Path.Combine(Path.GetTempPath(), "vaecf-bench-artifacts"));
        IEnumerable<Summary> summaries = BenchmarkSwitcher.FromTypes([typeof(GemmBenchmarks), typeof(StepBenchmarks)]).Run(arguments.Length > 0 ? arguments : ["--filter", "*"], config);
        var report = new Report("Kernels under BenchmarkDotNet", $"1 and {Environment.ProcessorCount}");
        Table table = report.Add(new Table("benchmarks", "Benchmarks", new("benchmark", "benchmark"), new("parameters", "parameters"), new("medianMs", "median ms"), new("bestMs", "best ms"), new("standardDeviationMs", "standard deviation ms"), new("runs", "runs")));
        foreach (BenchmarkReport one in summaries.SelectMany(summary => summary.Reports))
            if (one.ResultStatistics is { } ns)
                table.Add($"{one.BenchmarkCase.Descriptor.Type.Name}.{one.BenchmarkCase.Descriptor.WorkloadMethod.Name}", string.Join(", ", one.BenchmarkCase.Parameters.Items.Select(parameter => parameter.Value)),
                    ns.Median / 1e6, ns.Min / 1e6, ns.StandardDeviation / 1e6, ns.N);
        return report;
    }
}
