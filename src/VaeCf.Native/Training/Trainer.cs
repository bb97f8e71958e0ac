using System.Diagnostics;
using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>
/// Trains a model: shuffled epochs of Adam updates with annealed beta, validation, the best epoch kept. A run can be
/// captured after any update and resumed from there to the same bits.
/// </summary>
public sealed class Trainer : IDisposable
{
    /// <summary>The cutoff of the validation NDCG that chooses the best epoch.</summary>
    public const int ValidationCutoff = 100;

    private readonly DataSplit split;
    private readonly Device? device, owned;
    private readonly Autoencoder network;
    private readonly AdamOptimizer adam;
    private readonly ClickBatch batch;
    private readonly Compute c;
    private readonly List<EpochSummary> history;
    private readonly int[] permutation;
    private long step;
    private int epoch, position;
    private (double Loss, double Reconstruction, double Kl) sums;
    private BestModel? best;

    /// <summary>Prepares a run.</summary>
    /// <param name="split">Data; without validation users the last epoch is the best.</param>
    /// <param name="config">Model.</param>
    /// <param name="options">How to train; null: the defaults.</param>
    /// <param name="device">What trains, not disposed; null: this processor, all its cores.</param>
    /// <param name="state">Where to go on, from <see cref="Capture"/> of a run on the same data and options; null: at the start.</param>
    /// <exception cref="ArgumentException">A setting is out of range; it is named.</exception>
    /// <exception cref="InputException">The data has no users, no items, validation users without targets, or clicks that do not suit the likelihood.</exception>
    public Trainer(DataSplit split, ModelConfig config, TrainingOptions? options = null, Device? device = null, TrainingState? state = null)
    {
        this.split = split;
        if (split.Train.UserCount == 0 || split.Train.ItemCount == 0)
            throw new InputException($"there is nothing to train on: {split.Train.UserCount} users, {split.Train.ItemCount} items");
        if (split.Validation is { HeldOut.ClickCount: 0 })
            throw new InputException($"none of the {split.Validation.HeldOut.UserCount} validation users has a click to be found; expected at least one who has, or no validation users");
        config.Validate(split.Train);
        Options = (options ?? new TrainingOptions()).Resolve(split.Train.UserCount);
        this.device = device;
        owned = device is null ? Device.Cpu() : null;
        c = (device ?? owned!).Open();
        network = Autoencoder.Create(c, config, split.Train.ItemCount);
        adam = new AdamOptimizer(c, network.Parameters, Options.LearningRate, config.WeightDecay, normalizesGradients: Options.NormalizeGradients);
        batch = c.AllocateBatch();
        permutation = new int[split.Train.UserCount];
        history = [.. state?.History ?? []];
        if (state is null)
            network.Initialize(Options.Seed, Options.WeightStart, Options.PseudoInputStart == PseudoInputStart.Data ? split.Train : null);
        else
            Restore(state);
    }

    /// <summary>The options of the run, with nothing left null.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochSummary> History => history;

    /// <summary>The best validated epoch so far; null before the first.</summary>
    public BestModel? Best => best;

    /// <summary>Whether all epochs are run or patience is at its end.</summary>
    public bool IsFinished => epoch >= Options.Epochs || (Options.Patience > 0 && best is not null && epoch - Math.Max(best.Epoch, CapEpoch) >= Options.Patience);

    /// <summary>The weight that reads the clicks.</summary>
    internal Tensor FirstWeight => network.Parameters[0].Value;

    private int StepsPerEpoch => Options.StepsPerEpoch(split.Train.UserCount);

    // The epoch in which beta reaches its cap.
    private long CapEpoch => network.Config.IsVariational ? Options.CapEpoch(permutation.Length) : 0;

    /// <summary>Trains to the end, or until cancelled, and returns the best model.</summary>
    /// <param name="progress">Called after every update.</param>
    /// <param name="cancellationToken">Ends the run after the running update; the best model so far is returned all the same.</param>
    /// <returns>The model of the best validated epoch; of the last update where none was validated. It outlives the trainer.</returns>
    public Model Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var run = Stopwatch.StartNew();
        long firstStep = step;
        var training = new Stopwatch();
        int firstPosition = position;
        while (!IsFinished && !cancellationToken.IsCancellationRequested)
        {
            training.Start();
            RunStep();
            training.Stop();
            EpochSummary? finished = null;
            EvaluationReport? validation = null;
            TrainingProgress now = Progress();
            if (position == permutation.Length)
                (finished, validation) = EndEpoch();
            progress?.Invoke(now with { Finished = finished, Validation = validation, Best = best });
            if (finished is not null)
            {
                training.Reset();
                firstPosition = 0;
            }
        }
        float[][] weights = best?.Weights ?? TrainingState.Read(c, network.Parameters.Select(p => p.Value));
        return Model.Create(network.Config, split.Items, weights, device, new ModelInfo
        {
            Epoch = best?.Epoch ?? epoch,
            ValidationNdcg = best?.ValidationNdcg,
            Training = Options,
            TrainUsers = split.Train.UserCount,
        });

