using System.Diagnostics;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// A run written down as it goes: one JSON object a line for each epoch, on the disk before the next begins.
/// </summary>
internal sealed class RunLog(string path) : IDisposable
{
    private readonly StreamWriter writer = new(path) { AutoFlush = true };
    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <summary>Writes a line if an epoch has just ended.</summary>
    /// <param name="phase"><c>search</c> or <c>train</c>.</param>
    /// <param name="progress">Where the run stands.</param>
    public void Add(string phase, FitProgress progress)
    {
        if (progress.Finished is not { } epoch)
            return;
        writer.WriteLine(JsonText.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("phase", phase);
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteNumber("step", progress.Step);
            foreach ((string name, double value) in epoch.Measures)
                json.WriteNumber(name, value);
            json.WriteNumber("users_per_second", progress.UsersPerSecond);
            json.WriteNumberOrNull($"validation_ndcg@{FitRun.ValidationCutoff}", epoch.ValidationNdcg);
            json.WriteNumber("seconds", clock.Elapsed.TotalSeconds);
            json.WriteEndObject();
        }, indented: false));
    }

    public void Dispose() => writer.Dispose();
}
