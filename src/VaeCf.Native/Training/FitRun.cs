using System.Diagnostics;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// Runs any model's fit: validates it after epochs, keeps the best, counts patience, reports progress. It can be
/// captured after any step and resumed later, with the same bits as a result. It is for one thread at a time.
/// </summary>
/// <example>
/// <code>
/// using var run = new FitRun(split, MultVae.Type.Defaults.With(GradientFit.EpochCount, 50));
/// using Recommender model = run.Run(now => Console.WriteLine($"{now.Share:P0}"));
/// model.Save("model.safetensors");
/// </code>
/// </example>
public sealed class FitRun : IDisposable
{
    /// <summary>The cutoff of the validation NDCG that chooses the best epoch.</summary>
    public const int ValidationCutoff = 100;

    /// <summary>
    /// Epochs from one validation to the next; 1 by default, and always for a model without this setting.
    /// </summary>
    public static readonly Setting<int> ValidateEvery =
        Setting.Integer("validate_every", "Epochs from one validation to the next.", 1, least: 1);

    /// <summary>
    /// Epochs without a better validation after which the run ends, counted from the epoch in which beta reaches its
    /// cap; 50 by default, 0 for never. A model without this setting has 0.
    /// </summary>
    public static readonly Setting<int> Patience = Setting.Integer("patience",
        "Stop after this many epochs without a better validation; where beta is annealed, counted from the epoch in "
        + "which it reaches its cap; 0: never.", 50, least: 0);

    private readonly DataSplit split;
    private readonly Fit fit;
    private readonly List<EpochSummary> history;
    private readonly int validateEvery, patience;
    private readonly Lazy<string> fingerprint;
    private BestModel? best;

