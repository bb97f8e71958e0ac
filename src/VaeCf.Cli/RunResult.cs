using System.Text.Json;
using VaeCf.Cli.Commands;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>What came of a training run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Model">The model that it made.</param>
/// <param name="Path">The model's file.</param>
/// <param name="Record">What the run said of itself on the way.</param>
internal sealed record RunResult(FitRun Run, Recommender Model, string Path, RunRecord Record)
{
    /// <summary>Where the data is.</summary>
    public required string Folder { get; init; }

    /// <summary>The data.</summary>
    public required DataSplit Split { get; init; }

    /// <summary>What computed.</summary>
    public required Device Device { get; init; }

    /// <summary>Whether the run was stopped before its end.</summary>
    public required bool IsStopped { get; init; }

    /// <summary>The search for beta; null if there was none.</summary>
    public required BetaSearch? Search { get; init; }

    /// <summary>The measures on the test users; null where they were not taken.</summary>
    public required IComparison? Test { get; init; }

    /// <summary>What the model's code uses; null where it was not looked at.</summary>
    public LatentCode? Code { get; init; }

    /// <summary>How fast the machine could have trained at most; null where it is not known.</summary>
    public TrainingFloor? Floor { get; init; }

    /// <summary>Title by item id; null where none are known.</summary>
    public IReadOnlyDictionary<string, string>? Titles { get; init; }

    /// <summary>Writes it as members of the current JSON object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="withUsers">Whether to write the measure of every test user, for tests against other runs.</param>
    public void WriteJson(Utf8JsonWriter json, bool withUsers)
    {
        Settings settings = Run.Settings;
        json.WriteString("saved_to", Path);
        json.WriteBoolean("stopped", IsStopped);
        json.WriteBoolean("diverged", Run.Divergence is not null);
        json.WriteNumber("epochs_run", Run.History.Count);
        json.WriteNumber("best_epoch", Model.Info.Epoch);
        json.WriteNumberOrNull(settings.Type.Validation.Key, Model.Info.Validation);
        json.WriteNumber("seconds", Record.Seconds);
        json.WriteString("model", settings.Type.Name);
        json.WriteString("title", settings.Type.Title);
        json.WritePropertyName("settings");
        settings.WriteJson(json);
        json.WriteString("device", Device.Description);
        json.WriteStartObject("machine");
        InfoCommand.WriteMachine(json);
        json.WriteEndObject();
        WriteData(json);
        WriteTimes(json);
        if (Search is not null)
            WriteSearch(json, Search);
        if (Code is not null)
        {
            json.WritePropertyName("code");
            Code.WriteJson(json, Split.Items, Titles);
        }
        if (Test is null)
            return;
        json.WriteStartObject("test");
        Test.WriteJson(json);
        json.WriteEndObject();
        json.WriteStartArray("differences");
        foreach (Difference difference in Test.Differences)
            difference.WriteJson(json);
        json.WriteEndArray();
        if (withUsers)
            WriteUsers(json, Test.Paired);
    }

    private void WriteData(Utf8JsonWriter json)
    {
        json.WriteStartObject("data");
        json.WriteString("folder", Folder);
        json.WriteNumber("train_users", Split.Train.UserCount);
        json.WriteNumber("items", Split.Items.Count);
        json.WriteNumber("train_clicks", Split.Train.ClickCount);
        json.WriteNumber("validation_users", Split.Validation?.HeldOut.UserCount ?? 0);
        json.WriteNumber("test_users", Split.Test?.HeldOut.UserCount ?? 0);
        json.WriteEndObject();
    }

    private void WriteTimes(Utf8JsonWriter json)
    {
        json.WriteStartObject("times");
        foreach ((string phase, double seconds) in Record.Phases)
            json.WriteNumber(phase, seconds);
        json.WriteNumber("training_steps", Record.Fitting.Seconds);
        json.WriteEndObject();
        if (Floor is null)
            return;
        json.WriteStartObject("floor");
        json.WriteNumber("gflops", Floor.Gflops);
        json.WriteNumber("seconds", Floor.Seconds);
        json.WriteNumber("ratio", Record.Fitting.Seconds / Floor.Seconds);
        json.WriteEndObject();
    }

    private static void WriteSearch(Utf8JsonWriter json, BetaSearch search)
    {
        EpochSummary peak = search.Peak;
        json.WriteStartObject("beta_search");
        json.WriteNumber("beta", search.Beta);
        json.WriteNumber("epoch", peak.Epoch);
        json.WriteNumberOrNull($"validation_ndcg@{FitRun.ValidationCutoff}", peak.Validation);
        json.WriteEndObject();
    }

    private void WriteUsers(Utf8JsonWriter json, (string Measure, IReadOnlyList<double> OfUsers) paired)
    {
        json.WriteStartObject("test_users");
        json.WriteString("fingerprint", Split.Test!.Fingerprint());
        json.WriteString("measure", paired.Measure);
        json.WriteStartArray("values");
        foreach (double value in paired.OfUsers)
            json.WriteNumberValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
