using System.CommandLine;
using VaeCf.Bench;

return new RootCommand("Measures VaeCf.Native: how good its models are and how fast a training step is.")
{
    Quality.Command(),
    Step.Command(),
}.Parse(args).Invoke();
