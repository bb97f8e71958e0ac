using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Baselines;

/// <summary>Cases of these models that another program computed.</summary>
public static partial class BaselineCases
{
    /// <summary>Makes them known to <see cref="Case.Verify"/>.</summary>
    public static void AddAll()
    {
        Case.Add("ease", OfEase);
        Case.Add("slim", OfSlim);
        Case.Add("wmf", OfWmf);
        Case.Add("item-cosine", (root, device) => OfItemKnn(root, device, ItemSimilarity.Cosine));
        Case.Add("item-jaccard", (root, device) => OfItemKnn(root, device, ItemSimilarity.Jaccard));
        Case.Add("nmf", OfNmf);
        Case.Add("user-cosine", (root, device) => OfUserKnn(root, device, UserSimilarity.Cosine));
        Case.Add("user-hamming", (root, device) => OfUserKnn(root, device, UserSimilarity.Hamming));
        Case.Add("content", OfContentKnn);
        Case.Add("hybrid", OfHybrid);
        Case.Add("ae", NetworkCases.OfNetwork);
        Case.Add("deep-collaborative", NetworkCases.OfNetwork);
        Case.Add("cdae", NetworkCases.OfCdae);
        Case.Add("svae", SvaeCases.Recompute);
        AutoRecCases.AddAll();
        DeepRecCases.AddAll();
        RbmCases.AddAll();
        NcfCases.AddAll();
    }

    private static Dictionary<string, double[]> OfNmf(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        Settings settings = Nmf.Type.Defaults.With(Nmf.Factors, config.GetProperty("factors").GetInt32())
            .With(Nmf.Loss, config.GetProperty("loss").GetString() == "frobenius" ? NmfLoss.Square : NmfLoss.Kl)
            .With(Nmf.L1, config.GetProperty("l1").GetDouble()).With(Nmf.L2, config.GetProperty("l2").GetDouble())
            .With(Nmf.Sweeps, config.GetProperty("iterations").GetInt32())
            .With(Nmf.FoldIn, config.GetProperty("fold_in_iterations").GetInt32());
        using var fit = new NmfFit(Data(inputs, "x"), settings, device);
        fit.Start(Tensor(inputs.GetProperty("w")).Data,
            Transposed(Tensor(inputs.GetProperty("h")).Data, settings.Get(Nmf.Factors)));
        fit.Prepare(ofUsers: true);
        var losses = new List<double> { fit.Objective(ofUsers: true) };
        for (bool ofUsers = true; !fit.IsDone; ofUsers = !ofUsers)
        {
            fit.Step();
            losses.Add(fit.Objective(ofUsers));
        }
        double[] items = fit.Read(fit.Items), codes = fit.Fold(new Histories(Matrix(inputs.GetProperty("new_rows"))));
        int factors = fit.Items.Columns;
        return new()
        {
            ["w"] = fit.Read(fit.Users),
            ["h"] = Transposed(items, fit.Items.Rows),
            ["loss_after_half_iterations"] = [.. losses],
            ["w_of_new_rows"] = codes,
            ["scores_of_new_rows"] = Products(codes, items, factors),
        };
    }

