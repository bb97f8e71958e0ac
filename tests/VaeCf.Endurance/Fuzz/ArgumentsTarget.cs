using System.CommandLine;
using System.Text;
using VaeCf.Cli;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Endurance.Fuzz;

/// <summary>
/// The command with random options of its own, in a folder with a file of each kind that it reads. Training is asked to
/// stop before its first step.
/// </summary>
internal static class ArgumentsTarget
{
    private static readonly string[] files = ["clicks.csv", "split", "model", "titles.csv", "missing", "folder"];

    private static readonly string[] words =
    [
        "", "0", "-1", "1", "3", "0.5", "1e999", "2147483648", "NaN", "a", "1,2", "user,item", "101,103", ",", "tab",
        "::", "latin1", "utf-16", "none", "auto", "cpu", "multvae", "ease", "--", "-", "--help", "x=y", "@missing",
        "@clicks.csv", "é", "\e[31m", "\n", "\ud800",
    ];

    /// <summary>The target; its files are in <paramref name="folder"/>.</summary>
    public static FuzzTarget In(TemporaryFolder folder)
    {
        File.Copy(Repository.PathOf("tests/fixtures/cases/ratings.csv"), folder["clicks.csv"]);
        File.Copy(Repository.PathOf("tests/fixtures/cases/id-spelling/titles.csv"), folder["titles.csv"]);
        SplitFolder.Write(folder["split"], SmallData.Split);
        Directory.CreateDirectory(folder["folder"]);
        using (var run = new FitRun(SmallData.Split, SmallData.Models.First(), SmallData.Device))
        using (Recommender model = run.Run())
            model.Save(folder["model"]);
        Command[] commands = [.. CommandLine.Root(Context(TextWriter.Null)).Subcommands
            .Where(command => command.Name is not "demo")];
        return new("arguments", random => Encoding.UTF8.GetBytes(string.Join('\0', Make(random, folder, commands))),
            Run)
        { Buffers = 64 << 20 };
    }

    private static CommandContext Context(TextWriter error) => new(CommandContext.CreateConsole(TextWriter.Null, false),
        CommandContext.CreateConsole(error, false), new CancellationToken(canceled: true));

    private static IEnumerable<string> Make(Random random, TemporaryFolder folder, Command[] commands)
    {
        Command command = random.Of(commands);
        yield return command.Name;
        for (int arguments = random.Next(3); arguments > 0; arguments--)
            yield return folder[random.Of(files)];
        for (int options = random.Next(5); options > 0; options--)
        {
            Option option = random.Of([.. command.Options]);
            yield return option.Name;
            // What is written goes to the folder; elsewhere a word may stand for anything.
            if (option.HelpName is "FILE" or "DIR" or "FOLDER" || option.Name is "--out" or "--log" or "--checkpoint")
                yield return folder[random.Of([.. files, "out"])];
            else if (option.Arity.MaximumNumberOfValues > 0 && random.Next(8) > 0)
                yield return random.Of(words);
        }
    }

    // An internal fault is the only answer that is wrong.
    private static void Run(byte[] input)
    {
        using var error = new StringWriter();
        int code = CommandLine.Run(Encoding.UTF8.GetString(input).Split('\0'), Context(error));
        if (code == ExitCodes.Fault && error.ToString().Contains("internal fault"))
            throw new InvalidOperationException(error.ToString());
        if (code != ExitCodes.Good)
            throw new Native.InputException(error.ToString());
    }
}
