using System.Text.Json;
using VaeCf.Native;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli;

/// <summary>A run as its log has it: what reports show, and nothing else.</summary>
/// <param name="Name">What it is called in a report.</param>
/// <param name="Searched">The epochs of the search for beta; none where there was no search.</param>
/// <param name="Epochs">The epochs of the training.</param>
/// <param name="Result">
/// The result; null for a run that has not ended, and in logs of before there was such a line.
/// </param>
internal sealed record LoggedRun(string Name, IReadOnlyList<JsonElement> Searched, IReadOnlyList<JsonElement> Epochs,
    JsonElement? Result)
{
    private const string Validation = "validation_";

    /// <summary>Reads a log.</summary>
    /// <exception cref="InputException">It cannot be read, or a line is none of a log's.</exception>
    public static LoggedRun Read(string path)
    {
        try
        {
            return Of(Path.GetFileNameWithoutExtension(path), File.ReadLines(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputException.About(path, e);
        }
    }

    /// <summary>A run by the lines of its log.</summary>
    /// <param name="name">What it is to be called.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InputException">A line is none of a log's, or there is none.</exception>
    public static LoggedRun Of(string name, IEnumerable<string> lines, string path = "the run")
    {
        var phases = new Dictionary<string, List<JsonElement>>
        {
            [RunRecord.Search] = [],
            [RunRecord.Train] = [],
            [RunRecord.Result] = [],
        };
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (Fault(line, out string phase, out JsonElement root) is { } fault)
                throw new InputException(path, number, fault.Found, fault.Expected);
            if (phase != RunRecord.Result && phases[phase] is [.., var before] && Number(root) <= Number(before))
                throw new InputException(path, number, $"epoch {Number(root)} after {Number(before)}",
                    "a later one: the log of one run");
            phases[phase].Add(root);
        }
        return number > 0 ? new(name, phases[RunRecord.Search], phases[RunRecord.Train],
                phases[RunRecord.Result] is [.., var last] ? last : null)
            : throw new InputException($"{path}: found no line; expected a log that train wrote");
    }

    /// <summary>Whether a line is one of a log.</summary>
    public static bool IsLine(string line) => Fault(line, out _, out _) is null;

    // What keeps a line from being one of a log.
    private static (string Found, string Expected)? Fault(string line, out string phase, out JsonElement root)
    {
        (phase, root) = ("", default);
        try
        {
            root = JsonDocument.Parse(line).RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                phase = TextOf(root, "phase");
                return phase == RunRecord.Result ? FaultOfResult(root)
                    : phase is RunRecord.Search or RunRecord.Train ? Fault(root)
                    : ($"the phase '{phase}'", $"{RunRecord.Search}, {RunRecord.Train} or {RunRecord.Result}: a log "
                        + "that train wrote");
            }
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
        }
        return ($"'{TerminalText.Cut(line, 60)}'", "a JSON object");
    }

    // A result has too much in it for more than this: its numbers are finite.
    private static (string Found, string Expected)? FaultOfResult(JsonElement part) => part.ValueKind switch
    {
        JsonValueKind.Object => part.EnumerateObject().Select(member => FaultOfResult(member.Value))
            .FirstOrDefault(fault => fault is not null),
        JsonValueKind.Array => part.EnumerateArray().Select(FaultOfResult).FirstOrDefault(fault => fault is not null),
        JsonValueKind.Number when !double.IsFinite(part.GetDouble()) =>
            ($"'{TerminalText.Cut(part.GetRawText(), 60)}'", "a number"),
        _ => null,
    };

    // What keeps a line from being one of an epoch: everything but the phase is a finite number, or null.
    private static (string Found, string Expected)? Fault(JsonElement line)
    {
        if (!line.TryGetProperty("epoch", out JsonElement epoch) || epoch.ValueKind != JsonValueKind.Number
            || !epoch.TryGetInt32(out int number) || number < 1)
            return (epoch.ValueKind == JsonValueKind.Undefined ? "no epoch"
                : $"'{TerminalText.Cut(epoch.GetRawText(), 60)}' for epoch", "its number, from 1");
        foreach (JsonProperty member in line.EnumerateObject())
            if (member.Name != "phase" && member.Value.ValueKind != JsonValueKind.Null
                && (member.Value.ValueKind != JsonValueKind.Number || !double.IsFinite(member.Value.GetDouble())))
                return ($"'{TerminalText.Cut(member.Value.GetRawText(), 60)}' for {member.Name}", "a number");
        return null;
    }

    /// <summary>What validation measures, as JSON names it, such as <c>validation_rmse</c>; null without it.</summary>
    public string? ValidationKey => Searched.Concat(Epochs).SelectMany(epoch => epoch.EnumerateObject())
        .Select(member => member.Name).FirstOrDefault(name => name.StartsWith(Validation, StringComparison.Ordinal));

    /// <summary>What validation measures, as a person reads it.</summary>
    public string? ValidationName => ValidationKey?[Validation.Length..].ToUpperInvariant();

    /// <summary>The names of what the fit measured in its epochs, such as <c>loss</c>.</summary>
    public IReadOnlyList<string> Measures => [.. Epochs.SelectMany(epoch => epoch.EnumerateObject())
        .Select(member => member.Name).Distinct().Where(name => !RunRecord.Others.Contains(name)
            && !name.StartsWith(Validation, StringComparison.Ordinal))];

    /// <summary>The number of an epoch.</summary>
    public static int Number(JsonElement epoch) => epoch.GetProperty("epoch").GetInt32();

    /// <summary>A number in a JSON object; null where it is missing or null.</summary>
    public static double? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble() : null;

    /// <summary>A number with its standard error in a JSON object; null where it is missing or null.</summary>
    public static Estimate? EstimateOf(JsonElement json, string name) =>
        Number(json, name) is double value ? new(value, Number(json, name + RunRecord.StandardError)) : null;

    /// <summary>A text in a JSON object; empty where it is missing.</summary>
    public static string TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : "";

    /// <summary>A member of a JSON object; null where it is missing.</summary>
    public static JsonElement? Member(JsonElement? json, string name) =>
        json is { } known && known.TryGetProperty(name, out JsonElement value) ? value : null;

    /// <summary>The validated epochs, each with its measure.</summary>
    public IEnumerable<(int Epoch, Estimate Measure)> Validated => ValidationKey is not { } key ? []
        : from epoch in Epochs
          let measure = EstimateOf(epoch, key)
          where measure is not null
          select (Number(epoch), measure.Value);

    /// <summary>The epoch whose model was kept; null where that is not known.</summary>
    public (int Epoch, Estimate Measure)? Best
    {
        get
        {
            (int Epoch, Estimate Measure)[] all = [.. Validated];
            return all.Length == 0 ? null
                : ValidationMeasure.Rmse.Key == ValidationKey ? all.MinBy(one => one.Measure.Value)
                : all.MaxBy(one => one.Measure.Value);
        }
    }

    /// <summary>The measures on the test users, by system, the model's first; none where they were not taken.</summary>
    public IEnumerable<(string Name, JsonElement Report)> Tested =>
        Member(Result, "test") is not { ValueKind: JsonValueKind.Object } test ? []
            : test.EnumerateObject().Where(system => system.Value.ValueKind == JsonValueKind.Object)
                .Select(system => (system.Name, system.Value));

    /// <summary>
    /// Compares this run's test users with another's; nothing where they are not known to be the same, or are measured
    /// otherwise.
    /// </summary>
    public IEnumerable<Difference> Against(LoggedRun other) =>
        Member(Result, "test_users") is { } own && Member(other.Result, "test_users") is { } others
        && TextOf(own, "fingerprint") == TextOf(others, "fingerprint")
        && TextOf(own, "measure") == TextOf(others, "measure")
            ? Difference.Of(Name, Values(own), other.Name, Values(others), TextOf(own, "measure")) : [];

    private static double[] Values(JsonElement users) =>
        [.. users.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];

    /// <summary>Writes it as a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        foreach ((string name, IReadOnlyList<JsonElement> epochs) in
            new[] { (RunRecord.Search, Searched), (RunRecord.Train, Epochs) })
        {
            json.WriteStartArray(name);
            foreach (JsonElement epoch in epochs)
                epoch.WriteTo(json);
            json.WriteEndArray();
        }
        if (Result is { } result)
        {
            json.WritePropertyName(RunRecord.Result);
            result.WriteTo(json);
        }
        json.WriteEndObject();
    }
}
