using System.Diagnostics;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>What became of one combination of settings in one round of a search.</summary>
/// <param name="Round">The round, from 1.</param>
/// <param name="Number">The combination, an index of <see cref="GridSearch.Candidates"/>.</param>
/// <param name="Epochs">Epochs it has been trained for, in this round and before.</param>
/// <param name="BestEpoch">The epoch of its best validation; 0 without one.</param>
/// <param name="ValidationNdcg">NDCG@100 on the validation users after that; null without a validation.</param>
/// <param name="Seconds">What this round's training took, validation included.</param>
/// <param name="IsDone">Whether its training has come to an end: in later rounds there is nothing to do.</param>
/// <param name="Failure">Why it has no result, or ended early; null where nothing went wrong.</param>
public sealed record Trial(int Round, int Number, int Epochs, int BestEpoch, double? ValidationNdcg, double Seconds,
    bool IsDone, string? Failure);

/// <summary>
/// Chooses a model's settings by validation NDCG@100, by successive halving (Jamieson and Talwalkar 2016): every
/// combination of <see cref="ModelType.Grid"/> is trained for a share of its epochs, the better third goes on to three
/// times as many, until one is left, which is trained to its end. Its state is in a folder: a search that was stopped
/// goes on from there, with the same result.
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
    private readonly List<Trial> trials;
    private readonly int[] order;

    /// <summary>Prepares a search, or goes on with one.</summary>
    /// <param name="split">Data with validation users.</param>
    /// <param name="start">
    /// The model. A setting that is given a value keeps it; the others are searched over the model's grid, or have
    /// their defaults.
    /// </param>
    /// <param name="folder">
    /// A folder for the search's state and its best model; made if it is missing. If it holds a search of the same
    /// model on the same data, that one goes on.
    /// </param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    /// <exception cref="InputException">
    /// There are no validation users, or the folder holds another search, or cannot be written.
    /// </exception>
    public GridSearch(DataSplit split, Settings start, string folder, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(split);
        if (split.Validation is null)
            throw new InputException("settings are chosen by validation users; found none");
        Candidates = SettingGrid.Combine(start);
        if (Candidates.Count == 0)
            throw new InputException($"no combination of the grid of {start.Type.Name} goes together with {start}");
        (this.split, this.device) = (split, device ?? Device.Default);
        this.folder = new SearchFolder(folder, start, Checkpoint.Fingerprint(split));
        trials = [.. this.folder.Read()];
        order = InOrder(Candidates.Count);
        for (int left = Candidates.Count; left >= Halving && Rounds < MostRounds; left /= Halving)
            Rounds++;
    }

    /// <summary>The combinations of settings; the first has the model's defaults if they are in its grid.</summary>
    public IReadOnlyList<Settings> Candidates { get; }

    /// <summary>Rounds: 1 below three combinations, 2 below nine, else 3.</summary>
    public int Rounds { get; } = 1;

    /// <summary>What has been tried so far.</summary>
    public IReadOnlyList<Trial> Trials => trials;

    /// <summary>The trial of the best validation; null before the first. The first of equally good ones.</summary>
    public Trial? Best => trials.Where(trial => trial.ValidationNdcg is not null)
        .MaxBy(trial => trial.ValidationNdcg);

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
    /// About how long to train in all. Each round gets an equal share of the time that is left; combinations that it
    /// does not reach are left out, and when all the time is used up, training stops. By default there is no limit.
    /// </param>
    /// <param name="progress">Called after every step, with the combination's number and round.</param>
    /// <param name="finished">Called after each trial.</param>
    /// <param name="cancellationToken">Stops the search; a later one in the same folder goes on from there.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public void Run(TimeSpan? budget = null, Action<int, int, FitProgress>? progress = null,
        Action<Trial>? finished = null, CancellationToken cancellationToken = default)
    {
        int[] alive = order;
        double left = budget?.TotalSeconds ?? double.PositiveInfinity;
        for (int round = 1; round <= Rounds; round++)
        {
            double share = left / (Rounds - round + 1), used = 0;
            var tried = new List<Trial>();
            foreach (int number in alive)
            {
                if (used >= share && tried.Count > 0)
                    break;
                Trial? trial =
                    trials.Find(known => known.Number == number && (known.Round == round || known.IsDone));
                if (trial is null)
                {
                    trial = Try(round, number, left - used, progress, cancellationToken);
                    trials.Add(trial);
                    folder.Write(trials);
                    finished?.Invoke(trial);
                }
                tried.Add(trial);
                used += trial.Round == round ? trial.Seconds : 0;
            }
            left -= used;
            alive = [.. tried.Where(trial => trial.ValidationNdcg is not null)
                .OrderByDescending(trial => trial.ValidationNdcg).Select(trial => trial.Number)
                .Take((tried.Count + Halving - 1) / Halving)];
            if (left <= 0)
                break;
        }
        folder.RemoveCheckpoints();
    }

    /// <summary>The model of the best trial so far.</summary>
    /// <exception cref="InvalidOperationException">No trial has a result.</exception>
    public Recommender ToRecommender() => Best is null
        ? throw new InvalidOperationException("no combination of settings has been validated")
        : Recommender.Load(folder.Model, device);

    private Trial Try(int round, int number, double seconds, Action<int, int, FitProgress>? progress,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (seconds < TimeSpan.MaxValue.TotalSeconds)
            stop.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue / 1000)));
        int epochs = 0, last = int.MaxValue;
        try
        {
            using var run = new FitRun(split, Candidates[number], device, folder.Checkpoint(number));
            if (round < Rounds)
                last = (int)Math.Ceiling(run.Fit.Epochs * Math.Pow(Halving, round - Rounds));
            if (run.Fit.Position.Epoch >= last)
                stop.Cancel();
            using Recommender model = run.Run(now =>
            {
                progress?.Invoke(round, number, now);
                if (now.Finished?.Epoch >= last)
                    stop.Cancel();
            }, stop.Token);
            epochs = run.Fit.Position.Epoch;
            bool isEnough = run.IsFinished || epochs >= last;
            if (!run.IsFinished)
                folder.Save(number, run.Capture());
            if (!isEnough)
                cancellationToken.ThrowIfCancellationRequested();
            if (run.Best is { } best && best.ValidationNdcg > (Best?.ValidationNdcg ?? double.NegativeInfinity))
                folder.Save(model);
            return new(round, number, epochs, run.Best?.Epoch ?? 0, run.Best?.ValidationNdcg,
                clock.Elapsed.TotalSeconds, run.IsFinished,
                run.Divergence?.Message ?? (isEnough ? null : "its time was up"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed("its time was up before it had a result");
        }
        catch (Exception e) when (e is InputException or ArgumentException or NotSupportedException
            or DivergenceException)
        {
            return Failed(e.Message);
        }

        Trial Failed(string why) => new(round, number, epochs, 0, null, clock.Elapsed.TotalSeconds, true, why);
    }
}
