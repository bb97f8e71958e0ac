using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>What a non-negative factorisation minimises.</summary>
public enum NmfLoss
{
    /// <summary>1/2 ||X - W H'||^2, with l1 and l2 on both factors.</summary>
    Square,
    /// <summary>The Kullback-Leibler divergence: sum of W H' - X log W H'.</summary>
    Kl,
}

/// <summary>
/// Non-negative matrix factorisation (Lee and Seung 2001): X is about W H' with W [U, K] and H [I, K] at least 0, by
/// multiplicative updates, of W and of H in turn. A new user's row of W is found by the same update with H fixed.
/// </summary>
public static class Nmf
{
    /// <summary>Columns of the factors, K; 64 by default.</summary>
    public static readonly Setting<int> Factors = Setting.Width("factors", "Factors of a user and of an item, K.", 64);

    /// <summary>What is minimised; the square by default.</summary>
    public static readonly Setting<NmfLoss> Loss = Setting.Choice("loss",
        "What is minimised: half the squared error, or the Kullback-Leibler divergence (Poisson).", NmfLoss.Square);

    /// <summary>Strength of the L1 term of both factors; 0 by default.</summary>
    public static readonly Setting<double> L1 =
        Setting.Number("l1", "Strength of the L1 term of all factors; only of the square loss.", 0);

    /// <summary>Strength of the L2 term of both factors; 0 by default.</summary>
    public static readonly Setting<double> L2 =
        Setting.Number("l2", "Strength of the L2 term, 1/2 N ||W||^2, of all factors; only of the square loss.", 0);

    /// <summary>Sweeps, each an update of W and one of H; 100 by default.</summary>
    public static readonly Setting<int> Sweeps = Setting.Integer("sweeps",
        "Sweeps: each updates the users' factors, then the items'.", 100, least: 1);

    // Far more than it takes to settle; a model's file must not make an answer endless.
    private const int MostFoldIn = 10_000;

    /// <summary>Updates of a new user's factors; 50 by default.</summary>
    public static readonly Setting<int> FoldIn = Setting.Integer("fold_in",
        "Updates of a new user's factors, which start at 0.5; the items' stay as they are.", 50, least: 1);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "nmf",
        Title = "NMF",
        Summary = "Non-negative factors of users and items, by multiplicative updates.",
        Citation = "Lee and Seung 2001, Algorithms for non-negative matrix factorization",
        Settings =
        [
            Factors, Loss, L1, L2, Sweeps, FoldIn, FitRun.ValidateEvery, FitRun.Patience.WithDefault(20),
            GradientFit.Seed,
        ],
        Check = settings =>
        {
            if (settings.Get(Loss) == NmfLoss.Kl && (settings.Get(L1) > 0 || settings.Get(L2) > 0))
                throw new ArgumentException("l1 and l2 go with the square loss alone; expected 0", L1.Name);
            if (settings.Get(FoldIn) > MostFoldIn)
                throw new ArgumentException($"{FoldIn.Name} is {settings.Text(FoldIn)}; expected at most {MostFoldIn}, "
                    + "for every answer makes as many updates", FoldIn.Name);
        },
        Grid = [Factors.Over(16, 32, 64, 128), Loss.Over(NmfLoss.Square, NmfLoss.Kl)],
        Fit = (data, settings, device) => new NmfFit(data, settings, device),
        Load = (data, device) => new NmfRecommender(data, device),
    };
}

/// <summary>An epoch is a sweep of two steps: the users' factors, then the items'.</summary>
internal sealed class NmfFit : Fit
{
    private const uint UserFactors = 0, ItemFactors = 1;

    private readonly float[] counts;
    private readonly ClickBatch all;
    private readonly Tensor x, gram;
    private readonly NmfUpdate update;
    private readonly NmfRanker ranker;
    private double objective;

    public NmfFit(FitData data, Settings settings, Device device) : base(data, settings, device)
    {
        int[] rows = [.. Enumerable.Range(0, data.Clicks.UserCount)];
        int factors = settings.Get(Nmf.Factors);
        counts = Ranker.CountsOf(data.Train, rows);
        all = Compute.AllocateBatch();
        Compute.Load(data.Clicks, rows, all);
        x = Compute.Allocate(counts.Length, 1);
        Compute.Write(counts, x);
        gram = Compute.Allocate(factors, factors);
        update = new NmfUpdate(Compute, settings);
        (Users, Items) = (Compute.Allocate(rows.Length, factors), Compute.Allocate(data.Items.Count, factors));
        double mean = counts.Sum(count => (double)count) / rows.Length / data.Items.Count;
        Draw(Users, UserFactors, Math.Sqrt(mean / factors));
        Draw(Items, ItemFactors, Math.Sqrt(mean / factors));
        ranker = new NmfRanker(Compute, settings, Items);
    }

