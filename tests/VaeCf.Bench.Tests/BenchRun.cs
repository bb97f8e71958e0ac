using System.Diagnostics;
using System.Text;
using System.Text.Json;

// One verb at a time: each uses all processors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace VaeCf.Bench.Tests;

/// <summary>A run of the bench in a process of its own, with a time limit: what it printed and returned.</summary>
internal sealed record BenchRun(string Command, int ExitCode, string Output, string Error)
{
    // A verb takes a second or two at the sizes of these tests, and a minute where ten programs share two cores.
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(5);

    public static BenchRun Of(params string[] arguments) => Of(limit, arguments);

    public static BenchRun Of(TimeSpan limit, string[] arguments)
    {
        string command = string.Join(' ', ["bench", .. arguments]);
        using Process process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, [typeof(Verbs).Assembly.Location, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // As soon as it can; and without the peers of the path, of which nobody knows how long they take.
                Environment = { ["DOTNET_TieredCompilation"] = "1", ["PATH"] = "" },
            })!;
        process.StandardInput.Close();
        (Thread Thread, StringBuilder Text) output = Collect(process.StandardOutput),
            error = Collect(process.StandardError);
        // The streams end with the process, or with the last of its own that holds them.
        long begin = Stopwatch.GetTimestamp();
        TimeSpan Left() =>
            TimeSpan.FromMilliseconds(Math.Max(0, (limit - Stopwatch.GetElapsedTime(begin)).TotalMilliseconds));
        bool ended = process.WaitForExit(Left()) && output.Thread.Join(Left()) && error.Thread.Join(Left());
        if (!ended)
            process.Kill(entireProcessTree: true);
        lock (output.Text)
            lock (error.Text)
            {
                Assert.True(ended,
                    $"{command} did not end within {limit.TotalSeconds} s. It printed:\n{output.Text}\n{error.Text}");
                return new BenchRun(command, process.ExitCode, output.Text.ToString(), error.Text.ToString());
            }
    }

    /// <summary>The JSON that it printed and nothing else.</summary>
    public JsonElement Json()
    {
        Assert.True(ExitCode == 0, $"{Command} returned {ExitCode}: {Error}");
        return JsonDocument.Parse(Output).RootElement;
    }

    // A thread for each stream: neither waits for the other, nor for a thread of the pool.
    private static (Thread, StringBuilder) Collect(StreamReader stream)
    {
        var text = new StringBuilder();
        var thread = new Thread(() =>
        {
            var buffer = new char[4096];
            for (int length = stream.Read(buffer); length > 0; length = stream.Read(buffer))
                lock (text)
                    text.Append(buffer, 0, length);
        })
        { IsBackground = true };
        thread.Start();
        return (thread, text);
    }
}
