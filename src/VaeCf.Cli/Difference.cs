using System.Globalization;
using System.Text.Json;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli;

/// <summary>How far a model is from another on the same users.</summary>
/// <param name="First">The model.</param>
/// <param name="Second">The other.</param>
/// <param name="Measure">By what, as JSON names it.</param>
/// <param name="Quintile">The fifth of the users by activity; null for all users.</param>
/// <param name="Users">The users counted.</param>
/// <param name="Test">The mean difference, its standard error and its p.</param>
internal sealed record Difference(string First, string Second, string Measure, int? Quintile, int Users,
    PairedTest Test)
{
    /// <summary>Compares two models by a measure of users; nothing where there are fewer than two users.</summary>
    public static IEnumerable<Difference> Of(string first, IReadOnlyList<double> ofFirst, string second,
        IReadOnlyList<double> ofSecond, string measure, int? quintile = null) => ofFirst.Count < 2 ? []
        : [new(first, second, measure, quintile, ofFirst.Count, PairedTest.Of(ofFirst, ofSecond))];

    /// <summary>Reads what <see cref="WriteJson"/> wrote.</summary>
    public static Difference Read(JsonElement json) => new(LoggedRun.TextOf(json, "first"),
        LoggedRun.TextOf(json, "second"), LoggedRun.TextOf(json, "measure"), (int?)LoggedRun.Number(json, "quintile"),
        json.GetProperty("users").GetInt32(), new PairedTest(json.GetProperty("difference").GetDouble(),
            json.GetProperty("difference" + RunRecord.StandardError).GetDouble(), json.GetProperty("p").GetDouble()));

    /// <summary>The mean difference with its sign, and its standard error.</summary>
    public string Value => string.Create(CultureInfo.InvariantCulture,
        $"{Test.Difference:+0.0000;-0.0000;0.0000} ± {Test.StandardError:0.0000}");

    /// <summary>Writes it as a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("first", First);
        json.WriteString("second", Second);
        json.WriteString("measure", Measure);
        json.WriteNumberOrNull("quintile", Quintile);
        json.WriteNumber("users", Users);
        json.WriteNumber("difference", Test.Difference);
        json.WriteNumber("difference" + RunRecord.StandardError, Test.StandardError);
        json.WriteNumber("p", Test.PValue);
        json.WriteEndObject();
    }
}
