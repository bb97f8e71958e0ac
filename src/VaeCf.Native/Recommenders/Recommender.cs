using System.Collections.Concurrent;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Training;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// A trained model: it ranks for users it has never seen, recommends by id, saves and loads. Any number of threads may
/// call it at once: on the CPU they do not wait for each other, and they get the same answers as they would one after
/// the other. A call that has begun when <see cref="Dispose"/> is called finishes; later ones throw
/// <see cref="ObjectDisposedException"/>.
/// </summary>
/// <example>
/// <code>
/// using Recommender model = Recommender.Load("model.safetensors");
/// foreach ((string item, float score) in model.Recommend(["1", "260"]).Items)
///     Console.WriteLine($"{item} {score}");
/// </code>
/// </example>
public abstract partial class Recommender : IRanker, IRatingPredictor, IDisposable
{
    private readonly ConcurrentBag<(Compute Compute, Ranker Ranker)> idle = [];
    // Calls that run; far below 0 once it is disposed.
    private int calls, disposed;
    private const int Closed = int.MinValue / 2;
    // Scores that nobody asked for are looked at on the stack, if they are no more.
    private const int MostOnStack = 256;

    /// <summary>
    /// Keeps what every recommender has, and opens a place to compute. If the constructor of a derived class throws,
    /// <see cref="ModelType.Load"/> frees that and the tensors that were taken.
    /// </summary>
    /// <param name="data">What it is made from; the constructor of the derived class takes its tensors.</param>
    /// <param name="device">What computes; not disposed.</param>
    protected Recommender(ModelData data, Device device)
    {
        (Settings, Items, Info, Users, Device) = (data.Settings, data.Items, data.Info, data.Users, device);
        Compute = data.Open(device);
    }

    /// <summary>The model and its settings.</summary>
    public Settings Settings { get; }

    /// <summary>Original id of each item.</summary>
    public Vocabulary Items { get; }

    /// <summary>Where the model comes from.</summary>
    public ModelInfo Info { get; }

    /// <summary>
    /// Original id of each training user; null where the model does not keep them or they are unknown.
    /// </summary>
    public Vocabulary? Users { get; }

    /// <summary>What computes.</summary>
    public Device Device { get; }

    /// <inheritdoc/>
    public int ItemCount => Items.Count;

    /// <summary>Numbers in the code of a user; 0 where the model has no code.</summary>
    public virtual int CodeLength => 0;

    /// <summary>
    /// Where the model's tensors are allocated. Rankers compute elsewhere, see <see cref="NewRanker"/>.
    /// </summary>
    protected Compute Compute { get; }

    /// <summary>The tensors of the model's file.</summary>
    protected abstract IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The models that this one is made of; its file holds them too. None by default.</summary>
    protected virtual IReadOnlyList<ModelPart> Parts => [];

    /// <summary>The models within models: 0 for one that is made of no others.</summary>
    internal int Depth => Parts.Select(part => part.Model.Depth + 1).DefaultIfEmpty().Max();

    // The tensors of the file: this model's, and those of its parts by prefixed names.
    private IEnumerable<NamedTensor> AllTensors => Tensors.Concat(Parts.SelectMany(part => part.Model.AllTensors
        .Select(tensor => tensor with { Name = ModelPart.Prefix(part.Name) + tensor.Name })));

    private IEnumerable<KeyValuePair<string, string>> Description => ModelFile.Describe(Settings, Info, Users)
        .Concat(Parts.SelectMany(part => part.Model.Description
            .Select(text => KeyValuePair.Create(ModelPart.Prefix(part.Name) + text.Key, text.Value))));

    /// <summary>
    /// Makes a ranker for one caller at a time, with scratch memory of its own and this model's weights, which it only
    /// reads.
    /// </summary>
    /// <param name="c">Where it computes.</param>
    protected abstract Ranker NewRanker(Compute c);

    /// <summary>
    /// Makes a ranker for a model that this one is part of. It does not look whether this model was trained on counts:
    /// histories with counts are for one that was, see <see cref="ModelInfo.TrainedOnCounts"/>.
    /// </summary>
    /// <param name="c">Where it computes: on this model's device.</param>
    /// <returns>The ranker, to be disposed before this model.</returns>
    public Ranker RankerOn(Compute c)
    {
        ArgumentNullException.ThrowIfNull(c);
        return NewRanker(c);
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">
    /// A score is not a finite number: the weights are too large to compute with.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The recommender is disposed.</exception>
    public void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        RankArguments.Check(this, users, rows, k, filter, items, scores);
        Span<float> ranked = !scores.IsEmpty ? scores
            : items.Length <= MostOnStack ? stackalloc float[items.Length] : new float[items.Length];
        using (Call call = Enter())
            call.Ranker.Rank(AsTrained(users), rows, k, filter, items, ranked);
        RankArguments.CheckScores(rows, k, items, ranked);
    }

