using System.Globalization;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>The same training step in PyTorch, where python3 has it.</summary>
internal static class PyTorch
{
    /// <summary>Median milliseconds and what ran; null where there is no PyTorch.</summary>
    public static (double MedianMs, double BestMs, string Version)? Step(int batch, int items, int threads, int steps)
    {
        if (!Child.Succeeds("python3", "-c", "import torch, numpy"))
            return null;
        int[] sizes = [batch, items, threads, steps];
        JsonElement answer = Child.Run("python3", [Path.Combine(AppContext.BaseDirectory, "peers", "pytorch_step.py"), .. sizes.Select(size => size.ToString(CultureInfo.InvariantCulture))]);
        return (answer.GetProperty("medianMs").GetDouble(), answer.GetProperty("bestMs").GetDouble(), answer.GetProperty("torch").GetString()!);
    }
}