    private static Dictionary<string, double[]> OfUserKnn(JsonElement root, Device device, UserSimilarity similarity)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        Settings settings = UserKnn.Type.Defaults.With(UserKnn.Neighbours, config.GetProperty("k").GetInt32())
            .With(UserKnn.Shrink, config.GetProperty("shrink").GetDouble());
        var users = new Histories(Matrix(inputs.GetProperty("new_rows")));
        UserScorer Scorer(UserSimilarity by) =>
            new(new UserIndex(Matrix(inputs.GetProperty("x")), null, settings.With(UserKnn.Similarity, by)));
        return new()
        {
            ["neighbours"] = [.. Enumerable.Range(0, users.Clicks.UserCount)
                .SelectMany(row => Scorer(similarity).Nearest(users, row)).Select(one => (double)one.User)],
            ["scores_of_new_rows"] = Scores(Scorer(similarity), users),
            ["scores_weighted"] = Scores(Scorer(UserSimilarity.WeightedHamming), users),
        };
    }

    private static Dictionary<string, double[]> OfContentKnn(JsonElement root, Device device)
    {
        JsonElement inputs = root.GetProperty("inputs");
        (int[] shape, double[] genres) = Tensor(inputs.GetProperty("genres"));
        IReadOnlyList<string>[] features = [.. genres.Chunk(shape[1]).Select(item =>
            (IReadOnlyList<string>)[.. Enumerable.Range(0, shape[1]).Where(genre => item[genre] != 0)
                .Select(genre => $"{genre}")])];
        int kept = root.GetProperty("config").GetProperty("k").GetInt32();
        (double[] all, double[] likeness) = ContentKnn.Nearest(features, features.Length);
        var similarities = new double[shape[0] * shape[0]];
        for (int n = 0; n < all.Length; n++)
            if (all[n] >= 0)
                similarities[n / shape[0] * shape[0] + (int)all[n]] = likeness[n];
        for (int item = 0; item < shape[0]; item++)
            similarities[item * (shape[0] + 1)] = features[item].Count > 0 ? 1 : 0;
        (double[] nearest, likeness) = ContentKnn.Nearest(features, kept);
        return new()
        {
            ["similarities"] = similarities,
            ["neighbours"] = [.. nearest.Chunk(kept).SelectMany((own, item) => Neighbours(own, item, shape[0]))],
            ["scores_of_new_rows"] = Scores(
                new ContentScorer(kept, Array.ConvertAll(nearest, item => (int)item), likeness),
                new Histories(Matrix(inputs.GetProperty("new_rows")))),
        };
    }

    // A case fills the places that are left with items of similarity 0, and has all in the order of their indices.
    private static IEnumerable<double> Neighbours(double[] own, int item, int items) =>
        own.Where(other => other >= 0).Concat(Enumerable.Range(0, items).Select(other => (double)other))
            .Where(other => other != item).Distinct().Take(own.Length).Order();

    private static Dictionary<string, double[]> OfHybrid(JsonElement root, Device device)
    {
        JsonElement inputs = root.GetProperty("inputs");
        (int[] shape, double[] a) = Tensor(inputs.GetProperty("a"));
        double[] b = Tensor(inputs.GetProperty("b")).Data;
        ClickMatrix seen = Matrix(inputs.GetProperty("seen"));
        for (int row = 0; row < shape[0]; row++)
        {
            Span<double> mixed = a.AsSpan(row * shape[1], shape[1]);
            Hybrid.Mix(mixed, b.AsSpan(row * shape[1], shape[1]), seen.ItemsOf(row),
                root.GetProperty("config").GetProperty("w").GetDouble());
            foreach (int item in seen.ItemsOf(row))
                mixed[item] = 0;
        }
        return new() { ["scores_of_unseen"] = a };
    }

    private static double[] Scores(RowScorer scorer, Histories users)
    {
        var scores = new double[users.Clicks.UserCount * users.Clicks.ItemCount];
        for (int row = 0; row < users.Clicks.UserCount; row++)
            scorer.Score(users, row, scores.AsSpan(row * users.Clicks.ItemCount, users.Clicks.ItemCount));
        return scores;
    }

    private static FitData Data(JsonElement inputs, string name)
    {
        ClickMatrix clicks = Matrix(inputs.GetProperty(name));
        return new(new Histories(clicks),
            new Vocabulary([.. Enumerable.Range(0, clicks.ItemCount).Select(item => (long)item)]));
    }

    internal static (int[] Shape, double[] Data) Tensor(JsonElement tensor)
    {
        int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        double[] data = [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];
        return shape.All(size => size >= 0) && data.Length == shape.Aggregate(1L, (all, size) => all * size)
            ? (shape, data)
            : throw new ArgumentException($"{data.Length} numbers for the shape [{string.Join(", ", shape)}]");
    }

    internal static ClickMatrix Matrix(JsonElement tensor)
    {
        (int[] shape, double[] data) = Tensor(tensor);
        int items = shape[1];
        long[] starts = new long[shape[0] + 1];
        for (int row = 0; row < shape[0]; row++)
            starts[row + 1] = starts[row] + data.AsSpan(row * items, items).ToArray().Count(value => value != 0);
        return new ClickMatrix(items, starts,
            [.. Enumerable.Range(0, data.Length).Where(i => data[i] != 0).Select(i => i % items)],
            data.All(value => value is 0 or 1) ? null
                : [.. data.Where(value => value != 0).Select(value => (float)value)]);
    }

    internal static double[] Transposed(double[] matrix, int rows)
    {
        int columns = matrix.Length / Math.Max(1, rows);
        return [.. Enumerable.Range(0, matrix.Length).Select(i => matrix[i % rows * columns + i / rows])];
    }
}
