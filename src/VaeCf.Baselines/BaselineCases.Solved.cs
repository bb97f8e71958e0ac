using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>Cases of the models that are solved, as the optimum of a problem or by counting.</summary>
public static partial class BaselineCases
{
    private static Dictionary<string, double[]> OfEase(JsonElement root, Device device)
    {
        JsonElement inputs = root.GetProperty("inputs");
        Settings settings =
            Ease.Type.Defaults.With(Ease.Lambda, root.GetProperty("config").GetProperty("lambda").GetDouble());
        using var fit = new EaseFit(Data(inputs, "x"), settings, device);
        fit.Step();
        double[] weights = fit.Read();
        ClickMatrix x = Matrix(inputs.GetProperty("x")), newRows = Matrix(inputs.GetProperty("new_rows"));
        return new()
        {
            ["weights"] = weights,
            ["scores"] = Linear(x, weights),
            ["scores_of_new_rows"] = Linear(newRows, weights),
            ["scores_of_new_rows_without_negative_weights"] =
                Linear(newRows, Array.ConvertAll(weights, weight => Math.Max(0, weight))),
        };
    }

    private static Dictionary<string, double[]> OfSlim(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        ClickMatrix x = Matrix(inputs.GetProperty("x"));
        int items = x.ItemCount;
        using Compute c = device.Open();
        using Tensor gram = c.Allocate(items, items), columns = c.Allocate(items, items);
        Load(c, x, all => c.Gram(all, 0, gram));
        // In single precision no weight settles to more digits than it has.
        var problem = new ElasticNet(config.GetProperty("l1").GetDouble(), config.GetProperty("l2").GetDouble(),
            config.GetProperty("non_negative").GetBoolean(), c is ReferenceCompute ? 1e-13 : 1e-6, 100_000);
        c.CoordinateDescent(gram, 0, problem, columns);
        double[] weights = Transposed(Read(c, columns), items), g = Read(c, gram);
        return new()
        {
            ["weights"] = weights,
            ["objective_per_column"] = [.. Enumerable.Range(0, items).Select(Objective)],
            ["non_zeros"] = [weights.Count(weight => weight != 0)],
            ["scores_of_new_rows"] = Linear(Matrix(inputs.GetProperty("new_rows")), weights),
        };

        // 1/2 (G_jj - 2 w G_j + w G w) + l2/2 w w + l1 |w|.
        double Objective(int target)
        {
            double objective = g[target * (items + 1)] / 2;
            for (int i = 0; i < items; i++)
            {
                double w = weights[i * items + target], along = 0;
                for (int k = 0; k < items; k++)
                    along += g[i * items + k] * weights[k * items + target];
                objective += w * (along / 2 - g[i * items + target]) + problem.L2 / 2 * w * w
                    + problem.L1 * Math.Abs(w);
            }
            return objective;
        }
    }

    private static Dictionary<string, double[]> OfItemKnn(JsonElement root, Device device, ItemSimilarity similarity)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        ClickMatrix x = Matrix(inputs.GetProperty("x"));
        using Compute c = device.Open();
        using Tensor neighbours = c.Allocate(x.ItemCount, config.GetProperty("k").GetInt32()),
            similarities = c.Allocate(x.ItemCount, neighbours.Columns);
        Load(c, x, all => c.Neighbours(all, similarity, config.GetProperty("shrink").GetDouble(), neighbours,
            similarities));
        double[] nearest = Read(c, neighbours), likeness = Read(c, similarities),
            kept = new double[x.ItemCount * x.ItemCount];
        for (int n = 0; n < nearest.Length; n++)
            if (nearest[n] >= 0)
                kept[(int)nearest[n] * x.ItemCount + n / neighbours.Columns] = likeness[n];
        return new()
        {
            ["similarities_kept"] = kept,
            ["scores_of_new_rows"] = Linear(Matrix(inputs.GetProperty("new_rows")), kept),
        };
    }

    private static Dictionary<string, double[]> OfWmf(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        double Number(string name) => config.GetProperty(name).GetDouble();
        Settings settings = Wmf.Type.Defaults.With(Wmf.Factors, config.GetProperty("factors").GetInt32())
            .With(Wmf.Lambda, Number("lambda")).With(Wmf.Nu, Number("nu"))
            .With(Wmf.Sweeps, config.GetProperty("sweeps").GetInt32());
        settings = config.GetProperty("weighting").GetString() == "1 + alpha r"
            ? settings.With(Wmf.Weighting, Confidence.Hu).With(Wmf.Alpha, Number("alpha"))
            : settings.With(Wmf.Alpha0, Number("alpha0"));
        using var fit = new WmfFit(Data(inputs, "x"), settings, device);
        double[] users = Tensor(inputs.GetProperty("user_factors")).Data,
            items = Tensor(inputs.GetProperty("item_factors")).Data;
        fit.Start(items);
        List<double> losses = [fit.Objective(users, items)], ofUsers = [], ofItems = [];
        while (!fit.IsDone)
        {
            fit.Step();
            ofUsers.AddRange(users = fit.Read(fit.State));
            losses.Add(fit.Objective(users, items));
            fit.Step();
            ofItems.AddRange(items = fit.Read(fit.Model));
            losses.Add(fit.Objective(users, items));
        }
        double[] codes = fit.Fold(Matrix(inputs.GetProperty("new_rows")));
        int factors = settings.Get(Wmf.Factors);
        return new()
        {
            ["user_factors_after_sweep"] = [.. ofUsers],
            ["item_factors_after_sweep"] = [.. ofItems],
            ["loss_after_half_sweeps"] = [.. losses],
            ["factors_of_new_rows"] = codes,
            ["scores_of_new_rows"] = Products(codes, items, factors),
        };
    }

    private static void Load(Compute c, ClickMatrix clicks, Action<ClickBatch> use)
    {
        using ClickBatch all = c.AllocateBatch();
        c.Load(clicks, [.. Enumerable.Range(0, clicks.UserCount)], all);
        use(all);
    }

    internal static double[] Read(Compute c, Tensor tensor)
    {
        var values = new double[tensor.Length];
        c.Read(tensor, values.AsSpan());
        return values;
    }

    // x W for each user.
    private static double[] Linear(ClickMatrix users, double[] weights)
    {
        int items = users.ItemCount;
        var scores = new double[users.UserCount * items];
        for (int row = 0; row < users.UserCount; row++)
            for (int n = 0; n < users.CountOf(row); n++)
                for (int item = 0; item < items; item++)
                    scores[row * items + item] += (users.HasValues ? users.ValuesOf(row)[n] : 1)
                        * weights[users.ItemsOf(row)[n] * items + item];
        return scores;
    }

    // The product of each user's vector with each item's.
    private static double[] Products(double[] users, double[] items, int factors) =>
        [.. users.Chunk(factors).SelectMany(user => items.Chunk(factors)
            .Select(item => user.Zip(item, (x, y) => x * y).Sum()))];
}
