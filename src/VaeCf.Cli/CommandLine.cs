using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using VaeCf.Cli.Commands;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>The <c>vaecf</c> command: its subcommands, and what their failures say and return.</summary>
internal static class CommandLine
{
    /// <summary>Columns of a help text at most.</summary>
    internal const int HelpWidth = 100;

    private const int LeastHelpWidth = 20, MostErrors = 5;

    /// <summary>What is said where the memory does not suffice.</summary>
    internal const string NoMemory = "this machine does not have enough memory: a model's size is items x hidden "
        + "units, a step's is batch x items";

    private const string Name = "vaecf";

    /// <summary>Parses and runs a command line.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, CommandContext context)
    {
        int code = Run(Root(context), arguments, context);
        if ((context.OutputFailure ?? context.ErrorFailure) is not { } failure)
            return code;
        // EPIPE: whoever read the output has seen enough.
        const int brokenPipe = 32;
        bool isClosed = !OperatingSystem.IsWindows() && failure.HResult == brokenPipe;
        if (!isClosed)
            context.WriteErrorLine($"error: {AtomicFile.CannotWrite("standard output", failure).Message}");
        return code != ExitCodes.Good ? code : isClosed ? ExitCodes.PipeClosed : ExitCodes.WrongUse;
    }

    /// <summary>
    /// Runs a command line of <paramref name="root"/>; what it throws becomes a line on the error console and an exit
    /// code.
    /// </summary>
    internal static int Run(RootCommand root, IReadOnlyList<string> arguments, CommandContext context)
    {
        int Fail(int code, string message)
        {
            context.WriteErrorLine(message);
            return code;
        }
        // What begins with @ is a value here (--only @FILE), not a file of arguments.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // The list of commands would show an argument that may be left out like any other.
        if (parsed.CommandResult.Command == root)
            foreach (Argument argument in root.Subcommands.SelectMany(command => command.Arguments))
                argument.Hidden = argument.Arity.MinimumNumberOfValues == 0;
        if (parsed.Action is ParseErrorAction parseError)
        {
            foreach (ParseError error in parsed.Errors.Take(MostErrors))
                context.WriteErrorLine($"error: {error.Message}");
            if (parsed.Errors.Count > MostErrors)
                context.WriteErrorLine($"… and {parsed.Errors.Count - MostErrors} more");
            // Without help, its output is the names nearest to a mistyped one.
            parseError.ShowHelp = false;
            using var nearest = new StringWriter();
            parsed.Invoke(new InvocationConfiguration { Output = nearest, Error = TextWriter.Null });
            if (nearest.ToString().Trim() is { Length: > 0 } names)
                context.WriteErrorLine(names);
            string command = parsed.CommandResult.Command == root ? "" : $" {parsed.CommandResult.Command.Name}";
            return Fail(ExitCodes.WrongUse, $"Run '{Name}{command} --help' for usage.");
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = context.Output.Profile.Out.Writer,
                Error = context.Error.Profile.Out.Writer,
            });
        }
        catch (Exception e) when (e is InputException or DeviceException)
        {
            return Fail(ExitCodes.WrongUse, $"error: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(ExitCodes.WrongUse, $"error: {InputException.About(FileOf(e), e).Message}");
        }
        catch (OutOfMemoryException)
        {
            return Fail(ExitCodes.WrongUse, $"error: {NoMemory}");
        }
        catch (OperationCanceledException) when (context.Stop.IsCancellationRequested)
        {
            return Fail(ExitCodes.Stopped, "stopped");
        }
        catch (Exception e)
        {
            return Fail(ExitCodes.Fault, $"""
                internal fault: {e.GetType()}: {e.Message}
                This is an error in {Name}, not in what you gave it;
                please report it with the command line and the output of '{Name} info'.
                """);
        }
    }

    // .NET names the file of such an exception in its message alone, between quotes.
    private static string FileOf(Exception e)
    {
        int first = e.Message.IndexOf('\''), last = e.Message.LastIndexOf('\'');
        return first < last ? e.Message[(first + 1)..last] : "a file or folder";
    }

    // No option and no argument has a use for an empty text, least of all as a path.
    private static void RefuseMistyped(CommandResult command)
    {
        foreach (SymbolResult given in command.Children)
        {
            if (given.Tokens.Any(token => token.Value.Length == 0))
                command.AddError(
                    $"{(given as OptionResult)?.Option.Name ?? (given as ArgumentResult)?.Argument.Name}: "
                    + "found an empty text; expected a value");
            // A mistyped option would be taken for the file that an argument may name.
            foreach (Token token in given is ArgumentResult ? given.Tokens : [])
                if (token.Value.StartsWith("--", StringComparison.Ordinal))
                    command.AddError($"'{token.Value}' is no option of this command; expected one that it has, or "
                        + $"./{token.Value} for a file of that name");
        }
    }

    internal static RootCommand Root(CommandContext context)
    {
        Catalog.Add(VaeCf.Baselines.BaselineModels.All);
        VaeCf.Baselines.BaselineCases.AddAll();
        var root = new RootCommand(
            "Train, evaluate and use recommenders: the Mult-VAE family and the systems it is compared with.")
        {
            DemoCommand.Create(context),
            PrepareCommand.Create(context),
            TrainCommand.Create(context),
            TuneCommand.Create(context),
            CompareCommand.Create(context),
            ReportCommand.Create(context),
            ModelsCommand.Create(context),
            EvaluateCommand.Create(context),
            RecommendCommand.Create(context),
            PredictCommand.Create(context),
            SimilarCommand.Create(context),
            EncodeCommand.Create(context),
            StatsCommand.Create(context),
            ExplainCommand.Create(context),
            GradcheckCommand.Create(context),
            VerifyCommand.Create(context),
            InfoCommand.Create(context),
        };
        root.HelpName = Name;
        foreach (Command command in root.Subcommands)
            command.Validators.Add(RefuseMistyped);
        // By itself the help has no limit where output goes to a file.
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            if (help.Action is HelpAction action)
                action.MaxWidth = Math.Clamp(context.Output.Profile.Width, LeastHelpWidth, HelpWidth);
        return root;
    }
}
