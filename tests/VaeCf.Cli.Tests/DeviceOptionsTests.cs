using System.CommandLine;
using VaeCf.Native.Devices;

namespace VaeCf.Cli.Tests;

public class DeviceOptionsTests
{
    private static CommandRun Open(params string[] arguments) => Vaecf.Run(
        (line, context) =>
        {
            var options = new DeviceOptions();
            var root = new RootCommand();
            options.AddTo(root);
            root.SetAction(parsed =>
            {
                using Device device = options.Open(parsed, context);
                context.WriteLine(device.Description);
            });
            return CommandLine.Run(root, line, context);
        }, arguments);

    private static readonly IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(out _);

    [Fact]
    public void The_cpu_computes_by_default()
    {
        Assert.StartsWith("cpu, ", Open().AssertGood().Output);
        Assert.StartsWith("cpu, 1 thread, ", Open("--device", "cpu", "--threads", "1").AssertGood().Output);
    }

    [Fact]
    public void Auto_takes_a_gpu_or_says_why_it_does_not()
    {
        CommandRun run = Open("--device", "auto");
        Assert.Equal(0, run.ExitCode);
        if (gpus.Any(gpu => gpu.Unfit is null))
            Assert.StartsWith("cuda:", run.Output);
        else
        {
            Assert.StartsWith("cpu, ", run.Output);
            Assert.Matches("^(no CUDA|the CUDA|cuda:).*: computing on the CPU\r?\n$", run.Error);
        }
    }

    [Fact]
    public void A_gpu_that_does_not_exist_is_wrong_use_and_one_clear_line() =>
        Open("--device", "cuda:99").AssertWrongUse(gpus.Count == 0 ? "CUDA d" : "no cuda:99: there ");

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:one")]
    [InlineData("CPU")]
    public void Another_word_is_refused(string value) =>
        Open("--device", value).AssertWrongUse($"--device: found '{value}'; expected auto, cpu, cuda or cuda:N");

    [Fact]
    public void Threads_do_not_go_with_a_gpu() =>
        Open("--device", "cuda", "--threads", "2").AssertWrongUse("--threads: found with --device cuda:0");

    [Fact]
    public void A_gpu_is_read_by_its_number()
    {
        Assert.Equal(new DeviceChoice(false, 0), DeviceChoice.Parse("cuda"));
        Assert.Equal(new DeviceChoice(false, 12), DeviceChoice.Parse("cuda:12"));
    }
}
