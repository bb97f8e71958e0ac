using VaeCf.Native.Devices;

namespace VaeCf.Bench;

/// <summary>The same training step in PyTorch, where a python3 of the path has it.</summary>
internal static class PyTorch
{
    /// <summary>How it is run on a CPU or on a GPU; the first is as public implementations have it.</summary>
    public static IReadOnlyList<string> Modes(bool onGpu) =>
        onGpu ? ["dense", "sparse", "bag", "compiled", "graph"] : ["dense", "sparse", "bag"];

    /// <summary>
    /// Median milliseconds and what ran; null if there is no PyTorch, or none for a GPU, or it lacks the mode.
    /// </summary>
    public static (double MedianMs, double BestMs, string Version)? Step(int batch, int items, int threads, int steps,
        bool onGpu = false, string mode = "dense", ProductPrecision precision = ProductPrecision.Single)
    {
        string needs = !onGpu ? "" : "; assert torch.cuda.is_available()"
            + (mode == "compiled" ? "; assert hasattr(torch, 'compile')" : "");
        return Python.Run("import torch, numpy" + needs, "pytorch_step.py", batch, items, threads, steps,
            onGpu ? "cuda" : "cpu", mode, $"{precision}".ToLowerInvariant()) is { } answer
            ? (answer.GetProperty("medianMs").GetDouble(), answer.GetProperty("bestMs").GetDouble(),
                answer.GetProperty("torch").GetString()!)
            : null;
    }
}
