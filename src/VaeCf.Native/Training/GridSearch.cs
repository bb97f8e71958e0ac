using System.Diagnostics;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>What became of one combination of settings in one round of a search.</summary>
/// <param name="Round">The round, from 1.</param>
/// <param name="Number">The combination, an index of <see cref="GridSearch.Candidates"/>.</param>
/// <param name="Epochs">Epochs it has been trained for, in this round and before.</param>
/// <param name="BestEpoch">The epoch of its best validation; 0 without one.</param>
/// <param name="Validation">
/// The model's <see cref="ModelType.Validation"/> measure after that; null without a validation.
/// </param>
/// <param name="Seconds">What this round's training took, validation included.</param>
/// <param name="IsDone">Whether its training has come to an end: in later rounds there is nothing to do.</param>
/// <param name="Failure">
/// Why it has no result, or ended early; null where nothing went wrong. If it is not done, what went wrong was not of
/// its settings, such as too little time or memory, and a later search goes on with it.
/// </param>
public sealed record Trial(int Round, int Number, int Epochs, int BestEpoch, double? Validation, double Seconds,
    bool IsDone, string? Failure)
{
    internal bool IsUnfinished => !IsDone && Failure is not null;
}

/// <summary>
/// Chooses a model's settings by validation NDCG@100, by successive halving (Jamieson and Talwalkar 2016): every
/// combination of <see cref="ModelType.Grid"/> is trained for a share of its epochs, the better third goes on to three
/// times as many, until one is left, which is trained to its end. Its state is in a folder: a search that was stopped
/// goes on from there, with the same result. Where the settings are why a combination cannot be fitted, that is its
/// result; where the machine is, it is tried again by the next search.
/// </summary>
/// <example>
/// <code>
/// var search = new GridSearch(split, MultVae.Type.Defaults, "search");
/// search.Run(TimeSpan.FromMinutes(30));
/// using Recommender model = search.ToRecommender();
/// Console.WriteLine(search.Candidates[search.Best!.Number]);
/// </code>
/// </example>
public sealed class GridSearch
{
    /// <summary>A round's combinations over the next round's, and the next round's epochs over its own.</summary>
    public const int Halving = 3;

    private const int MostRounds = 3;

    private readonly DataSplit split;
    private readonly Device device;
    private readonly SearchFolder folder;
    private readonly int[] order;
    private List<Trial> trials;

    /// <summary>Prepares a search, or goes on with one.</summary>
    /// <param name="split">Data with validation users.</param>
    /// <param name="start">
    /// The model. A setting that is given a value keeps it; the others are searched over the model's grid, or have
    /// their defaults.
    /// </param>
    /// <param name="folder">
    /// A folder for the search's state and its best model; made if it is missing. If it holds a search of the same
    /// model on the same data, with the same contents of the files that settings name, that one goes on.
    /// </param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    /// <param name="replacesOther">
    /// Whether the search takes the place of another one in the folder; by default, only of one that has trained
    /// nothing.
    /// </param>
    /// <exception cref="InputException">
    /// There are no validation users, a file that a setting names cannot be read, or the folder holds another search or
    /// other files, or cannot be written.
    /// </exception>
    public GridSearch(DataSplit split, Settings start, string folder, Device? device = null,
        bool replacesOther = false)
    {
        ArgumentNullException.ThrowIfNull(split);
        if (split.Validation is null)
            throw new InputException("settings are chosen by validation users; found none");
        Candidates = SettingGrid.Combine(start);
        if (Candidates.Count == 0)
            throw new InputException($"no combination of the grid of {start.Type.Name} goes together with {start}");
        (this.split, this.device) = (split, device ?? Device.Default);
        order = InOrder(Candidates.Count);
        for (int left = Candidates.Count; left >= Halving && Rounds < MostRounds; left /= Halving)
            Rounds++;
        this.folder = new SearchFolder(folder, this, start, Checkpoint.Fingerprint(split, start), replacesOther);
        trials = this.folder.Read();
    }

    /// <summary>Whether a folder is a search's, or an empty one.</summary>
    /// <param name="folder">The folder, which may be missing: then it is not.</param>
    public static bool IsSearch(string folder) => SearchFolder.IsSearch(folder);

    /// <summary>The file of the best model so far.</summary>
    public string ModelFile => folder.Model;

