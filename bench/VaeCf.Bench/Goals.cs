using System.CommandLine;
using System.Text.Json;

namespace VaeCf.Bench;

/// <summary>What a campaign on a GPU measured, beside the goals for one H100.</summary>
internal static class Goals
{
    // Of the file with a part's name, a number; the goal, and whether it is a least or a most.
    private sealed record Goal(string What, string Part, Func<JsonElement, double?> Number, double Value, bool IsLeast);

    private static readonly Goal[] goals =
    [
        new("users/s at batch 24,576, bf16", "step-24576-bf16", Fact("usersPerSecond"), 1.66e6, true),
        new("users/s at batch 24,576, TF32", "step-24576-tf32", Fact("usersPerSecond"), 1.66e6, true),
        new("PyTorch's best / ours at batch 500, single", "step-500-single", Fact("bestPeerRatio"), 3, true),
        new("PyTorch's best / ours at batch 500, TF32", "step-500-tf32", Fact("bestPeerRatio"), 3, true),
        new("PyTorch's best / ours at batch 500, bf16", "step-500-bf16", Fact("bestPeerRatio"), 3, true),
        new("step at batch 500, bf16, ms", "step-500-bf16", Fact("medianMs"), 0.39, false),
        new("step at batch 24,576, bf16, ms", "step-24576-bf16", Fact("medianMs"), 11.2, false),
        new("one user's answer, ms", "latency", Cell("calls", "medianMs"), 0.1, false),
        new("kernels loaded, s", "modules", json => Fact("sumMs")(json) / 1e3, 30, false),
        new("training to a loss of 630, s", "converge", Fact("seconds"), 60, false),
    ];

    public static Command Command()
    {
        Argument<DirectoryInfo> folder =
            new Argument<DirectoryInfo>("DIR") { Description = "What campaign.sh wrote." }.AcceptExistingOnly();
        return Verb.Create("goals", "What a campaign on a GPU measured, beside the goals.", [folder],
            parsed => Run(parsed.GetRequiredValue(folder).FullName));
    }

    private static Report Run(string folder)
    {
        var report = new Report("A campaign on a GPU", "1");
        Table table = report.Add(new Table("goals", "Goals for one H100", new("goal", "what"),
            new("measured", "measured"), new("wanted", "wanted"), new("met", "met")));
        foreach (Goal goal in goals)
        {
            double? measured = Read(Path.Combine(folder, goal.Part + ".json")) is { } json ? goal.Number(json) : null;
            string met = measured is null ? "not measured"
                : (goal.IsLeast ? measured >= goal.Value : measured <= goal.Value) ? "yes" : "no";
            table.Add(goal.What, measured, (goal.IsLeast ? "at least " : "at most ") + Report.Text(goal.Value), met);
        }
        report.Note("The steps' times beside which no other goal stands are the least that the counts of docs/cuda.md "
            + "predict. Each part's page lies beside this one.");
        return report;
    }

    private static JsonElement? Read(string file)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private static Func<JsonElement, double?> Fact(string key) => json => Number(json, key);

    // Of a table's first row.
    private static Func<JsonElement, double?> Cell(string table, string key) => json =>
        json.TryGetProperty(table, out JsonElement rows) && rows.GetArrayLength() > 0 ? Number(rows[0], key) : null;

    private static double? Number(JsonElement json, string key) =>
        json.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble() : null;
}
