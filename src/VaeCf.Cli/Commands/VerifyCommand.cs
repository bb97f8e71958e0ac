using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Commands;

/// <summary>
/// <c>vaecf verify</c>: recomputes cases that another program wrote and shows how far the numbers are apart.
/// </summary>
internal static class VerifyCommand
{
    private enum Precision
    {
        Double,
        Float,
    }

    private sealed record VerifiedCase(string Path, IReadOnlyList<VerifiedQuantity> Quantities)
    {
        public bool Passed => Quantities.All(quantity => quantity.Passed);
    }

    public static Command Create(CommandContext context)
    {
        var paths = new Argument<string[]>("CASE.json")
        {
            Description = "Cases written by another program: inputs and what it computed from them.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<Precision> precision = Options.Choice<Precision>("--precision",
            "For models: the double-precision reference or the CPU's single-precision kernels; metrics are in double.");
        Option<bool> json = Options.Json();
        var command = new Command(
            "verify", "Recompute cases written by another program; returns 1 if a number is beyond its tolerance.")
        {
            paths, precision, json
        };
        command.SetAction(parsed =>
        {
            bool asJson = parsed.GetValue(json);
            var cases = new List<VerifiedCase>();
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                context.Stop.ThrowIfCancellationRequested();
                cases.Add(new(path, Case.Verify(path, single: parsed.GetValue(precision) == Precision.Float)));
                if (!asJson)
                    Write(context, cases[^1]);
            }
            if (asJson)
                context.WriteJson(writer => WriteJson(writer, cases));
            return cases.All(one => one.Passed) ? ExitCodes.Good : ExitCodes.Fault;
        });
        return command;
    }

    private static void Write(CommandContext context, VerifiedCase one)
    {
        (string path, IReadOnlyList<VerifiedQuantity> quantities) = one;
        context.WriteLine(path);
        var table = new ResultTable(["quantity", "relative error", "tolerance", ""], 3);
        foreach (VerifiedQuantity quantity in quantities)
            table.Add(quantity.Name, Number(quantity.RelativeError), Number(quantity.Tolerance),
                quantity.Passed ? "ok" : "beyond");
        context.WriteTable(table);
        context.WriteLine($"{quantities.Count(quantity => quantity.Passed)} of {quantities.Count} within tolerance");
    }

    private static void WriteJson(Utf8JsonWriter json, List<VerifiedCase> cases)
    {
        json.WriteStartArray();
        foreach (VerifiedCase one in cases)
        {
            json.WriteStartObject();
            json.WriteString("case", one.Path);
            json.WriteBoolean("passed", one.Passed);
            json.WriteStartArray("quantities");
            foreach (VerifiedQuantity quantity in one.Quantities)
            {
                json.WriteStartObject();
                json.WriteString("name", quantity.Name);
                json.WriteNumberOrNull(
                    "relative_error", double.IsFinite(quantity.RelativeError) ? quantity.RelativeError : null);
                json.WriteNumber("tolerance", quantity.Tolerance);
                json.WriteBoolean("passed", quantity.Passed);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string Number(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
