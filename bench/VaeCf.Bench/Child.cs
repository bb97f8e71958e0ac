using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>Numbers that a case found, by name.</summary>
internal sealed class Answer
{
    private readonly Dictionary<string, object?> values = [];

    public double this[string key] { set => values[key] = value; }

    public string Json()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach ((string key, object? value) in values)
                Report.WriteJson(json, key, value);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

/// <summary>Runs programs and reads the line of JSON they end with.</summary>
internal static class Child
{
    /// <summary>Runs a hidden verb of the bench in a process of its own.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds its output.</exception>
    public static JsonElement Bench(params string[] arguments) => Run(Environment.ProcessPath!, Self(arguments));

    /// <summary>Runs a verb of the bench in a process of its own, compiled as this one is.</summary>
    public static (int Code, string Error) Verb(params string[] arguments)
    {
        (int code, _, string error) = Start(Environment.ProcessPath!, Self(arguments), isTiered: false);
        return (code, error);
    }

    private static string[] Self(string[] arguments) =>
        isHost ? [typeof(Child).Assembly.Location, .. arguments] : arguments;

    // This process is either dotnet, given the bench as its program, or the bench's own executable.
    private static readonly bool isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";

    public static JsonElement Run(string program, IEnumerable<string> arguments)
    {
        (int code, string output, string error) = Start(program, arguments);
        return code == 0
            ? JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with code {code}: {error}");
    }

    /// <summary>Whether a program ends well.</summary>
    public static bool Succeeds(string program, params string[] arguments) => Start(program, arguments).Code == 0;

    private static (int Code, string Output, string Error) Start(string program, IEnumerable<string> arguments,
        bool isTiered = true)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (isTiered)
            start.Environment["DOTNET_TieredCompilation"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