    /// <summary>Prepares a run.</summary>
    /// <param name="split">The data; without validation users the model of the last epoch is kept.</param>
    /// <param name="settings">The model and its settings, such as <c>MultVae.Type.Defaults</c>.</param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    /// <param name="from">
    /// Where to resume, as <see cref="Capture"/> gave it for a run on the same data with the same settings; by default
    /// the run starts anew.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A setting is out of range, or <paramref name="from"/> has other settings, data or tensors; the message names
    /// what differs.
    /// </exception>
    /// <exception cref="InputException">
    /// The data has no users, no items, validation users without targets, or clicks that do not suit the model, such as
    /// clicks without ratings for a model that predicts them.
    /// </exception>
    public FitRun(DataSplit split, Settings settings, Device? device = null, Checkpoint? from = null)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(settings);
        this.split = split;
        fingerprint = new(() => Checkpoint.Fingerprint(split, settings));
        if (split.Train.UserCount == 0 || split.Train.ItemCount == 0)
            throw new InputException(
                $"there is nothing to train on: {split.Train.UserCount} users, {split.Train.ItemCount} items");
        if (split.Validation is { HeldOut.ClickCount: 0 })
            throw new InputException($"none of the {split.Validation.HeldOut.UserCount} validation users has a "
                + "held-out click; expected at least one who has, or no validation users");
        if (settings.Type.PredictsRatings
            && !(split.Train.HasValues
                && split.Validation is null or { FoldIn.HasValues: true, HeldOut.HasValues: true }))
            throw new InputException($"found clicks without ratings; expected ratings, which {settings.Type.Title} is "
                + "trained to predict");
        settings.Check();
        fit = settings.Type.Fit(new FitData(new Histories(split.Train, split.TrainUsers), split.Items), settings,
            device ?? Device.Default);
        validateEvery = settings.Has(ValidateEvery) ? settings.Get(ValidateEvery) : 1;
        patience = settings.Has(Patience) ? settings.Get(Patience) : 0;
        history = [.. from?.History ?? []];
        if (from is null)
            return;
        try
        {
            Restore(from);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The fit.</summary>
    public Fit Fit => fit;

    /// <summary>The settings of the run, with nothing left to be chosen.</summary>
    public Settings Settings => fit.Settings;

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochSummary> History => history;

    /// <summary>The best validated epoch so far; null before the first.</summary>
    public BestModel? Best => best;

    /// <summary>What diverged, if the run ended because of that; else null.</summary>
    public DivergenceException? Divergence { get; private set; }

    /// <summary>Whether all epochs are done, patience has run out, or the run diverged.</summary>
    public bool IsFinished => fit.IsDone || Divergence is not null
        || (patience > 0 && best is not null && fit.Position.Epoch - Math.Max(best.Epoch, fit.WarmUpEnd) >= patience);

    /// <summary>Runs to the end, or until cancelled, and returns the best model.</summary>
    /// <remarks>
    /// The loss is checked in every step; the weights after every epoch, before they are validated, and before they are
    /// returned; the scores in every validation. Where one is not finite the run ends: <see cref="Divergence"/> says
    /// why. What <paramref name="progress"/> throws comes out; the run is then as after its last step, and goes on with
    /// the next call.
    /// </remarks>
    /// <param name="progress">
    /// Called on this thread after every step, and now and then during a long one; null for none.
    /// </param>
    /// <param name="cancellationToken">Ends the run; the best model so far is returned all the same.</param>
    /// <returns>
    /// The model of the best validated epoch; of the last step if none was validated. It outlives the run; the device
    /// must outlive it.
    /// </returns>
    /// <exception cref="OperationCanceledException">
    /// The run was cancelled before its first step, so there is no model.
    /// </exception>
    /// <exception cref="DivergenceException">The run diverged before any epoch was validated.</exception>
    public Recommender Run(Action<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var pace = new Pace(this);
        while (!IsFinished && !cancellationToken.IsCancellationRequested)
        {
            EpochSummary? finished = null;
            Validated? validation = null;
            FitProgress? now = null;
            try
            {
                pace.Step(progress, cancellationToken);
                if (fit.EndsEpoch)
                    CheckWeights();
                now = progress is null ? null : pace.Now(0);
                if (fit.EndsEpoch)
                    (finished, validation) = EndEpoch();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (DivergenceException e)
            {
                Divergence = e;
                break;
            }
            if (now is not null)
                progress!(now with
                {
                    Finished = finished,
                    Validation = validation?.Report,
                    ValidationError = validation?.Measure.StandardError,
                    Best = best,
                });
            if (finished is not null)
                pace.BeginEpoch();
        }
        if (Divergence is not null && best is null)
            throw Divergence;
        if (fit.Position.Step == 0)
            throw new OperationCanceledException("stopped before the first step: there is no model", cancellationToken);
        return ToRecommender();
    }

    private Recommender ToRecommender()
    {
        var info = new ModelInfo(best?.Epoch ?? fit.Position.Epoch, best?.Validation, split.Train.UserCount,
            split.Train.HasValues, Settings.Type.PredictsRatings ? RatingScale.Of(split.Train) : null);
        // The model as it is need not be copied, and is the best where no epoch was better.
        if (best is null || best.Tensors.Count == 0)
        {
            if (!fit.EndsEpoch)
                CheckWeights();
            return fit.ToRecommender(info);
        }
        return Settings.Type.Load(
            ModelData.InMemory(Settings, split.Items, info, best.Tensors, fit.KeptUsers), fit.Device);
    }

    // The sum of squares is not finite if one number is not; a large number's square may not be finite either.
    private void CheckWeights()
    {
        using (fit.Device.Begin(fit.Compute))
            foreach (NamedTensor tensor in fit.Model)
                if (!double.IsFinite(fit.Compute.SquaredNorm(tensor.Value))
                    && !tensor.Copy(fit.Compute).All(float.IsFinite))
                    throw new DivergenceException($"tensor '{tensor.Name}' holds a number that is not finite",
                        fit.Position.Step, fit.EndsEpoch ? fit.Position.Epoch : fit.Position.Epoch + 1);
    }

    // What a validation measured, and the whole report of a model that ranks.
    private readonly record struct Validated(Estimate Measure, EvaluationReport? Report);

    private (EpochSummary, Validated?) EndEpoch()
    {
        int epoch = fit.Position.Epoch;
        Validated? validation = null;
        if (split.Validation is not null && (epoch % validateEvery == 0 || fit.IsDone))
        {
            validation = Validate(split.Validation);
            double measured = validation.Value.Measure.Value;
            // After the last epoch the fit itself holds the model.
            if (Settings.Type.Validation.IsBetter(measured, best?.Validation))
                best = new BestModel(epoch, measured, fit.IsDone ? [] : SavedTensor.Copy(fit.Compute, fit.Model));
        }
        var summary = new EpochSummary(epoch, fit.Measures, validation?.Measure.Value);
        history.Add(summary);
        return (summary, validation);
    }

    private Validated Validate(EvaluationSet users)
    {
        using (fit.Device.Begin(fit.Compute))
            try
            {
                if (Settings.Type.PredictsRatings)
                    return new(RatingEvaluator.Evaluate(fit.Ranker, users, RatingScale.Of(split.Train)).All.Rmse, null);
                EvaluationReport report =
                    Evaluator.Evaluate(fit.Ranker, users, new EvaluationOptions { Cutoffs = [ValidationCutoff] });
                return new(report.At(ValidationCutoff).Ndcg, report);
            }
            catch (InputException e) when (e.InnerException is NotFiniteNumberException { Message: var what })
            {
                throw fit.Diverged(what, fit.Position.Step, fit.Position.Epoch);
            }
    }

    /// <summary>All of the run's state after the last step, copied.</summary>
    /// <exception cref="InvalidOperationException">
    /// A closed form's model has become its recommender's, which is disposed.
    /// </exception>
    public Checkpoint Capture()
    {
        IReadOnlyList<SavedTensor> model;
        try
        {
            model = SavedTensor.Copy(fit.Compute, fit.Model);
        }
        catch (ObjectDisposedException e) when (fit is ClosedFormFit { IsHandedOver: true })
        {
            throw new InvalidOperationException(
                "the model belonged to its recommender, which is disposed; capture the run before that", e);
        }
        return new Checkpoint
        {
            Settings = Settings,
            Data = fingerprint.Value,
            Position = fit.Position,
            Model = model,
            State = SavedTensor.Copy(fit.Compute, fit.State),
            Numbers = [.. fit.Numbers],
            Best = best is { Tensors.Count: 0 } ? best with { Tensors = model } : best,
            History = [.. history],
        };
    }

    private void Restore(Checkpoint from)
    {
        if (fingerprint.Value != from.Data)
            throw new ArgumentException($"the checkpoint is of a run on other data than these {split.Train.UserCount} "
                + $"users and {split.Train.ItemCount} items"
                + (Settings.Files.Any() ? ", or on other contents of its files" : ""), nameof(from));
        if (Settings.Difference(from.Settings) is { } difference)
            throw new ArgumentException($"the checkpoint is of another run: {difference}", nameof(from));
        (long step, int epoch, int done) = from.Position;
        if (epoch < 0 || epoch > fit.Epochs || done < 0 || done > 0 && done >= fit.EpochLength
            || step < epoch + (done > 0 ? 1L : 0))
            throw new ArgumentException($"the checkpoint is {step} steps, {epoch} epochs and {done} users into a run; "
                + $"expected a place in one of {fit.Epochs} epochs of {fit.EpochLength}", nameof(from));
        fit.MakeRoom(from.Model, from.State);
        SavedTensor.Write(fit.Compute, from.Model, fit.Model);
        SavedTensor.Write(fit.Compute, from.State, fit.State);
        try
        {
            fit.Restore(from.Position, from.Numbers.ToDictionary(number => number.Name, number => number.Value));
        }
        catch (KeyNotFoundException e)
        {
            throw new ArgumentException($"the checkpoint lacks a number of its fit: {e.Message}", nameof(from), e);
        }
        best = from.Best;
    }

    /// <summary>Waits for the step that another thread is making, if any, and frees the run's memory.</summary>
    public void Dispose() => fit.Dispose();

    /// <summary>The pace of a run: what its progress reports are made of.</summary>
    private sealed class Pace(FitRun run) : IProgress<double>
    {
        private readonly Stopwatch clock = Stopwatch.StartNew(), fitting = new();
        private readonly FitPosition first = run.fit.Position;
        private int firstDone = run.fit.Position.Done;
        private Action<FitProgress>? within;

        public void Step(Action<FitProgress>? progress, CancellationToken cancellationToken)
        {
            within = progress;
            fitting.Start();
            run.fit.Step(progress is null ? null : this, cancellationToken);
            fitting.Stop();
        }

        // Validation and reports count in neither.
        public void BeginEpoch()
        {
            fitting.Reset();
            firstDone = 0;
        }

        public void Report(double value) => within?.Invoke(Now(value));

        public FitProgress Now(double ofStep)
        {
            Fit fit = run.fit;
            (long step, int epoch, int done) = fit.Position;
            double share = Math.Min(1, (step + ofStep) / fit.Steps), made = step + ofStep - first.Step;
            bool ended = ofStep == 0 && fit.EndsEpoch;
            return new FitProgress
            {
                Run = run,
                Epoch = ended ? epoch : epoch + 1,
                Epochs = fit.Epochs,
                Step = step,
                Steps = fit.Steps,
                Share = share,
                UsersPerSecond = ((ended ? fit.EpochLength : done) - firstDone) / fitting.Elapsed.TotalSeconds,
                Fitting = fitting.Elapsed,
                Measures = fit.Measures,
                Remaining = made > 0 ? clock.Elapsed / made * (fit.Steps - step - ofStep) : TimeSpan.Zero,
                Best = run.best,
            };
        }
    }
}
