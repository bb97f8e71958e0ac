using System.Globalization;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>The same training step in PyTorch, where a python3 of the path has it.</summary>
internal static class PyTorch
{
    /// <summary>Median milliseconds and what ran; null if there is no PyTorch, or none for a GPU.</summary>
    public static (double MedianMs, double BestMs, string Version)? Step(
        int batch, int items, int threads, int steps, bool onGpu = false, bool sparse = false)
    {
        string? python = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "python3"))
            .FirstOrDefault(path => File.Exists(path) && Child.Succeeds(path, "-c",
                onGpu ? "import torch, numpy; assert torch.cuda.is_available()" : "import torch, numpy"));
        if (python is null)
            return null;
        int[] sizes = [batch, items, threads, steps];
        JsonElement answer = Child.Run(python, [Path.Combine(AppContext.BaseDirectory, "peers", "pytorch_step.py"),
            .. sizes.Select(size => size.ToString(CultureInfo.InvariantCulture)),
            onGpu ? "cuda" : "cpu", sparse ? "sparse" : "dense"]);
        return (answer.GetProperty("medianMs").GetDouble(), answer.GetProperty("bestMs").GetDouble(),
            answer.GetProperty("torch").GetString()!);
    }
}