    /// <summary>W, [U, K].</summary>
    internal Tensor Users { get; }

    /// <summary>H, [I, K].</summary>
    internal Tensor Items { get; }

    public override int EpochLength => Data.Clicks.UserCount + Data.Items.Count;

    public override int Epochs => Settings.Get(Nmf.Sweeps);

    public override long Steps => 2L * Epochs;

    public override Ranker Ranker => ranker;

    public override IReadOnlyList<NamedTensor> Model => [new("items", Items)];

    public override IReadOnlyList<NamedTensor> State => [new("users", Users)];

    public override IReadOnlyList<Measure> Measures => Position.Epoch > 0 ? Numbers : [];

    public override IReadOnlyList<Measure> Numbers => [new("loss", objective)];

    // |N(0, 1)| times a scale: above 0, for a factor of 0 would stay 0.
    private void Draw(Tensor factors, uint which, double scale)
    {
        var stream = new RandomStream(Settings.Get(GradientFit.Seed), RandomPurpose.Weights, 0);
        var sequence = new RandomSequence(stream, which);
        var values = new double[factors.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = Math.Abs(sequence.NextNormal()) * scale;
        Compute.Write(values, factors);
    }

    // The factors change in the last operation alone, so that a step that is cancelled leaves them whole.
    protected override void RunStep(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        bool ofUsers = Position.Done == 0;
        Prepare(ofUsers);
        cancellationToken.ThrowIfCancellationRequested();
        Apply(ofUsers);
        if (!ofUsers)
            objective = Objective(ofUsers);
        Position = ofUsers ? new FitPosition(Position.Step + 1, Position.Epoch, Data.Clicks.UserCount)
            : new FitPosition(Position.Step + 1, Position.Epoch + 1, Done: 0);
    }

    /// <summary>Starts from given factors, W [U, K] and H [I, K].</summary>
    internal void Start(double[] users, double[] items)
    {
        Compute.Write(users, Users);
        Compute.Write(items, Items);
        ranker.Prepare();
    }

    /// <summary>A tensor's numbers.</summary>
    internal double[] Read(Tensor tensor)
    {
        var values = new double[tensor.Length];
        Compute.Read(tensor, values);
        return values;
    }

    /// <summary>The factors of new users, [B, K].</summary>
    internal double[] Fold(Histories users) =>
        Read(ranker.Fold(users, [.. Enumerable.Range(0, users.Clicks.UserCount)]));

    /// <summary>Computes the gradient of the users' or the items' factors, and changes neither.</summary>
    internal void Prepare(bool ofUsers)
    {
        update.Fix(ofUsers ? Items : Users);
        if (ofUsers)
            update.OfUsers(all, x, Users, Items);
        else
            update.OfItems(all, x, Users, Items);
    }

    /// <summary>Updates the factors whose gradient was prepared.</summary>
    internal void Apply(bool ofUsers)
    {
        update.Apply(ofUsers ? Users : Items);
        if (!ofUsers)
            ranker.Prepare();
    }

    /// <summary>
    /// What is minimised, where the gradient of the users' or the items' factors was prepared last, be it applied or
    /// not.
    /// </summary>
    internal double Objective(bool ofUsers)
    {
        double[] users = update.Sums(Users), items = update.Sums(Items);
        if (!update.IsSquare)
        {
            double[] predicted = update.Predict(all, Users, Items);
            double sum = users.Zip(items, (user, item) => user * item).Sum();
            for (int n = 0; n < predicted.Length; n++)
                sum -= counts[n] * Math.Log(Math.Max(predicted[n], NmfUpdate.Epsilon));
            return sum;
        }
        // ||X - W H'||^2 = ||X||^2 - 2 tr(W' X H) + tr(W' W H' H), which needs no dense product.
        Tensor own = ofUsers ? Users : Items;
        Compute.Gemm(Transpose.A, own, own, gram);
        return Compute.SquaredNorm(x) / 2 - Dot(update.Rising, own) + Dot(update.Gram, gram) / 2
            + Settings.Get(Nmf.L1) * (users.Sum() + items.Sum())
            + Settings.Get(Nmf.L2) / 2 * (Compute.SquaredNorm(Users) + Compute.SquaredNorm(Items));
    }

    private double Dot(Tensor a, Tensor b)
    {
        const int rowsAtOnce = 4096;
        double sum = 0;
        for (int first = 0; first < a.Rows; first += rowsAtOnce)
        {
            int rows = Math.Min(rowsAtOnce, a.Rows - first);
            double[] left = new double[rows * a.Columns], right = new double[left.Length];
            Compute.Read(a.Slice(first, rows), left);
            Compute.Read(b.Slice(first, rows), right);
            for (int i = 0; i < left.Length; i++)
                sum += left[i] * right[i];
        }
        return sum;
    }

    protected override void Restore(FitPosition position, IReadOnlyDictionary<string, double> numbers)
    {
        (Position, objective) = (position, numbers["loss"]);
        ranker.Prepare();
    }

    public override void Dispose()
    {
        base.Dispose();
        ranker.Dispose();
        update.Dispose();
        foreach (IDisposable one in (IDisposable[])[all, x, gram, Users, Items])
            one.Dispose();
    }
}

internal sealed class NmfRecommender : Recommender
{
    private readonly Tensor items;

