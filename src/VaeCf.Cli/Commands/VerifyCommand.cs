using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf verify</c>: recomputes a case that another program wrote and shows how far the numbers are apart.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandContext context)
    {
        var path = new Argument<string>("CASE.json") { Description = "A case written by another program: inputs and what it computed from them." };
        var command = new Command("verify", "Recompute a case written by another program; returns 1 where a number is beyond its tolerance.") { path };
        command.SetAction(parsed =>
        {
            IReadOnlyList<VerifiedQuantity> quantities = Case.Verify(parsed.GetRequiredValue(path));
            Write(context, quantities);
            return quantities.All(quantity => quantity.Passed) ? ExitCodes.Good : ExitCodes.Fault;
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
