using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Endurance;

/// <summary>
/// The load of <c>soak</c>: threads that ask shared models, that train and let go in every way, and that read, write
/// and fail. Each does one small thing after another and can be paused in between.
/// </summary>
internal sealed class SoakLoad : IDisposable
{
    // RecVAE's decoder is first trained in the fourth epoch.
    private const int Epochs = 4, Askers = 2, Histories = 40, StepsAtMost = 40;

    private readonly TemporaryFolder folder = new();
    private readonly DataSplit split, rated;
    private readonly (Recommender Model, string File)[] models;
    private readonly string[][] histories;
    private readonly ScoredItem[][][] answers;
    private readonly ReaderWriterLockSlim pause = new();
    private readonly List<Thread> threads = [];
    private readonly (string Name, Action<Random> Do)[] works;
    private readonly long[] counts;
    private volatile bool stopped;
    private readonly int seed;

    public SoakLoad(int seed)
    {
        this.seed = seed;
        ClickData clicks = SmallModels.Clicks(seed);
        (split, rated) = (SmallModels.Split(MultVae.Type, seed), SmallModels.Split(Biases.Type, seed));
        File.WriteAllLines(folder["clicks.csv"], ["user,item", .. from user in Enumerable.Range(0, clicks.Users.Count)
            from item in clicks.Matrix.ItemsOf(user).ToArray() select $"{clicks.Users[user]},{clicks.Items[item]}"]);
        models = [.. SmallModels.Types.Select(type =>
        {
            using var run = new FitRun(SplitFor(type), SmallModels.Of(type, Epochs));
            Recommender model = run.Run();
            string file = folder[$"{type}.safetensors"];
            model.Save(file);
            return (model, file);
        })];
        File.WriteAllBytes(folder["torn.safetensors"], File.ReadAllBytes(models[0].File)[..^9]);
        File.WriteAllLines(folder["wrong.csv"], ["user,item", .. File.ReadLines(folder["clicks.csv"]).Skip(1).Take(99),
            "one,two,three"]);
        histories = [.. Enumerable.Range(0, Histories).Select(user =>
            clicks.Matrix.ItemsOf(user).ToArray().Select(item => clicks.Items[item]).ToArray())];
        answers = [.. models.Select(one => histories.Select(history => Answer(one.Model, history)).ToArray())];
        works =
        [
            ("answers", Ask), ("trainings", Train), ("models loaded", LoadAModel), ("failed reads", FailToRead),
            ("evaluations", Evaluate), ("folders", ReadAndWrite),
        ];
        counts = new long[works.Length];
    }

    /// <summary>How often each thing was done.</summary>
    public IReadOnlyList<long> Counts => counts;

    public string Heading => string.Join(" | ", works.Select(work => work.Name));

    /// <summary>What went wrong first; null if nothing did.</summary>
    public Exception? Failure { get; private set; }

    public void Start()
    {
        void Add(params int[] kinds)
        {
            var random = new Random(seed + threads.Count);
            var thread = new Thread(() => Work(kinds, random));
            threads.Add(thread);
            thread.Start();
        }
        for (int i = 0; i < Askers; i++)
            Add(0);
        Add(1);
        Add(2, 3, 4, 5);
    }

    /// <summary>Does something while no thread does any of its work.</summary>
    public void WhilePaused(Action action)
    {
        pause.EnterWriteLock();
        try
        {
            action();
        }
        finally
        {
            pause.ExitWriteLock();
        }
    }

    public void Stop()
    {
        stopped = true;
        threads.ForEach(thread => thread.Join());
    }

    public void Dispose()
    {
        foreach ((Recommender model, _) in models)
            model.Dispose();
        pause.Dispose();
        folder.Dispose();
    }

