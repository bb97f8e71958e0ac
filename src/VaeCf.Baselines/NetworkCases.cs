using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using static VaeCf.Baselines.BaselineCases;

namespace VaeCf.Baselines;

/// <summary>
/// Cases of the networks that another program computed: a first step's loss, outputs and gradients, and the weights
/// after some steps. The gradients are those of the very step that training makes: without decay, Adam's first moment
/// is the gradient, with that of the L2 term.
/// </summary>
internal static class NetworkCases
{
    public static Dictionary<string, double[]> OfNetwork(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        int items = config.GetProperty("items").GetInt32();
        int[] widths = [.. config.GetProperty("hidden").EnumerateArray().Select(width => width.GetInt32())];
        var shape = new NetworkShape(widths,
            config.GetProperty("activation").GetString() == "relu" ? Activation.Relu : Activation.Tanh, false);
        bool excludes = config.GetProperty("exclude_inputs").GetBoolean();
        double decay = config.GetProperty("weight_decay").GetDouble(),
            keep = config.GetProperty("keep_probability").GetDouble();
        Settings settings = Ae.Type.Defaults.With(Ae.Loss,
            config.GetProperty("loss").GetString() == "square" ? ClickLoss.Square : ClickLoss.Logistic);

        using Compute c = device.Open();
        using NetworkWeights weights = NetworkWeights.Allocate(c, widths, items);
        using var network = new ItemNetwork(c, weights, shape);
        using ClickBatch clicks = c.AllocateBatch(), rest = c.AllocateBatch();
        using Tensor x = c.Allocate(0, 1), mask = c.Allocate(0, 1), f = c.Allocate(0, items);
        var computed = new Dictionary<string, double[]>();
        Compare(c, root, weights.Named, weights.Weights[^1], computed, (step, optimizer, isFirst) =>
        {
            ClickMatrix all = Matrix(inputs.GetProperty("x")[step]);
            int[] rows = [.. Enumerable.Range(0, all.UserCount)];
            c.Load(all, rows, clicks);
            network.Read(clicks, x);
            bool isPart = inputs.TryGetProperty("inputs_kept", out JsonElement masks);
            double[] kept = AtClicks(all, isPart ? masks[step] : inputs.GetProperty("dropout_mask")[step]);
            mask.Resize(kept.Length);
            c.Write(kept, mask);
            c.Dropout(mask, keep, x);
            if (isPart)
                c.Load(new ClickMatrix(items, [.. all.RowStarts], [.. all.Items],
                    [.. kept.Select(one => one == 0 ? 1f : excludes ? -1 : 0)]), rows, rest);
            if (isFirst)
            {
                network.Logits(network.Forward(clicks, x), f);
                computed["logits"] = Read(c, f);
            }
            double l2 = decay / 2 * weights.Weights.Sum(weight => c.SquaredNorm(weight));
            return (network.Train(clicks, x, isPart ? rest : clicks, Ae.LossOf(settings, 1.0 / rows.Length), optimizer,
                decay), l2);
        });
        return computed;
    }

