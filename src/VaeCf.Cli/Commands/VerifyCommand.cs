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
            var cases = new List<(string Path, VerifiedCase Case)>();
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                context.Stop.ThrowIfCancellationRequested();
                cases.Add((path, Case.Verify(path, single: parsed.GetValue(precision) == Precision.Float)));
                if (!asJson)
                    Write(context, path, cases[^1].Case);
            }
            if (asJson)
                context.WriteJson(writer => WriteJson(writer, cases));
            return cases.All(one => one.Case.Passed) ? ExitCodes.Good : ExitCodes.Fault;
        });
        return command;
    }

    private static void Write(CommandContext context, string path, VerifiedCase one)
    {
        IReadOnlyList<VerifiedQuantity> quantities = one.Quantities;
        context.WriteLine(path);
        if (one.Kernels is not null)
        {
            context.WriteLine($"kernels: {one.Kernels}");
            context.WriteLine($"operations: {string.Join(", ", one.Operations)}");
        }
        var table = new ResultTable(["quantity", "relative error", "tolerance", ""], 3);
        foreach (VerifiedQuantity quantity in quantities)
            table.Add(quantity.Name, Number(quantity.RelativeError), Number(quantity.Tolerance),
                quantity.Passed ? "ok" : "beyond");
        context.WriteTable(table);
        foreach (VerifiedQuantity quantity in quantities.Where(quantity => !quantity.Passed))
            context.WriteLine($"{quantity.Name}, {quantity.Difference}");
        context.WriteLine($"{quantities.Count(quantity => quantity.Passed)} of {quantities.Count} within tolerance");
    }

    private static void WriteJson(Utf8JsonWriter json, List<(string Path, VerifiedCase Case)> cases)
    {
        json.WriteStartArray();
        foreach ((string path, VerifiedCase one) in cases)
        {
            json.WriteStartObject();
            json.WriteString("case", path);
            json.WriteBoolean("passed", one.Passed);
            json.WriteString("kernels", one.Kernels);
            json.WriteStartArray("operations");
            foreach (string operation in one.Operations)
                json.WriteStringValue(operation);
            json.WriteEndArray();
            json.WriteStartArray("quantities");
            foreach (VerifiedQuantity quantity in one.Quantities)
            {
                json.WriteStartObject();
                json.WriteString("name", quantity.Name);
                json.WriteNumberOrNull(
                    "relative_error", double.IsFinite(quantity.RelativeError) ? quantity.RelativeError : null);
                json.WriteNumber("tolerance", quantity.Tolerance);
                json.WriteBoolean("passed", quantity.Passed);
                if (quantity.Difference is not null)
                    json.WriteString("difference", quantity.Difference);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string Number(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
