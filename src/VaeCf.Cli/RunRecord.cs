using System.Diagnostics;
using System.Text.Json;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// What a run says of itself: a JSON object for each epoch, and one for its result. They go to the log and to
/// TensorBoard, as far as those are asked for, and are kept for the report.
/// </summary>
internal sealed class RunRecord : IDisposable
{
    /// <summary>The value of <c>phase</c> in the lines of the search for beta.</summary>
    public const string Search = "search";

    /// <summary>The value of <c>phase</c> in the lines of the training.</summary>
    public const string Train = "train";

    /// <summary>The value of <c>phase</c> in the line of the result, the last.</summary>
    public const string Result = "result";

    /// <summary>What the name of a standard error ends with, after the name of what it belongs to.</summary>
    public const string StandardError = "_se";

    /// <summary>The names in a line of an epoch that are neither measures of the fit nor its validation.</summary>
    public static readonly string[] Others =
        ["phase", "epoch", "step", "users_per_second", "fit_seconds", "seconds"];

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<(string Phase, double Seconds)> phases = [];
    private readonly List<string> lines = [];
    private RunLog? log;
    private EventFolder? events;
    private Action? catchUp;

    /// <summary>Whether the log or TensorBoard's files could not be written to the end.</summary>
    public bool IsCut => log is { IsCut: true } || events is { IsCut: true };

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<string> Lines => lines;

    /// <summary>Seconds since the start.</summary>
    public double Seconds => clock.Elapsed.TotalSeconds;

    /// <summary>Seconds in the steps of the training's epochs, and the epochs; of this process alone.</summary>
    public (double Seconds, int Epochs) Fitting { get; private set; }

    /// <summary>Seconds by phase, in the order of their ends.</summary>
    public IReadOnlyList<(string Phase, double Seconds)> Phases => phases;

    /// <summary>Says where the lines go, before the first.</summary>
    /// <param name="log">The log; null for none.</param>
    /// <param name="events">TensorBoard's files; null for none.</param>
    /// <param name="from">Where the run resumes: what is known of the epochs before is kept.</param>
    /// <param name="searches">Whether the run searches for beta first.</param>
    public void Open(RunLog? log, EventFolder? events, Checkpoint? from, bool searches)
    {
        (this.log, this.events) = (log, events);
        if (from is null)
            return;
        string key = from.Settings.Type.Validation.Key;
        // A checkpoint of the search itself has its epochs as its history.
        string phase = searches && from.Search is null ? Search : Train;
        (string Phase, IReadOnlyList<EpochSummary> Epochs)[] behind =
            [(Search, from.Search ?? []), (phase, from.History)];
        lines.AddRange(behind.SelectMany(part => part.Epochs.Select(epoch => Line(part.Phase, epoch, key))));
        log?.GoOn([.. lines]);
        // Not before the run has a line of its own: the checkpoint may be refused.
        catchUp = () =>
        {
            foreach ((string of, IReadOnlyList<EpochSummary> epochs) in behind)
                if (events?.Has(of) == false)
                    foreach (EpochSummary epoch in epochs)
                        events.Add(of, epoch.Epoch, Scalars(epoch, key));
        };
    }

    /// <summary>Does a part of the run's work and keeps its time.</summary>
    public T Time<T>(string phase, Func<T> work)
    {
        double from = Seconds;
        try
        {
            return work();
        }
        finally
        {
            phases.Add((phase, Seconds - from));
        }
    }

    /// <summary>Adds a line if an epoch has just ended.</summary>
    /// <param name="phase"><see cref="Search"/> or <see cref="Train"/>.</param>
    /// <param name="progress">Where the run stands.</param>
    public void Add(string phase, FitProgress progress)
    {
        if (progress.Finished is not { } epoch)
            return;
        if (phase == Train)
            Fitting = (Fitting.Seconds + progress.Fitting.TotalSeconds, Fitting.Epochs + 1);
        string key = progress.Run.Settings.Type.Validation.Key;
        Add(Line(phase, epoch, key, json =>
        {
            json.WriteNumberOrNull(key + StandardError, progress.ValidationError);
            json.WriteNumber("step", progress.Step);
            json.WriteNumber("users_per_second", progress.UsersPerSecond);
            json.WriteNumber("fit_seconds", progress.Fitting.TotalSeconds);
            json.WriteNumber("seconds", Seconds);
        }), $"epoch {epoch.Epoch}");
        events?.Add(phase, epoch.Epoch, Scalars(epoch, key));
    }

    private static IEnumerable<Measure> Scalars(EpochSummary epoch, string key) =>
        epoch.Validation is double validation ? [.. epoch.Measures, new(key, validation)] : epoch.Measures;

    /// <summary>Adds the line of the result.</summary>
    /// <param name="write">Writes its members.</param>
    public void AddResult(Action<Utf8JsonWriter> write) => Add(JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("phase", Result);
        write(json);
        json.WriteEndObject();
    }, indented: false), "its result");

    private void Add(string line, string what)
    {
        catchUp?.Invoke();
        catchUp = null;
        lines.Add(line);
        log?.Add(line, what);
    }

    private static string Line(string phase, EpochSummary epoch, string key, Action<Utf8JsonWriter>? more = null) =>
        JsonText.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("phase", phase);
            json.WriteNumber("epoch", epoch.Epoch);
            foreach ((string name, double value) in epoch.Measures)
                json.WriteNumber(name, value);
            json.WriteNumberOrNull(key, epoch.Validation);
            more?.Invoke(json);
            json.WriteEndObject();
        }, indented: false);

    public void Dispose()
    {
        log?.Dispose();
        events?.Dispose();
    }
}