    public static Dictionary<string, double[]> OfCdae(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        int items = config.GetProperty("items").GetInt32(), userCount = config.GetProperty("users").GetInt32();
        double decay = config.GetProperty("lambda").GetDouble(),
            keep = 1 - config.GetProperty("corruption").GetDouble();
        Settings settings = Cdae.Type.Defaults.With(Cdae.WeightOnOnes, config.GetProperty("weight_on_ones").GetDouble())
            .With(Cdae.OutputActivation, ActivationOf("output_activation")).With(Cdae.Loss,
                config.GetProperty("loss").GetString() == "square" ? ClickLoss.Square : ClickLoss.Logistic);

        Activation ActivationOf(string name) =>
            Enum.Parse<Activation>(config.GetProperty(name).GetString()!, ignoreCase: true);

        using Compute c = device.Open();
        using CdaeWeights weights =
            CdaeWeights.Allocate(c, userCount, items, config.GetProperty("hidden").GetInt32());
        using var network = new CdaeNetwork(c, weights, ActivationOf("hidden_activation"));
        using ClickBatch clicks = c.AllocateBatch(), users = c.AllocateBatch(), samples = c.AllocateBatch();
        using Tensor x = c.Allocate(0, 1), mask = c.Allocate(0, 1), f = c.Allocate(0, items);
        var computed = new Dictionary<string, double[]>();
        Compare(c, root, weights.Named, weights.W2, computed, (step, optimizer, isFirst) =>
        {
            ClickMatrix all = Matrix(inputs.GetProperty("x")[step]),
                inLoss = Matrix(inputs.GetProperty("loss_mask")[step]);
            int[] rows = [.. Enumerable.Range(0, all.UserCount)];
            c.Load(all, rows, clicks);
            var nodes = new SampleRows(userCount);
            foreach (JsonElement user in inputs.GetProperty("users")[step].EnumerateArray())
                nodes.Add([user.GetInt32()], [1]);
            nodes.Load(c, users);
            c.ClickDropout(default, 1, clicks, x);
            if (isFirst)
            {
                Outputs("scores", network.Encode(clicks, x, users));
                using Tensor none = c.Allocate(rows.Length, weights.V.Columns);
                Outputs("scores_without_user", network.Encode(clicks, x, none));
            }
            mask.Resize(x.Rows);
            c.Write(AtClicks(all, inputs.GetProperty("corruption_mask")[step]), mask);
            c.Dropout(mask, keep, x);
            if (isFirst)
                Outputs("outputs_before_activation", network.Encode(clicks, x, users));
            bool isSampled = inLoss.ClickCount < (long)items * rows.Length;
            c.Load(new ClickMatrix(items, [.. inLoss.RowStarts], [.. inLoss.Items],
                [.. rows.SelectMany(row => inLoss.ItemsOf(row).ToArray().Select(item =>
                    all.ItemsOf(row).Contains(item) ? 1f : 0))]), rows, samples);
            double l2 = decay / 2 * weights.Named.Sum(weight => c.SquaredNorm(weight.Value));
            return (network.Train(clicks, x, users, isSampled ? samples : null,
                Cdae.LossOf(settings, 1.0 / rows.Length), optimizer, decay), l2);
        });
        return computed;

        void Outputs(string name, Tensor codes)
        {
            network.Logits(codes, f);
            computed[name] = Read(c, f);
        }
    }

    // Makes the first step for its gradients, then all steps with the case's optimiser. The case has the output layer's
    // weight transposed.
    private static void Compare(Compute c, JsonElement root, IReadOnlyList<NamedTensor> weights, Tensor transposed,
        Dictionary<string, double[]> computed,
        Func<int, Optimizer, bool, (double[] Losses, double L2)> train)
    {
        JsonElement inputs = root.GetProperty("inputs"),
            optimiser = root.GetProperty("config").GetProperty("optimiser");
        double rate = optimiser.GetProperty("lr").GetDouble();
        void Start()
        {
            foreach (NamedTensor weight in weights)
            {
                double[] start = Tensor(inputs.GetProperty("parameters").GetProperty(weight.Name)).Data;
                c.Write(weight.Value == transposed ? Transposed(start, weight.Value.Columns) : start, weight.Value);
            }
        }

        void Note(string prefix, IReadOnlyList<NamedTensor> tensors)
        {
            foreach ((NamedTensor weight, NamedTensor tensor) in weights.Zip(tensors))
                computed[$"{prefix} {weight.Name}"] = weight.Value == transposed
                    ? Transposed(Read(c, tensor.Value), weight.Value.Rows) : Read(c, tensor.Value);
        }

        // A weight may still owe a step by an optimiser's moments, which live until the end.
        using var collector = new Optimizer(c, weights, rate, beta1: 0);
        using var optimizer = new Optimizer(c, weights, rate, optimiser.GetProperty("kind").GetString() == "adagrad"
            ? OptimizerKind.AdaGrad : OptimizerKind.Adam);
        Start();
        (double[] firstLosses, double firstL2) = train(0, collector, true);
        computed["data_loss_per_user"] = firstLosses;
        computed["loss"] = [firstLosses.Average() + firstL2];
        Note("gradients", collector.First);
        Start();
        var stepLosses = new List<double>();
        for (int step = 0; step < inputs.GetProperty("x").GetArrayLength(); step++)
        {
            optimizer.Step = step + 1;
            (double[] losses, double l2) = train(step, optimizer, false);
            stepLosses.Add(losses.Average() + l2);
        }
        computed["step_losses"] = [.. stepLosses];
        Note("parameters_after_steps", weights);
    }

    // The numbers of a dense matrix where there is a click.
    private static double[] AtClicks(ClickMatrix clicks, JsonElement tensor)
    {
        double[] dense = Tensor(tensor).Data;
        return [.. Enumerable.Range(0, clicks.UserCount).SelectMany(row =>
            clicks.ItemsOf(row).ToArray().Select(item => dense[row * clicks.ItemCount + item]))];
    }
}
