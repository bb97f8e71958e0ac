using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Baselines;

/// <summary>Steps of AutoRec that another program computed.</summary>
internal static class AutoRecCases
{
    public static void AddAll()
    {
        Case.Add("autorec-i", (root, device) => Recompute(root, device, ItemAutoRec.Type));
        Case.Add("autorec-u", (root, device) => Recompute(root, device, UserAutoRec.Type));
    }

    private static Dictionary<string, double[]> Recompute(JsonElement root, Device device, ModelType type)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        ClickMatrix ratings = BaselineCases.Matrix(inputs.GetProperty("ratings"));
        Settings settings = Read(config, type);
        int[][] batches = [.. inputs.GetProperty("rows").EnumerateArray()
            .Select(rows => rows.EnumerateArray().Select(row => row.GetInt32()).ToArray())];
        using Compute c = device.Open();
        using ClickBatch batch = c.AllocateBatch();
        using var network = new AutoRecNetwork(c, settings, ratings.ItemCount);
        foreach (AutoRecWeight w in network.Weights)
        {
            double[] start = BaselineCases.Tensor(inputs.GetProperty("parameters").GetProperty(w.Named.Name)).Data;
            c.Write(w == network.W ? BaselineCases.Transposed(start, w.Value.Columns) : start, w.Value);
        }
        double[] predictions = Predict(c, network, ratings, config);
        double lambda = settings.Get(AutoRec.Lambda);
        double Share(int[] rows) => (double)rows.Length / ratings.UserCount;
        double Loss(double[] errors, double norms, int[] rows) => errors.Sum() + lambda / 2 * Share(rows) * norms;
        double Norms() => c.SquaredNorm(network.V.Value) + c.SquaredNorm(network.W.Value);

        c.Load(ratings, batches[0], batch);
        double[] errors = network.Backward(batch);
        var computed = new Dictionary<string, double[]>
        {
            ["squared_error_per_row"] = errors,
            ["loss"] = [Loss(errors, Norms(), batches[0])],
            ["predictions_clipped"] = predictions,
        };
        foreach (AutoRecWeight w in network.Weights)
        {
            double decay = w == network.V || w == network.W ? lambda * Share(batches[0]) : 0;
            double[] values = BaselineCases.Read(c, w.Value);
            IEnumerable<double> gradients = BaselineCases.Read(c, w.Gradient)
                .Zip(values, (gradient, value) => gradient + decay * value);
            computed[$"gradients {w.Named.Name}"] = AsInFile(w, [.. gradients]);
        }
        var losses = new List<double>();
        foreach (int[] rows in batches)
        {
            double norms = Norms();
            c.Load(ratings, rows, batch);
            losses.Add(Loss(network.Train(batch, Share(rows), losses.Count + 1), norms, rows));
        }
        computed["step_losses"] = [.. losses];
        foreach (AutoRecWeight w in network.Weights)
            computed[$"parameters_after_steps {w.Named.Name}"] = AsInFile(w, BaselineCases.Read(c, w.Value));
        return computed;

        double[] AsInFile(AutoRecWeight w, double[] values) =>
            w == network.W ? BaselineCases.Transposed(values, w.Value.Rows) : values;
    }

    private static Settings Read(JsonElement config, ModelType type)
    {
        JsonElement optimiser = config.GetProperty("optimiser");
        bool isAdam = optimiser.GetProperty("kind").GetString() == "adam";
        return type.Defaults.With(AutoRec.Units, config.GetProperty("hidden").GetInt32())
            .With(AutoRec.Lambda, config.GetProperty("lambda").GetDouble())
            .With(AutoRec.Optimizer, isAdam ? AutoRecOptimizer.Adam : AutoRecOptimizer.RProp)
            .With(AutoRec.LearningRate, optimiser.GetProperty(isAdam ? "lr" : "initial_step").GetDouble());
    }

    // Of every column of every row, f = h W' + b, clipped.
    private static double[] Predict(Compute c, AutoRecNetwork network, ClickMatrix ratings, JsonElement config)
    {
        (double lowest, double highest) = (config.GetProperty("scale")[0].GetDouble(),
            config.GetProperty("scale")[1].GetDouble());
        int[] rows = [.. Enumerable.Range(0, ratings.UserCount)];
        using ClickBatch batch = c.AllocateBatch();
        using Tensor x = c.Allocate(0, 1), h = c.Allocate(0, network.V.Value.Columns),
            f = c.Allocate(0, ratings.ItemCount);
        c.Load(ratings, rows, batch);
        AutoRecNetwork.Encode(c, batch, network.V.Value, network.Mu.Value, x, h);
        c.Gemm(VaeCf.Kernels.Transpose.B, h, network.W.Value, f);
        double[] products = BaselineCases.Read(c, f), bias = BaselineCases.Read(c, network.B.Value);
        return [.. products.Select((product, i) => Math.Clamp(product + bias[i % bias.Length], lowest, highest))];
    }
}