    /// <summary>The code of each user, exactly what prediction uses: of a variational model the mean.</summary>
    /// <param name="users">What is known of the users.</param>
    /// <param name="rows">The users to encode, rows of <paramref name="users"/>.</param>
    /// <param name="codes">Receives rows x <see cref="CodeLength"/> numbers.</param>
    /// <exception cref="InputException">A number of a code is not finite.</exception>
    /// <exception cref="NotSupportedException">The model has no code of a user.</exception>
    public void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        if (CodeLength == 0)
            throw new NotSupportedException($"{Settings.Type.Title} has no code of a user");
        RankArguments.Check(this, users, rows);
        if (codes.Length != (long)rows.Length * CodeLength)
            throw new ArgumentException($"room for {codes.Length} numbers; expected {rows.Length} users x {CodeLength}",
                nameof(codes));
        using (Call call = Enter())
            call.Ranker.Encode(AsTrained(users), rows, codes);
        for (int i = 0; i < codes.Length; i++)
            if (!float.IsFinite(codes[i]))
                throw RankArguments.NotFinite($"the code of user {rows[i / CodeLength]} holds {codes[i]}");
    }

    // A model that was trained on clicks without counts ranks by clicks without counts.
    private Histories AsTrained(Histories users) =>
        users.Clicks.HasValues && !Info.TrainedOnCounts ? new Histories(users.Clicks.WithoutValues(), users.Users)
        : users;

    /// <summary>
    /// Writes the model to a temporary file and renames it to <paramref name="path"/>, as
    /// <see cref="AtomicFile.Write"/> does; a file that stands there is replaced, whatever it holds. The same model
    /// gives the same bytes.
    /// </summary>
    /// <param name="path">
    /// The file, usually named <c>….safetensors</c>: float32 tensors, with settings, items and origin in its metadata.
    /// </param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the model to where a stream stands; it need not be able to seek, and stays open.</summary>
    public void Save(Stream stream)
    {
        using Call call = Enter();
        ModelFile.Write(stream, call.Compute, Items, [.. Description], [.. AllTensors]);
    }

    /// <summary>Whether a file is a model that <see cref="Save(string)"/> wrote, by its header alone.</summary>
    /// <param name="path">A regular file.</param>
    public static bool IsModel(string path) => ModelFile.IsModel(path);

    /// <summary>Reads a model that <see cref="Save(string)"/> wrote, of any type in <see cref="Catalog"/>.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="device">What computes; not disposed. By default this CPU with all its cores.</param>
    /// <exception cref="InputException">
    /// The file is missing or not whole, or its model is not in the catalog (<see cref="Catalog.Add"/>); the message
    /// says what was found.
    /// </exception>
    public static Recommender Load(string path, Device? device = null)
    {
        using var file = new SafeTensors(path);
        return Load(file, device);
    }

    /// <summary>
    /// Reads a model from where a stream stands, and leaves the stream open. One that can seek then stands behind the
    /// model; one that cannot is first copied to memory, to its end, of at most 2 GB.
    /// </summary>
    /// <inheritdoc cref="Load(string, Device?)"/>
    public static Recommender Load(Stream stream, Device? device = null)
    {
        if (!stream.CanSeek)
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            copy.Position = 0;
            return Load(copy, device);
        }
        using var file = new SafeTensors(stream, "the stream");
        return Load(file, device);
    }

    private static Recommender Load(SafeTensors file, Device? device)
    {
        ModelData data = ModelFile.Read(file);
        return data.Settings.Type.Load(data, device ?? Device.Default);
    }

    /// <summary>
    /// Copies of the model's weights, the tensors of its file; <see cref="SavedTensor.AsTensor"/> gives them their
    /// shapes.
    /// </summary>
    public IReadOnlyList<SavedTensor> CopyTensors()
    {
        using Call call = Enter();
        return SavedTensor.Copy(call.Compute, [.. AllTensors]);
    }

    /// <summary>Frees the model's memory once the calls that have begun have finished.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        Interlocked.Add(ref calls, Closed);
        SpinWait spin = default;
        while (Volatile.Read(ref calls) != Closed)
            spin.SpinOnce();
        foreach ((Compute compute, Ranker ranker) in idle)
        {
            ranker.Dispose();
            compute.Dispose();
        }
        Free();
        Compute.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the model's tensors, after the last ranking.</summary>
    protected abstract void Free();

    private Call Enter()
    {
        if (Interlocked.Increment(ref calls) < 0)
        {
            Interlocked.Decrement(ref calls);
            throw new ObjectDisposedException(GetType().Name);
        }
        try
        {
            if (!idle.TryTake(out (Compute Compute, Ranker Ranker) one))
                one = OpenRanker();
            return new Call(this, one.Compute, one.Ranker, Device.Begin(one.Compute));
        }
        catch
        {
            Interlocked.Decrement(ref calls);
            throw;
        }
    }

    private (Compute, Ranker) OpenRanker()
    {
        Compute c = Device.Open();
        try
        {
            return (c, NewRanker(c));
        }
        catch
        {
            c.Dispose();
            throw;
        }
    }

    // A call that runs, with what it has to itself until it ends.
    private readonly ref struct Call(Recommender owner, Compute compute, Ranker ranker, Turn turn)
    {
        private readonly Turn turn = turn;

        public Compute Compute => compute;

        public Ranker Ranker => ranker;

        public void Dispose()
        {
            turn.Dispose();
            owner.idle.Add((compute, ranker));
            Interlocked.Decrement(ref owner.calls);
        }
    }
}
