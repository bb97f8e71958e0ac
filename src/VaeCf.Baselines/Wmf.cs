using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>What the confidence c of a click that counts r is, and that of a pair without a click.</summary>
public enum Confidence
{
    /// <summary>c = 1 + alpha r, and 1 without a click (Hu, Koren, Volinsky 2008, section 4).</summary>
    Hu,
    /// <summary>c = 1 + alpha log(1 + r / epsilon), and 1 without a click (the same, section 6).</summary>
    Log,
    /// <summary>c = alpha0 + 1 whatever r is, and alpha0 without a click (Rendle and others 2022).</summary>
    Rendle,
}

/// <summary>
/// Weighted matrix factorisation, or implicit ALS: vectors x_u of the users and y_i of the items that minimise, over
/// all pairs, sum c_ui (p_ui - x_u . y_i)^2 + sum lambda_u |x_u|^2 + sum lambda_i |y_i|^2, p = 1 where clicked and else
/// 0, with lambda_u = lambda (n_u + c0 I)^nu for a user of n_u clicks and lambda_i = lambda (n_i + c0 U)^nu for an item
/// of n_i, c0 being the confidence of a pair without a click. A sweep solves for all users, then for all items; a user
/// whom training did not see is solved for in the same way.
/// </summary>
public static class Wmf
{
    /// <summary>Numbers in the vector of a user and of an item, K; 256 by default.</summary>
    public static readonly Setting<int> Factors = Setting.Width("factors",
        "Numbers in the vector of a user and of an item, K.", 256, paper: "the same, and up to 2,048 on ML-20M");

    /// <summary>How the confidence of a pair follows from its clicks; Rendle's by default.</summary>
    public static readonly Setting<Confidence> Weighting = Setting.Choice("confidence",
        "Confidence of a click that counts r, and of a pair without one: hu, 1 + alpha r and 1; log, "
        + "1 + alpha log(1 + r / epsilon) and 1; rendle, alpha0 + 1 and alpha0.", Confidence.Rendle,
        paper: Setting.Same);

    /// <summary>What the count of a click is multiplied by, with the confidences of Hu; 40 by default.</summary>
    public static readonly Setting<double> Alpha = Setting.Positive("alpha",
        "What a click's count, or its logarithm, is multiplied by (confidence hu, log). A weight of c1 on clicks and 1 "
        + "elsewhere is hu with alpha = c1 - 1.", 40, paper: "the same in Hu, Koren, Volinsky");

    /// <summary>What counts are divided by with the logarithmic confidence; 1e-8 by default.</summary>
    public static readonly Setting<double> Epsilon = Setting.Positive("epsilon",
        "What a click's count is divided by (confidence log).", 1e-8,
        paper: "the same in Hu, Koren, Volinsky");

    /// <summary>Confidence of a pair without a click with Rendle's; 0.1 by default.</summary>
    public static readonly Setting<double> Alpha0 = Setting.Positive("alpha0",
        "Confidence of a pair without a click (confidence rendle).", 0.1, paper: "the same on ML-20M, 0.02 on MSD");

    /// <summary>
    /// Strength of the L2 term; 0.003 by default. Rendle and others give all pairs, clicks included, a target of 0
    /// beside the clicks' target of 1; here a click has the target 1 alone. The same model has here a lambda of 1 +
    /// alpha0 times theirs.
    /// </summary>
    public static readonly Setting<double> Lambda = Setting.Positive("lambda",
        "Strength of the L2 term, before it is scaled by nu.", 0.003,
        paper: "0.003 on ML-20M and 0.002 on MSD, times 1 + alpha0 in the form used here");

    /// <summary>How much the L2 term grows with the number of clicks; 1 by default.</summary>
    public static readonly Setting<double> Nu = Setting.Number("nu",
        "The L2 term of a user of n clicks is lambda (n + c I)^nu, of an item of n clicks lambda (n + c U)^nu, c being "
        + "the confidence of a pair without a click; 0 for one lambda for all.", 1, paper: Setting.Same);

    /// <summary>Sweeps, each over all users and then over all items; 16 by default.</summary>
    public static readonly Setting<int> Sweeps = Setting.Integer("epochs",
        "Sweeps, each over all users and then over all items.", 16, least: 1, paper: Setting.Same);

