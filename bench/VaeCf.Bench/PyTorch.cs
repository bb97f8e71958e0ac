namespace VaeCf.Bench;

/// <summary>The same training step in PyTorch, where a python3 of the path has it.</summary>
internal static class PyTorch
{
    /// <summary>Median milliseconds and what ran; null if there is no PyTorch, or none for a GPU.</summary>
    public static (double MedianMs, double BestMs, string Version)? Step(
        int batch, int items, int threads, int steps, bool onGpu = false, bool sparse = false) =>
        Python.Run(onGpu ? "import torch, numpy; assert torch.cuda.is_available()" : "import torch, numpy",
            "pytorch_step.py", batch, items, threads, steps, onGpu ? "cuda" : "cpu", sparse ? "sparse" : "dense")
            is { } answer
            ? (answer.GetProperty("medianMs").GetDouble(), answer.GetProperty("bestMs").GetDouble(),
                answer.GetProperty("torch").GetString()!)
            : null;
}