    private void Work(int[] kinds, Random random)
    {
        while (!stopped)
        {
            int kind = kinds[random.Next(kinds.Length)];
            pause.EnterReadLock();
            try
            {
                works[kind].Do(random);
                Interlocked.Increment(ref counts[kind]);
            }
            catch (Exception e)
            {
                Failure ??= e;
                stopped = true;
            }
            finally
            {
                pause.ExitReadLock();
            }
        }
    }

    private DataSplit SplitFor(ModelType type) => type.PredictsRatings ? rated : split;

    private static ScoredItem[] Answer(Recommender model, string[] history) => [.. model.Recommend(history).Items];

    private void Compare(Recommender model, int number, int history)
    {
        if (!Answer(model, histories[history]).SequenceEqual(answers[number][history]))
            throw new InvalidOperationException(
                $"{model.Settings.Type}: user {history} got another answer than at first");
    }

    private void Ask(Random random)
    {
        int number = random.Next(models.Length);
        Compare(models[number].Model, number, random.Next(Histories));
    }

    // A run on a device of its own or on the shared one, to its end or cancelled after some steps, with
    // checkpoints, the last of which another run goes on from; disposed of, or not.
    private void Train(Random random)
    {
        ModelType type = SmallModels.Types[random.Next(SmallModels.Types.Count)];
        Settings settings = SmallModels.Of(type, Epochs + random.Next(3));
        int steps = random.Next(1, StepsAtMost);
        using Device? own = random.Next(2) == 0 ? Device.Cpu(1 + random.Next(3)) : null;
        bool disposes = own is not null || random.Next(2) == 0;
        string file = folder["checkpoint"];
        var run = new FitRun(SplitFor(type), settings, own);
        using var stop = new CancellationTokenSource();
        Recommender? model = null;
        try
        {
            model = run.Run(now =>
            {
                if (now.Finished is not null && random.Next(2) == 0)
                    CheckpointFile.Save(file, now.Run.Capture());
                if (now.Step >= steps)
                    stop.Cancel();
            }, stop.Token);
            if (CheckpointFile.Newest(file, out _) is { } from)
                using (var resumed = new FitRun(SplitFor(from.Settings.Type), from.Settings, own, from))
                    if (!resumed.IsFinished)
                        resumed.Fit.Step();
        }
        catch (OperationCanceledException)
        {
            // Stopped within its first step: a closed form looks between its parts.
        }
        if (!disposes)
            return;
        model?.Dispose();
        run.Dispose();
    }

    private void LoadAModel(Random random)
    {
        int number = random.Next(models.Length);
        Recommender model = Recommender.Load(models[number].File);
        Compare(model, number, random.Next(Histories));
        if (random.Next(4) > 0)
            model.Dispose();
    }

    private void FailToRead(Random random)
    {
        Action[] reads =
        [
            () => Recommender.Load(folder["torn.safetensors"]),
            () => Recommender.Load(folder["clicks.csv"]),
            () => CheckpointFile.Load(models[0].File),
            () => Recommender.Load(folder["missing"]),
            () => ClickReader.Read(folder["wrong.csv"]),
            () => SplitFolder.Read(folder["missing"]),
        ];
        try
        {
            reads[random.Next(reads.Length)]();
        }
        catch (InputException)
        {
            return;
        }
        throw new InvalidOperationException("a damaged file was read");
    }

    private void Evaluate(Random random)
    {
        Recommender model = models[random.Next(models.Length)].Model;
        if (model.Settings.Type.PredictsRatings)
            RatingEvaluator.Evaluate(model, rated.Validation!, RatingScale.Of(rated.Train));
        else
            Evaluator.Evaluate(model, split.Validation!);
    }

    private void ReadAndWrite(Random random)
    {
        (DataSplit made, SplitReport report) =
            Splits.StrongGeneralization(ClickReader.Read(folder["clicks.csv"]), new() { Seed = (ulong)random.Next() });
        SplitFolder.Write(folder["split"], made, report, gzip: random.Next(2) == 0);
        SplitFolder.Read(folder["split"]);
    }
}
