using System.CommandLine;
using System.Globalization;
using VaeCf.Native.Devices;

namespace VaeCf.Cli;

/// <summary>What <c>--device</c> names: the CPU, a GPU, or a GPU if one can be used.</summary>
internal sealed record DeviceChoice(bool IsAuto, int? Gpu)
{
    private const string Cuda = "cuda", Numbered = "cuda:";

    /// <summary>Reads <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; null for anything else.</summary>
    public static DeviceChoice? Parse(string text) => text switch
    {
        "auto" => new DeviceChoice(true, null),
        "cpu" => new DeviceChoice(false, null),
        Cuda => new DeviceChoice(false, 0),
        _ when text.StartsWith(Numbered, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Numbered.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int gpu)
            => new DeviceChoice(false, gpu),
        _ => null,
    };

    public override string ToString() => IsAuto ? "auto" : Gpu is null ? "cpu" : $"{Numbered}{Gpu}";
}

/// <summary>
/// The options that say what computes: <c>--device</c>, <c>--threads</c> for the CPU and <c>--products</c> for a GPU.
/// </summary>
internal sealed class DeviceOptions
{
    private readonly Option<int> threads = Options.Threads();
    private readonly Option<DeviceChoice> device = new("--device")
    {
        Description = "What computes: the CPU, an NVIDIA GPU (cuda:0 by default), or, with auto, a GPU if one can be "
            + "used and the CPU otherwise.",
        HelpName = "auto|cpu|cuda|cuda:N",
        DefaultValueFactory = _ => new DeviceChoice(false, null),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            DeviceChoice? choice = DeviceChoice.Parse(text);
            if (choice is null)
                result.AddError($"--device: found '{text}'; expected auto, cpu, cuda or cuda:N");
            return choice;
        },
    };

    private readonly Option<ProductPrecision> products = Options.Choice<ProductPrecision>("--products",
        "How a GPU multiplies matrices: in single precision, as the CPU does, or rounded for its tensor cores.");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(device);
        command.Options.Add(threads);
        command.Options.Add(products);
    }

    /// <summary>The CPU's threads; null where another device may compute.</summary>
    public int? CpuThreads(ParseResult parsed) =>
        parsed.GetValue(device) is { IsAuto: false, Gpu: null } ? parsed.GetValue(threads) : null;

    /// <summary>Opens the device; if <c>auto</c> finds no GPU, says so.</summary>
    /// <exception cref="DeviceException">The GPU does not exist or cannot be used.</exception>
    public Device Open(ParseResult parsed, CommandContext context)
    {
        DeviceChoice choice = parsed.GetValue(device)!;
        if (choice.Gpu is int gpu)
        {
            Options.Refuse(parsed, $"--device {choice}, which has threads of its own", threads);
            return Device.Cuda(gpu, parsed.GetValue(products));
        }
        Options.Refuse(parsed, $"--device {choice}; expected it with --device cuda only", products);
        if (!choice.IsAuto)
            return Device.Cpu(parsed.GetValue(threads));
        Device opened = Device.Auto(out string? fallback, parsed.GetValue(threads));
        if (fallback is not null)
            context.WriteErrorLine($"{fallback}: computing on the CPU");
        return opened;
    }
}
