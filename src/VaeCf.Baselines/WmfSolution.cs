using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace VaeCf.Baselines;

/// <summary>
/// What the scores of a user are made of in <see cref="Wmf"/>. The vector x of the user solves A x = b, with A = c0 Y'Y
/// + sum w_j y_j y_j' + lambda_u I and b = sum (c0 + w_j) y_j, over the user's clicks j. As b is a sum, so is x = sum
/// (c0 + w_j) A^-1 y_j, and so is the score y_i . x of an item i (Hu, Koren, Volinsky 2008, section 5).
/// </summary>
public sealed class WmfSolution
{
    private readonly double[] items, parts;
    private readonly Vocabulary ids;

    private WmfSolution(Recommender model, ClickMatrix clicks, double[] items, double[] parts, double[] confidences,
        double unclicked, double ridge)
    {
        (ids, this.items, this.parts) = (model.Items, items, parts);
        int factors = model.CodeLength;
        (Unclicked, Ridge, Confidences) = (unclicked, ridge, confidences);
        History = [.. clicks.ItemsOf(0).ToArray().Select(item => ids[item])];
        double[] x = [.. Enumerable.Range(0, factors).Select(k => Enumerable.Range(0, confidences.Length)
            .Sum(click => parts[click * factors + k]))];
        Vector = x;
        Residual = RelativeResidual(clicks, x);
    }

    /// <summary>c0, the confidence of a pair without a click.</summary>
    public double Unclicked { get; }

    /// <summary>lambda_u, the L2 term's factor for this user.</summary>
    public double Ridge { get; }

    /// <summary>Original ids of the user's items.</summary>
    public IReadOnlyList<string> History { get; }

    /// <summary>The confidence c0 + w of each click of <see cref="History"/>.</summary>
    public IReadOnlyList<double> Confidences { get; }

    /// <summary>x, K numbers in double precision; what ranks is solved for in single precision.</summary>
    public IReadOnlyList<double> Vector { get; }

    /// <summary>The norm of A x - b over that of b, A and b by their formulas.</summary>
    public double Residual { get; }

    /// <summary>What each click of <see cref="History"/> adds to an item's score; the sum is the score.</summary>
    /// <param name="item">Original id of the item.</param>
    /// <exception cref="ArgumentException">The model does not know the item.</exception>
    public IReadOnlyList<double> Contributions(string item)
    {
        int row = ids.IndexOf(item);
        if (row < 0)
            throw new ArgumentException($"the model does not know the item '{item}'", nameof(item));
        return [.. Enumerable.Range(0, History.Count).Select(click => Dot(items, row, parts, click))];
    }

    /// <summary>Solves for a user in double precision, by the reference of a sweep's kernels.</summary>
    /// <param name="model">A model of the type <see cref="Wmf.Type"/>.</param>
    /// <param name="history">The user's clicks; those on items that the model does not know do not count.</param>
    /// <exception cref="ArgumentException">The model is another one.</exception>
    public static WmfSolution Of(Recommender model, IEnumerable<HistoryItem> history)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Settings.Type != Wmf.Type)
            throw new ArgumentException($"found a model that is {model.Settings.Type}; expected {Wmf.Type}",
                nameof(model));
        ClickMatrix clicks = model.ClicksOf(history);
        var weights = new WmfWeights(model.Settings);
        int factors = model.CodeLength, count = clicks.CountOf(0);
        using Device device = Device.Reference();
        using Compute c = device.Open();
        using Tensor y = c.Allocate(model.ItemCount, factors), turned = c.Allocate(count, factors);
        c.Write(model.CopyTensors().Single().Values, y);
        using var basis = new WmfBasis(c, factors);
        basis.Take(y, weights.Unclicked);
        using var step = new WmfStep(c, model.Settings, factors);
        // A row for each click: A is that of all clicks, b has the one alone.
        step.Solve(clicks, new int[count], basis, (row, click) => row == click);
        basis.TurnBack(step.Solution, turned);
        double[] items = new double[y.Length], parts = new double[turned.Length];
        c.Read(y, items);
        c.Read(turned, parts);
        ReadOnlySpan<float> counts = clicks.ValuesOf(0);
        var confidences = new double[count];
        for (int n = 0; n < count; n++)
            confidences[n] = weights.Unclicked + weights.OfClick(counts.IsEmpty ? 1 : counts[n]);
        return new WmfSolution(model, clicks, items, parts, confidences, weights.Unclicked,
            weights.Ridge(count, model.ItemCount));
    }

    private double RelativeResidual(ClickMatrix clicks, double[] x)
    {
        int factors = x.Length;
        double[] residual = [.. x.Select(value => Ridge * value)], b = new double[factors];
        for (int item = 0; item < ids.Count; item++)
            Add(residual, Unclicked * Dot(items, item, x, 0), item);
        for (int n = 0; n < Confidences.Count; n++)
        {
            int item = clicks.ItemsOf(0)[n];
            Add(residual, (Confidences[n] - Unclicked) * Dot(items, item, x, 0) - Confidences[n], item);
            Add(b, Confidences[n], item);
        }
        return Math.Sqrt(residual.Sum(value => value * value) / b.Sum(value => value * value));

        void Add(double[] to, double factor, int item)
        {
            for (int k = 0; k < factors; k++)
                to[k] += factor * items[item * factors + k];
        }
    }

    private double Dot(double[] a, int rowOfA, double[] b, int rowOfB)
    {
        int factors = Vector.Count;
        return TensorPrimitives.Dot(new ReadOnlySpan<double>(a, rowOfA * factors, factors),
            new ReadOnlySpan<double>(b, rowOfB * factors, factors));
    }
}
