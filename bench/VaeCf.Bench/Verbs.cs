using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace VaeCf.Bench;

/// <summary>The bench: its verbs.</summary>
internal static class Verbs
{
    /// <summary>Runs a command line.</summary>
    /// <returns>0; <see cref="Verb.WrongUse"/> where it is wrong; another number after a fault.</returns>
    public static int Run(string[] arguments)
    {
        ParseResult parsed = Root().Parse(arguments);
        if (parsed.Action is not ParseErrorAction)
            return parsed.Invoke();
        foreach (ParseError error in parsed.Errors)
            Console.Error.WriteLine($"error: {error.Message}");
        Console.Error.WriteLine("Run with --help for usage.");
        return Verb.WrongUse;
    }

    public static RootCommand Root() =>
        new("Measures VaeCf.Native: how good its models are, how fast it is, and what of the machine it leaves unused.")
    {
        All.Command(),
        Step.Command(),
        Roofline.Command(),
        Ladder.Command(),
        Evaluate.Command(),
        Evaluate.Case(),
        Latency.Command(),
        Scale.Command(),
        Scale.CaseCommand(),
        Load.Command(),
        Load.PrepareCase(),
        Load.FolderCase(),
        KernelVerb.Command(),
        Family.Command(),
        Prices.Command(),
        Prices.CaseCommand(),
        BaselinesVerb.Command(),
        RatingsVerb.Command(),
        SequencesVerb.Command(),
        Sweep.Command(),
        NetworksVerb.Command(),
        Mistakes.Command(),
        Modules.Command(),
        Converge.Command(),
        Goals.Command(),
    };
}
