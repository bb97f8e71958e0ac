using System.CommandLine;
using VaeCf.Endurance;

// Tests that take too long for the ordinary run: docs/reliability.md says what each command showed.
return new RootCommand("Long tests of what VaeCf.Native promises.")
{
    FuzzCommand.Create(), KillCommand.Create(), SoakCommand.Create(),
}.Parse(args).Invoke();
