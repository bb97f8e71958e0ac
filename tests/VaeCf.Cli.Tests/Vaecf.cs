using System.Diagnostics;

namespace VaeCf.Cli.Tests;

/// <summary>What a run of the command printed and returned.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>
    /// Asserts that it ended as wrong use must: code 2, nothing on standard output, one clear line and no stack trace.
    /// </summary>
    public void AssertWrongUse(string message)
    {
        Assert.StartsWith("error: ", Error);
        AssertWrongUseAfterText(message);
    }

    /// <summary>
    /// As <see cref="AssertWrongUse"/>, where it became clear late: other text stands before the error.
    /// </summary>
    public void AssertWrongUseAfterText(string message)
    {
        Assert.Contains(message, Error[Error.IndexOf("error: ", StringComparison.Ordinal)..]);
        Assert.DoesNotContain("   at ", Error);
        Assert.DoesNotContain("Exception", Error);
        Assert.Equal("", Output);
        Assert.Equal(2, ExitCode);
    }

    /// <summary>Asserts that it ended well and printed plain text.</summary>
    public CommandRun AssertGood()
    {
        Assert.Equal("", Error);
        Assert.DoesNotContain('\e', Output);
        Assert.Equal(0, ExitCode);
        return this;
    }
}

/// <summary>Runs the command, in this process or in its own.</summary>
internal static class Vaecf
{
    public static CommandRun Run(params string[] arguments) => Run(CommandLine.Run, arguments);

    public static CommandRun Run(
        Func<IReadOnlyList<string>, CommandContext, int> run, string[] arguments, CancellationToken stop = default)
    {
        using StringWriter output = new(), error = new();
        int code = run(arguments, new CommandContext(CommandContext.CreateConsole(output, false),
            CommandContext.CreateConsole(error, false), stop));
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The command as a program for <c>dotnet</c>.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "vaecf.dll");

    /// <summary>A process that signals end, even where the shell that runs the tests ignores some.</summary>
    public static ProcessStartInfo Interruptible(params string[] arguments) => new(
        OperatingSystem.IsLinux() ? "env" : "dotnet",
        [.. OperatingSystem.IsLinux() ? ["--default-signal=INT,HUP,TERM", "dotnet"] : (string[])[], Program,
            .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    public static CommandRun RunProcess(params string[] arguments) => RunProcess(arguments, []);

    public static CommandRun RunProcess(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return RunProcess(start);
    }

    public static CommandRun RunProcess(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output, error.Result);
    }
}
