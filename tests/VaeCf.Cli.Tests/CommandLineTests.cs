using System.CommandLine;
using System.Diagnostics;
using VaeCf.Native;

namespace VaeCf.Cli.Tests;

public class CommandLineTests
{
    private static CommandRun Throwing(Exception failure, CancellationToken stop = default) => Vaecf.Run(
        (arguments, context) =>
        {
            var root = new RootCommand();
            root.SetAction((Func<ParseResult, int>)(_ => throw failure));
            return CommandLine.Run(root, arguments, context);
        }, [], stop);

    [Theory]
    [InlineData("trian", "'trian'")]
    [InlineData("", "command")]
    [InlineData("info --colour", "'--colour'")]
    [InlineData("info more", "'more'")]
    public void Wrong_use_gives_2_and_names_what_is_wrong(string line, string message) =>
        Vaecf.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).AssertWrongUse(message);

    [Fact]
    public void Wrong_use_points_to_the_help_of_its_command() =>
        Assert.EndsWith($"Run 'vaecf info --help' for usage.{Environment.NewLine}",
            Vaecf.Run("info", "--colour").Error);

    [Theory]
    [InlineData("trian", "train")]
    [InlineData("info --jsno", "--json")]
    public void What_is_nearest_to_a_mistyped_name_is_named(string line, string name) =>
        Assert.Matches($@"Did you mean one of the following\?\r?\n{name}\r?\n", Vaecf.Run(line.Split(' ')).Error);

    [Fact]
    public void Help_lists_the_commands_with_the_arguments_that_they_need()
    {
        string output = Vaecf.Run("--help").AssertGood().Output;
        Assert.Contains("vaecf [command]", output);
        Assert.Matches(@"(?m)^  info  ", output);
        Assert.Matches(@"(?m)^  train <DIR>  ", output);
        Assert.Matches(@"(?m)^  models  ", output);
        Assert.Contains("vaecf models [<MODEL>]", Vaecf.Run("models", "--help").AssertGood().Output);
    }

    [Fact]
    public void Bad_input_gives_2_and_its_message_alone()
    {
        CommandRun run = Throwing(new InputException("clicks.csv", 3, "'x'", "a number"));
        run.AssertWrongUse("clicks.csv, line 3: found 'x'; expected a number");
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_file_that_cannot_be_written_gives_2() =>
        Throwing(new IOException("no space left")).AssertWrongUse("no space left");

    [Fact]
    public void What_the_system_says_of_a_file_is_said_in_other_words()
    {
        using var folder = new TemporaryFolder();
        string path = folder["x"];
        Throwing(Record.Exception(() => File.OpenRead(path))!).AssertWrongUse($"{path}: there is no such file");
        Throwing(Record.Exception(() => File.OpenRead(folder["."]))!)
            .AssertWrongUse($"{Path.GetFullPath(folder["."])}: found a folder; expected a file");
        Throwing(new UnauthorizedAccessException("Access to the path '/x' is denied."))
            .AssertWrongUse("error: /x: access is denied; expected a file and a folder whose permissions allow it");
        Throwing(new IOException("No space left on device : '/x'", 28)).AssertWrongUse("error: /x: the disk is full");
        Throwing(new IOException("Too many links : '/x'")).AssertWrongUse("error: /x: Too many links" + Environment
            .NewLine);
    }

    [Fact]
    public void A_message_is_cut()
    {
        string many = new('x', 100_000);
        Assert.All(
            [Vaecf.Run("recommend", "m", "--items", many + ",,"), Vaecf.Run(many), Vaecf.Run("stats", many),
                Vaecf.Run("models", many), Vaecf.Run("models", "--" + many), Throwing(new InputException(many)),
                Throwing(new InvalidOperationException(many))],
            run => Assert.InRange(run.Error.Split('\n').Max(line => line.Length), 40, 2010));
    }

    [Fact]
    public void Too_few_threads_are_not_too_little_memory()
    {
        // As root, whom the limit does not bind, it is set for another user.
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv") || !File.Exists("/usr/bin/prlimit"))
            return;
        CommandRun run = Vaecf.RunProcess(new ProcessStartInfo("/usr/bin/setpriv", ["--reuid", "65531",
            "--clear-groups", "prlimit", "--nproc=60", "dotnet", Vaecf.Program, "recommend", "m", "--items", "1",
            "--threads", "200"]));
        // Where another user may not read the program, there is nothing to see.
        if (run.ExitCode == ExitCodes.WrongUse)
            run.AssertWrongUse("the system gives this process fewer than 200 threads; expected a smaller number");
    }

    [Fact]
    public void Too_little_memory_gives_2() => Throwing(new OutOfMemoryException()).AssertWrongUse("memory");

    [Fact]
    public void A_fault_of_the_program_gives_1_and_asks_for_a_report()
    {
        CommandRun run = Throwing(new InvalidOperationException("why"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("InvalidOperationException: why", run.Error);
        Assert.Contains("please report", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void Stopping_gives_130_unless_nobody_asked_for_it()
    {
        CommandRun stopped = Throwing(new OperationCanceledException(), new CancellationToken(canceled: true));
        Assert.Equal((130, $"stopped{Environment.NewLine}"), (stopped.ExitCode, stopped.Error));
        Assert.Equal(1, Throwing(new OperationCanceledException()).ExitCode);
    }

    [Fact]
    public void The_process_returns_the_same_codes_and_text()
    {
        Assert.Contains("CPU", Vaecf.RunProcess("info").AssertGood().Output);
        Vaecf.RunProcess("trian").AssertWrongUse("'trian'");
    }
}
