using VaeCf.Cli.Pages;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>A run of <c>vaecf train</c>, from the data in memory to the saved model and what is said of it.</summary>
/// <param name="context">Where to say it, and when to stop.</param>
/// <param name="folder">Where the data is.</param>
/// <param name="split">The data.</param>
/// <param name="device">What computes.</param>
/// <param name="first">The model to start from; null for fresh weights.</param>
/// <param name="record">What takes the run's lines.</param>
/// <param name="checkpoints">Its checkpoints; null for none.</param>
/// <param name="json">Whether standard output is to hold the result as JSON, and nothing else.</param>
internal sealed class TrainingRun(
    CommandContext context, string folder, DataSplit split, Device device, Recommender? first, RunRecord record,
    RunCheckpoints? checkpoints, bool json)
{
    private bool isPageLost, isUnmeasured;

    /// <summary>The file for the report; null for none.</summary>
    public string? Page { get; init; }

    /// <summary>Title by item id, for the report; null where none are known.</summary>
    public IReadOnlyDictionary<string, string>? Titles { get; init; }

    /// <summary>The CPU's threads; null where another device may compute.</summary>
    public int? Threads { get; init; }

    /// <summary>Trains, saves and reports; returns one of <see cref="ExitCodes"/>.</summary>
    public int Run(Settings settings, bool findBeta, string path)
    {
        BetaSearch? search = null;
        if (findBeta)
        {
            search = Search(settings);
            if (search is null)
                return NothingTrained("in the search for beta; nothing is written");
            settings = search.Settings;
        }
        Checkpoint? from = findBeta && checkpoints?.From?.Search is null ? null : checkpoints?.From;
        using FitRun run = Open(settings, from);
        WriteSettings(run.Settings);
        if (first is not null && from is null)
            Start(run.Fit, first);
        Recommender model;
        try
        {
            model = record.Time("training", () => ProgressView.Show(context, "train", show => run.Run(progress =>
            {
                record.Add(RunRecord.Train, progress);
                checkpoints?.Add(progress, search);
                show(progress);
            }, context.Stop)));
        }
        catch (OperationCanceledException)
        {
            return NothingTrained("before the first step; nothing is written");
        }
        if (IsStopped(run))
            checkpoints?.Save(run, search);
        using (model)
        {
            if (IsStopped(run) && run.Best is null && split.Validation is not null && File.Exists(path))
                return NothingTrained($"before the first validation; {path} is left as it is");
            if (!record.Time("saving", () => Save(model, path)))
                return ExitCodes.WrongUse;
            WriteResult(run, model, search, path);
        }
        return IsStopped(run) || isUnmeasured ? ExitCodes.Stopped
            : run.Divergence is not null ? ExitCodes.Diverged
            : record.IsCut || isPageLost || checkpoints is { HasFailed: true } || context.HasLostOutput
            ? ExitCodes.Incomplete
            : ExitCodes.Good;
    }

    // What can no longer be replaced, such as a file that something is mounted on, must not cost the model.
    private bool Save(Recommender model, string path)
    {
        try
        {
            model.Save(path);
            return true;
        }
        catch (InputException e)
        {
            string rescue = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
            try
            {
                model.Save(rescue);
            }
            catch (InputException second)
            {
                throw new InputException($"{e.Message}; nor can it be saved elsewhere: {second.Message}", e);
            }
            context.WriteErrorLine($"error: {e.Message}; the model is saved to {rescue}");
            return false;
        }
    }

    private bool IsStopped(FitRun run) => context.Stop.IsCancellationRequested && !run.IsFinished;

    private FitRun Open(Settings settings, Checkpoint? from)
    {
        try
        {
            return new FitRun(split, settings, device, from);
        }
        catch (ArgumentException e)
        {
            throw from is not null ? Refused(e, settings.Type)
                : new InputException($"--model {settings.Type}: {e.Message}", e);
        }
    }

    private BetaSearch? Search(Settings settings)
    {
        if (checkpoints?.From is { Search: { } curve })
            return BetaSearch.Made(split, settings, curve, device);
        try
        {
            Say("a first run searches for the cap of beta");
            BetaSearch search = record.Time("search", () => ProgressView.Show(context, "search",
                show => BetaSearch.Run(split, settings, device, progress =>
                {
                    record.Add(RunRecord.Search, progress);
                    checkpoints?.Add(progress, null);
                    show(progress);
                }, context.Stop, checkpoints?.From)));
            // A cap that is chosen from a part of the search is not the one of the whole.
            if (context.Stop.IsCancellationRequested)
                return null;
            EpochSummary peak = search.Peak;
            Say($"beta {ModelsText.Number(search.Beta)} at the peak of validation NDCG@{FitRun.ValidationCutoff}, "
                + $"{ModelsText.Number(peak.Validation)} in epoch {peak.Epoch}; training with it as the cap");
            return search;
        }
        catch (Exception e)
            when (context.Stop.IsCancellationRequested && e is (InputException or OperationCanceledException))
        {
            return null;
        }
        catch (ArgumentException e) when (checkpoints?.From is not null)
        {
            throw Refused(e, settings.Type);
        }
    }

    // Why the checkpoint is refused, in the names of the options that were typed.
    private InputException Refused(ArgumentException e, ModelType type) =>
        new(type.Settings.Aggregate(InputException.About(checkpoints!.Path, e).Message, (text, setting) =>
            text.Replace($": {setting.Name} is ", $": {setting.Option} is ")
                .Replace($"; {setting.Name} is ", $"; {setting.Option} is ")), e);

    private void Start(Fit fit, Recommender first)
    {
        try
        {
            (int shared, int started, int gone) = fit.StartFrom(first);
            Say($"items whose weights are taken over: {DataText.Number(shared)}; new: {DataText.Number(started)}; "
                + $"dropped: {DataText.Number(gone)}");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw InputException.About("--from", e);
        }
    }

    private int NothingTrained(string when)
    {
        context.WriteErrorLine($"stopped {when}{GoesOn}");
        return ExitCodes.Stopped;
    }

    private void WriteSettings(Settings settings)
    {
        Say($"{DataText.Number(split.Train.UserCount)} users, {DataText.Number(split.Items.Count)} items, "
            + $"{DataText.Number(split.Train.ClickCount)} clicks");
        Say($"{settings}");
        Say(device.Description);
    }

    private void WriteResult(FitRun run, Recommender model, BetaSearch? search, string path)
    {
        bool stopped = IsStopped(run);
        if (run.Divergence is { } divergence)
            context.WriteErrorLine($"warning: {divergence.Message}{LearningRate(run.Settings)}");
        RunResult result = Result(run, model, search, path);
        if (isUnmeasured)
            context.WriteErrorLine("stopped before all was measured that the report shows");
        record.AddResult(writer => result.WriteJson(writer, withUsers: true));
        if (Page is not null)
            WritePage(Page);
        if (json)
        {
            context.WriteJson(writer =>
            {
                writer.WriteStartObject();
                result.WriteJson(writer, withUsers: false);
                writer.WriteEndObject();
            });
            return;
        }
        int epochs = run.History.Count;
        if (stopped)
            context.WriteLine($"stopped after {epochs} of {run.Fit.Epochs} epochs: "
                + (run.Best is null ? "none is validated" : "the best model so far is kept") + GoesOn);
        else if (run.Divergence is not null)
            context.WriteLine($"diverged after {epochs} of {run.Fit.Epochs} epochs: the best model so far is kept");
        else if (epochs < run.Fit.Epochs)
            context.WriteLine($"ended after {epochs} of {run.Fit.Epochs} epochs: none was better for "
                + $"{run.Settings.Get(FitRun.Patience)}");
        context.WriteLine(model.Info.Validation is double validation
            ? $"best epoch {model.Info.Epoch}, validation {run.Settings.Type.Validation.Name} "
                + ModelsText.Number(validation)
            : "not validated: the model of the last update is kept, after "
                + DataText.Count(model.Info.Epoch, "whole epoch"));
        context.WriteLine($"saved to {path}" + (Page is not null && !isPageLost ? $", the report is {Page}" : ""));
        result.Test?.Write(context);
    }

    // Nothing if the run is stopped meanwhile: the model is saved by then.
    private T? UnlessStopped<T>(Func<T?> measure) where T : class
    {
        try
        {
            return isUnmeasured ? null : measure();
        }
        catch (OperationCanceledException) when (context.Stop.IsCancellationRequested)
        {
            isUnmeasured = true;
            return null;
        }
    }

    // What is only for the report is looked at for the report alone.
    private RunResult Result(FitRun run, Recommender model, BetaSearch? search, string path)
    {
        bool stopped = IsStopped(run), reports = Page is not null && !stopped;
        EvaluationSet? set = !stopped && split.Test is { HeldOut.ClickCount: > 0 } test ? test : null;
        EvaluationSet? seen = split.Test ?? split.Validation;
        return new RunResult(run, model, path, record)
        {
            Folder = folder,
            Split = split,
            Device = device,
            IsStopped = stopped,
            Search = search,
            Test = set is null ? null : record.Time("test", () => UnlessStopped(() => reports
                ? Comparisons.WithEase(model, split, set, context.Stop)
                : Comparisons.Of(model, split, set, context.Stop))),
            Code = reports ? UnlessStopped(() => LatentCode.Of(model, seen is null ? new(split.Train, split.TrainUsers)
                : new(seen.FoldIn, seen.Users), context.Stop)) : null,
            Floor = reports && Threads is int threads ? TrainingFloor.Of(run, record.Fitting.Epochs, threads) : null,
            Titles = Titles,
        };
    }

    private void WritePage(string page)
    {
        try
        {
            RunPage.Write(page, LoggedRun.Of(folder, record.Lines));
        }
        catch (InputException e)
        {
            context.WriteErrorLine($"warning: {e.Message}");
            isPageLost = true;
        }
    }

    private string GoesOn => checkpoints is null ? "" : "; the same command with --resume goes on";

    private static string LearningRate(Settings settings) => settings.Has(Autoencoders.LearningRate)
        ? $" ({Autoencoders.LearningRate.Option} is {settings.Text(Autoencoders.LearningRate)})" : "";

    // With --json, standard output holds the result alone.
    private void Say(string text)
    {
        if (json)
            context.WriteErrorLine(text);
        else
            context.WriteLine(text);
    }
}
