using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using VaeCf.Native;

namespace VaeCf.Bench;

/// <summary>A handful of kernels under BenchmarkDotNet.</summary>
internal static class KernelVerb
{
    private static readonly string[] tellsOnly = ["--list", "--help", "--info", "--version"];

    public static Command Command()
    {
        var arguments = new Argument<string[]>("ARGUMENTS")
        {
            Description = "After --: arguments of BenchmarkDotNet, such as --filter '*Gemm*'. Without any, all run.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        return Verb.Create("kernels", "A handful of kernels under BenchmarkDotNet; its log goes to standard error.",
            [arguments], parsed => Run(parsed.GetValue(arguments)!));
    }

    public static Type[] Benchmarks { get; } = [typeof(GemmBenchmarks), typeof(StepBenchmarks)];

    /// <summary>Runs in this process: no second project is generated and built.</summary>
    public static IConfig Config =>
        ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance))
            .AddLogger(new StreamLogger(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true }))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "vaecf-bench-artifacts"));

    private static Report Run(string[] arguments)
    {
        // Without a filter BenchmarkDotNet would ask on the console until it gets an answer.
        bool filtered = arguments.Any(word => word is "--filter" or "-f");
        BenchmarkReport[] measured = [.. BenchmarkSwitcher.FromTypes(Benchmarks)
            .Run(filtered ? arguments : [.. arguments, "--filter", "*"], Config)
            .SelectMany(summary => summary.Reports)];
        if (measured.Length == 0 && !arguments.Any(tellsOnly.Contains))
            throw new InputException($"kernels: no benchmark ran for '{string.Join(' ', arguments)}'; expected "
                + "arguments of BenchmarkDotNet that select one");
        var report = new Report("Kernels under BenchmarkDotNet", $"1 and {Environment.ProcessorCount}");
        Table table = report.Add(new Table("benchmarks", "Benchmarks", new("benchmark", "benchmark"),
            new("parameters", "parameters"), new("medianMs", "median ms"), new("bestMs", "best ms"),
            new("standardDeviationMs", "standard deviation ms"), new("runs", "runs")));
        foreach (BenchmarkReport one in measured)
            if (one.ResultStatistics is { } ns)
                table.Add(
                    $"{one.BenchmarkCase.Descriptor.Type.Name}.{one.BenchmarkCase.Descriptor.WorkloadMethod.Name}",
                    string.Join(", ", one.BenchmarkCase.Parameters.Items.Select(parameter => parameter.Value)),
                    ns.Median / 1e6, ns.Min / 1e6, ns.StandardDeviation / 1e6, ns.N);
        return report;
    }
}