    /// <summary>Standard deviation of the items' first numbers, times sqrt(K); 0.1 by default.</summary>
    public static readonly Setting<double> InitialDeviation = Setting.Positive("initial_deviation",
        "Standard deviation of the items' first numbers, times sqrt(K).", 0.1, paper: Setting.Same);

    /// <summary>The model, its settings and how it is fitted.</summary>
    public static ModelType Type { get; } = new()
    {
        Name = "wmf",
        Title = "WMF",
        Summary = "Weighted matrix factorisation by alternating least squares, over all pairs of users and items.",
        Citation = "Hu, Koren, Volinsky 2008, Collaborative filtering for implicit feedback datasets; defaults: "
            + "Rendle, Krichene, Zhang, Koren 2022, Revisiting the performance of iALS on item recommendation "
            + "benchmarks (arXiv 2110.14037)",
        Settings =
        [
            Factors, Weighting, Alpha, Epsilon, Alpha0, Lambda, Nu, Sweeps, InitialDeviation, FitRun.ValidateEvery,
            FitRun.Patience.WithDefault(0), GradientFit.Seed,
        ],
        Check = settings =>
        {
            Confidence confidence = settings.Get(Weighting);
            foreach (Setting<double> idle in confidence switch
            {
                Confidence.Rendle => [Alpha, Epsilon],
                Confidence.Hu => [Epsilon, Alpha0],
                _ => (Setting<double>[])[Alpha0],
            })
                if (settings.Get(idle) != idle.Default)
                    throw new ArgumentException($"{idle.Name} is {settings.Text(idle)}; expected another "
                        + $"{Weighting.Name} than {settings.Text(Weighting)}, which does not use it", idle.Name);
        },
        Grid = [Factors.Over(64, 256), Alpha0.Over(0.03, 0.1, 0.3), Lambda.Over(0.003, 0.01)],
        Fit = (data, settings, device) => new WmfFit(data, settings, device),
        Load = (data, device) => new WmfRecommender(data, device),
    };
}

internal sealed class WmfRecommender : Recommender
{
    private readonly Tensor items;
    // Made when the first ranker needs it: for thousands of factors it takes seconds.
    private readonly Lazy<WmfBasis> basis;

    public WmfRecommender(ModelData data, Device device) : base(data, device)
    {
        items = data.Take(Compute, "items", ItemCount, Settings.Get(Wmf.Factors));
        data.CheckAllTaken();
        basis = new(() =>
        {
            var made = new WmfBasis(Compute, items.Columns);
            made.Take(items, new WmfWeights(Settings).Unclicked);
            return made;
        });
    }

    public override int CodeLength => items.Columns;

    protected override IReadOnlyList<NamedTensor> Tensors => [new("items", items)];

    protected override Ranker NewRanker(Compute c) => new WmfRanker(c, Settings, basis.Value);

    protected override void Similarities(Compute c, int item, Span<float> scores) =>
        Cosines(c, new NamedTensor("items", items), item, scores);

    protected override void Free()
    {
        items.Dispose();
        if (basis.IsValueCreated)
            basis.Value.Dispose();
    }
}

/// <summary>Solves for the users of a batch, given the items, and ranks by x . y.</summary>
internal sealed class WmfRanker(Compute c, Settings settings, WmfBasis items) : Ranker
{
    private readonly Compute c = c;
    private readonly WmfBasis items = items;
    private readonly WmfStep step = new(c, settings, items.Rotated.Columns);
    private readonly Tensor bias = c.Allocate(1, items.Rotated.Rows), codes = c.Allocate(0, items.Rotated.Columns);

    public override int ItemCount => items.Rotated.Rows;

    public override void Rank(Histories users, ReadOnlySpan<int> rows, int k, RankFilter filter, Span<int> ranked,
        Span<float> scores)
    {
        // x . y is the same in any basis.
        step.Solve(users.Clicks, rows, items);
        c.Rank(step.Batch, step.Solution, items.Rotated, bias, k, filter, ranked, scores);
    }

    public override void Encode(Histories users, ReadOnlySpan<int> rows, Span<float> numbers)
    {
        step.Solve(users.Clicks, rows, items);
        codes.Resize(rows.Length);
        items.TurnBack(step.Solution, codes);
        c.Read(codes, numbers);
    }

    public override void Dispose()
    {
        step.Dispose();
        bias.Dispose();
        codes.Dispose();
        base.Dispose();
    }
}