    /// <summary>The combinations of settings; the first has the model's defaults if they are in its grid.</summary>
    public IReadOnlyList<Settings> Candidates { get; }

    /// <summary>Rounds: 1 below three combinations, 2 below nine, else 3.</summary>
    public int Rounds { get; } = 1;

    /// <summary>What has been tried so far.</summary>
    public IReadOnlyList<Trial> Trials => trials;

    /// <summary>The trial of the best validation; null before the first. The first of equally good ones.</summary>
    public Trial? Best => trials.Where(trial => trial.Validation is not null)
        .MaxBy(trial => Measure.Merit(trial.Validation));

    /// <summary>Whether the last <see cref="Run"/> came to its end before its time was up.</summary>
    public bool IsFinished { get; private set; }

    // What the trials are compared by.
    private ValidationMeasure Measure => Candidates[0].Type.Validation;

    /// <summary>Seconds of training that one combination has taken so far.</summary>
    public double SecondsOf(int number) => trials.Where(trial => trial.Number == number).Sum(trial => trial.Seconds);

    // The defaults first, the others shuffled: if time is short, those that are tried are spread over the grid.
    private static int[] InOrder(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new RandomSequence(new RandomStream(1, RandomPurpose.Shuffle, 0)).Shuffle(order.AsSpan(1));
        return order;
    }

    /// <summary>Searches to the end, or until cancelled.</summary>
    /// <param name="budget">
    /// About how long to train in all, the time of earlier searches in the folder included. Each round gets an equal
    /// share of the time that is left, and the first all of it where no combination goes on; combinations that a round
    /// does not reach are left out, and training stops when the time is up. There is no limit by default, and a search
    /// that had one goes on.
    /// </param>
    /// <param name="progress">Called after every step, with the combination's number and round.</param>
    /// <param name="finished">Called after each trial.</param>
    /// <param name="cancellationToken">Stops the search; a later one in the same folder goes on from there.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InputException">
    /// The folder or a file cannot be read or written, or another search runs in the folder.
    /// </exception>
    public void Run(TimeSpan? budget = null, Action<int, int, FitProgress>? progress = null,
        Action<Trial>? finished = null, CancellationToken cancellationToken = default)
    {
        if (budget < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(budget), budget, "found a negative time; expected at least 0");
        using IDisposable held = folder.Hold();
        folder.RemoveLeftovers();
        trials = folder.Read();
        folder.Write(trials);
        var caller = new Caller(progress, finished, cancellationToken);
        if (Best is { } lost && !folder.HasModel)
            Try(lost.Round, lost.Number, null, double.PositiveInfinity, caller);
        int[] alive = order;
        double left = budget?.TotalSeconds ?? double.PositiveInfinity;
        bool isCut = false;
        for (int round = 1; round <= Rounds && (left > 0 || round == 1); round++)
        {
            double share = left / (Rounds - round + 1), used = 0;
            var tried = new List<Trial>();
            foreach (int number in alive)
            {
                // Where none goes on, as none of a model that is solved at once does, later rounds need no time.
                bool goesOn = tried.Any(trial => trial.Validation is not null && !trial.IsDone);
                if (tried.Count > 0 && used >= (goesOn ? share : left))
                {
                    isCut = true;
                    break;
                }
                Trial? trial =
                    trials.Find(known => known.Number == number && (known.Round == round || known.IsDone));
                double before = trial?.Round == round ? trial.Seconds : 0;
                if (trial is null || trial.IsUnfinished && used + before < left)
                    trial = Try(round, number, trial, left - used - before, caller);
                tried.Add(trial);
                used += trial.Round == round ? trial.Seconds : 0;
            }
            left -= used;
            // With less time, others may have gone on before: they are finished too.
            alive = [.. tried.Where(trial => trial.Validation is not null)
                .OrderByDescending(trial => Measure.Merit(trial.Validation)).Select(trial => trial.Number)
                .Take((tried.Count + Halving - 1) / Halving)
                .Union(trials.Where(known => known.Round == round + 1).Select(known => known.Number))];
        }
        // Those of a search whose time was up are for one with more time.
        IsFinished = !isCut && left > 0;
        if (IsFinished)
            folder.RemoveCheckpoints();
    }