        TrainingProgress Progress()
        {
            double users = Math.Max(1, position);
            long steps = (long)Options.Epochs!.Value * StepsPerEpoch;
            return new TrainingProgress
            {
                Epoch = epoch + 1,
                Epochs = Options.Epochs.Value,
                Step = step,
                Steps = steps,
                UsersPerSecond = (position - firstPosition) / training.Elapsed.TotalSeconds,
                Loss = sums.Loss / users,
                Reconstruction = sums.Reconstruction / users,
                Kl = sums.Kl / users,
                Beta = Beta(step - 1, epoch),
                Remaining = run.Elapsed / (step - firstStep) * (steps - step),
            };
        }
    }

    /// <summary>One update on the next batch.</summary>
    private void RunStep()
    {
        if (position == 0)
            BeginEpoch();
        int users = Math.Min(Options.BatchSize, permutation.Length - position);
        network.EnterEpoch(epoch, begins: position == 0);
        c.Load(split.Train, permutation.AsSpan(position, users), batch);
        network.DrawNoise(batch, Options.Seed, (ulong)step);
        double beta = Beta(step, epoch);
        adam.T = step - (long)(epoch - network.PassesBefore(epoch)) * StepsPerEpoch + 1;
        LossTerms terms = network.Train(batch, beta, adam);
        double loss = terms.Total(beta);
        if (!double.IsFinite(loss))
            throw new InputException($"the loss is {loss} at update {step + 1} (epoch {epoch + 1}): training diverged; expected a finite number. A lower learning rate than {Options.LearningRate} may help");
        step++;
        position += users;
        sums = (sums.Loss + users * loss, sums.Reconstruction + users * terms.Reconstruction, sums.Kl + users * terms.Kl);
    }

    private double Beta(long updates, int inEpoch) => network.Config.IsVariational ? Options.BetaAt(updates, inEpoch) : 0;

    private void BeginEpoch()
    {
        for (int i = 0; i < permutation.Length; i++)
            permutation[i] = i;
        new RandomSequence(new RandomStream(Options.Seed, RandomPurpose.Shuffle, (ulong)epoch)).Shuffle<int>(permutation);
        sums = default;
    }

    private (EpochSummary, EvaluationReport?) EndEpoch()
    {
        epoch++;
        EvaluationReport? validation = null;
        if (split.Validation is not null && (epoch % Options.ValidateEvery == 0 || epoch == Options.Epochs))
        {
            using var ranker = new NetworkRanker(c, network);
            validation = Evaluator.Evaluate(ranker, split.Validation, new EvaluationOptions { Cutoffs = [ValidationCutoff] });
            double ndcg = validation.At(ValidationCutoff).Ndcg.Value;
            if (best is null || ndcg > best.ValidationNdcg)
                best = new BestModel(epoch, ndcg, TrainingState.Read(c, network.Parameters.Select(p => p.Value)));
        }
        double users = permutation.Length;
        var summary = new EpochSummary(epoch, Beta(step - 1, epoch - 1), sums.Loss / users, sums.Reconstruction / users, sums.Kl / users, validation?.At(ValidationCutoff).Ndcg.Value);
        history.Add(summary);
        position = 0;
        return (summary, validation);
    }

    /// <summary>All of the run's state after the last update, copied.</summary>
    public TrainingState Capture() => new()
    {
        Step = step,
        Epoch = epoch,
        Position = position,
        Permutation = [.. permutation],
        Sums = sums,
        Weights = TrainingState.Read(c, network.Parameters.Select(p => p.Value)),
        FirstMoments = TrainingState.Read(c, adam.FirstMoments),
        SecondMoments = TrainingState.Read(c, adam.SecondMoments),
        Frozen = TrainingState.Read(c, network.Frozen.Select(p => p.Value)),
        Best = best,
        History = [.. history],
    };

    private void Restore(TrainingState state)
    {
        if (state.Permutation.Length != permutation.Length)
            throw new ArgumentException($"the state is of a run on {state.Permutation.Length} users; the data has {permutation.Length}", nameof(state));
        (step, epoch, position, sums, best) = (state.Step, state.Epoch, state.Position, state.Sums, state.Best);
        state.Permutation.CopyTo(permutation, 0);
        TrainingState.Write(c, state.Weights, network.Parameters.Select(p => p.Value));
        TrainingState.Write(c, state.Frozen, network.Frozen.Select(p => p.Value));
        TrainingState.Write(c, state.FirstMoments, adam.FirstMoments);
        TrainingState.Write(c, state.SecondMoments, adam.SecondMoments);
    }

    /// <summary>Frees the run's memory.</summary>
    public void Dispose()
    {
        batch.Dispose();
        adam.Dispose();
        network.Dispose();
        owned?.Dispose();
    }
}