    public NmfRecommender(ModelData data, Device device) : base(data, device)
    {
        items = data.Take(Compute, "items", ItemCount, CodeLength);
        data.CheckAllTaken();
        var values = new float[CodeLength];
        for (int item = 0; item < ItemCount; item++)
        {
            Compute.Read(items.Slice(item, 1), values);
            foreach (float value in values)
                if (value < 0)
                    throw new InputException($"the model: found {value} in tensor 'items'; expected numbers from 0 on");
        }
    }

    public override int CodeLength => Settings.Get(Nmf.Factors);

    protected override IReadOnlyList<NamedTensor> Tensors => [new("items", items)];

    protected override Ranker NewRanker(Compute c) => new NmfRanker(c, Settings, items);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("items", items), item, scores);

    protected override void Free() => items.Dispose();
}

/// <summary>Folds users in, by updates of their factors with H fixed, and ranks by w H'.</summary>
internal sealed class NmfRanker : Ranker
{
    private const double Start = 0.5;

    private readonly Compute c;
    private readonly Tensor h, x, w, noBias;
    private readonly ClickBatch batch;
    private readonly NmfUpdate update;
    private readonly int updates;

    public NmfRanker(Compute c, Settings settings, Tensor h)
    {
        (this.c, this.h, updates) = (c, h, settings.Get(Nmf.FoldIn));
        (x, w, noBias) = (c.Allocate(0, 1), c.Allocate(0, h.Columns), c.Allocate(1, h.Rows));
        batch = c.AllocateBatch();
        update = new NmfUpdate(c, settings);
        Prepare();
    }

    public override int ItemCount => h.Rows;

    /// <summary>Follows H, which has changed.</summary>
    public void Prepare() => update.Fix(h);

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> items,
        Span<float> scores)
    {
        Fold(users, rows);
        c.Rank(batch, w, h, noBias, k, filter, items, scores);
    }

    public override void ScoreAll(Histories users, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Tensor all = c.Allocate(rows.Length, ItemCount);
        c.Gemm(Transpose.B, Fold(users, rows), h, all);
        c.Read(all, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> codes)
    {
        c.Read(Fold(users, rows), codes);
    }

    /// <summary>The factors of users, [B, K], until the next call.</summary>
    public Tensor Fold(Histories users, ReadOnlySpan<int> rows)
    {
        c.Load(users.Clicks, rows, batch);
        x.Resize(batch.ClickCount);
        c.Write(CountsOf(users, rows), x);
        w.Resize(rows.Length);
        c.Fill(Start, w);
        for (int i = 0; i < updates; i++)
        {
            if (i == 0 || !update.IsSquare)
                update.OfUsers(batch, x, w, h);
            else
                update.Fall(w);                                     // X H stays as it is
            update.Apply(w);
        }
        return w;
    }

    public override void Dispose()
    {
        update.Dispose();
        foreach (IDisposable one in (IDisposable[])[x, w, noBias, batch])
            one.Dispose();
        base.Dispose();
    }
}
