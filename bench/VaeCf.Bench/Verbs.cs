using System.CommandLine;

namespace VaeCf.Bench;

/// <summary>The bench: its verbs.</summary>
internal static class Verbs
{
    public static RootCommand Root() => new("Measures VaeCf.Native: how good its models are, how fast it is, and what of the machine it leaves unused.")
    {
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
    };
}