    /// <summary>The model of the best trial so far.</summary>
    /// <exception cref="InvalidOperationException">No trial has a result.</exception>
    /// <exception cref="InputException">
    /// Its file is missing, or is not as it was saved; <see cref="Run"/> makes it again.
    /// </exception>
    public Recommender ToRecommender() => Best is null
        ? throw new InvalidOperationException("no combination of settings has been validated")
        : folder.HasModel ? Recommender.Load(ModelFile, device)
        : throw new InputException($"{ModelFile}: found {(File.Exists(ModelFile) ? "another file" : "nothing")}; "
            + "expected the best model as it was saved; the same search, run again, makes it again");

    private Trial Try(int round, int number, Trial? before, double seconds, Caller caller)
    {
        var clock = Stopwatch.StartNew();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(caller.Stop);
        // A timer takes no longer time.
        if (seconds < int.MaxValue / 1000)
            stop.CancelAfter(TimeSpan.FromSeconds(Math.Max(seconds, 0)));
        int last = int.MaxValue;
        Exception? outside = null;
        Trial trial;
        try
        {
            using FitRun run = Open(number, Outside);
            if (round < Rounds)
                last = (int)Math.Ceiling(run.Fit.Epochs * Math.Pow(Halving, round - Rounds));
            if (run.Fit.Position.Epoch >= last)
                stop.Cancel();
            using Recommender model = run.Run(now =>
            {
                Outside(() => caller.Progress?.Invoke(round, number, now));
                if (now.Finished?.Epoch >= last)
                    stop.Cancel();
            }, stop.Token);
            Checkpoint? state = run.IsFinished ? null : run.Capture();
            trial = new(round, number, run.Fit.Position.Epoch, run.Best?.Epoch ?? 0, run.Best?.Validation,
                Seconds(), run.IsFinished, run.Divergence?.Message ?? (run.IsFinished
                    || run.Fit.Position.Epoch >= last ? null
                    : caller.Stop.IsCancellationRequested ? "it was stopped" : "its time was up"));
            Outside(() =>
            {
                if (state is not null)
                    folder.Save(number, state);
                Keep(trial, model);
            });
        }
        catch (OperationCanceledException e) when (e != outside && !caller.Stop.IsCancellationRequested)
        {
            trial = Left("its time was up before it had a result");
        }
        catch (Exception e) when (e != outside && e is DeviceException or OutOfMemoryException)
        {
            trial = Left(InputException.Words(null, e));
        }
        catch (Exception e) when (e != outside && e is InputException { IsOfDisk: false } or ArgumentException
            or NotSupportedException)
        {
            trial = new(round, number, 0, 0, null, Seconds(), true, e.Message);
            Keep(trial);
        }
        if (trial.IsUnfinished)
            caller.Stop.ThrowIfCancellationRequested();
        caller.Finished?.Invoke(trial);
        return trial;

        double Seconds() => (before?.Seconds ?? 0) + clock.Elapsed.TotalSeconds;

        // What is left as it was, for a later search.
        Trial Left(string why)
        {
            Trial left = before ?? new(round, number, 0, 0, null, 0, false, why);
            left = left with { Seconds = Seconds(), Failure = why };
            Keep(left);
            return left;
        }

        // What the folder or the caller throws says nothing of the settings.
        void Outside(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                outside = e;
                throw;
            }
        }
    }

    // A checkpoint that does not fit costs its time, and nothing else.
    private FitRun Open(int number, Action<Action> outside)
    {
        Checkpoint? from = null;
        outside(() => from = folder.Checkpoint(number));
        try
        {
            return new FitRun(split, Candidates[number], device, from);
        }
        catch (ArgumentException) when (from is not null)
        {
            return new FitRun(split, Candidates[number], device);
        }
    }

    // The model is written first: where the process ends in between, the trial is made again.
    private void Keep(Trial trial, Recommender? model = null)
    {
        int place = trials.FindIndex(known => known.Number == trial.Number && known.Round == trial.Round);
        if (place < 0)
            trials.Add(trial);
        else
            trials[place] = trial;
        if (model is not null && Best == trial)
            folder.Save(model);
        folder.Write(trials);
    }

    private sealed record Caller(Action<int, int, FitProgress>? Progress, Action<Trial>? Finished,
        CancellationToken Stop);
}
