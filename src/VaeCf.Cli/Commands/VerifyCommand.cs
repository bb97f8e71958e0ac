using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf verify</c>: recomputes cases that another program wrote and shows how far the numbers are apart.</summary>
internal static class VerifyCommand
{
    private enum Precision
    {
        Double,
        Float,
    }

    public static Command Create(CommandContext context)
    {
        var paths = new Argument<string[]>("CASE.json") { Description = "Cases written by another program: inputs and what it computed from them.", Arity = ArgumentArity.OneOrMore };
        Option<Precision> precision = Options.Choice<Precision>("--precision", "Of models: the double-precision reference, or the single-precision kernels of this processor. Metrics are in double always.");
        var command = new Command("verify", "Recompute cases written by another program; returns 1 where a number is beyond its tolerance.") { paths, precision };
        command.SetAction(parsed =>
        {
            bool passed = true;
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                context.Stop.ThrowIfCancellationRequested();
                IReadOnlyList<VerifiedQuantity> quantities = Case.Verify(path, single: parsed.GetValue(precision) == Precision.Float);
                context.WriteLine(path);
                Write(context, quantities);
                passed &= quantities.All(quantity => quantity.Passed);
            }
            return passed ? ExitCodes.Good : ExitCodes.Fault;
        });
        return command;
    }

    private static void Write(CommandContext context, IReadOnlyList<VerifiedQuantity> quantities)
    {
        Table table = context.NewTable("quantity", "relative error", "tolerance", "");
        foreach (VerifiedQuantity quantity in quantities)
            table.AddRow(new Text(quantity.Name), Number(quantity.RelativeError), Number(quantity.Tolerance), quantity.Passed ? new Text("ok") : new Text("beyond", new Style(Color.Red)));
        context.Output.Write(table);
        context.WriteLine($"{quantities.Count(quantity => quantity.Passed)} of {quantities.Count} within tolerance");
    }

    private static Text Number(double value) => new(value.ToString("0.0e+0", CultureInfo.InvariantCulture));
}
