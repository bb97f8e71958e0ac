using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;
using static VaeCf.Baselines.BaselineCases;

namespace VaeCf.Baselines;

/// <summary>Steps of GMF, MLP and NeuMF that another program computed, by dense Adam.</summary>
internal static class NcfCases
{
    // The case has the output's weights as one matrix, GMF's before the MLP's.
    private const string Output = "output.weight";

    public static void AddAll()
    {
        foreach (ModelType type in (ModelType[])[Gmf.Type, Mlp.Type, NeuMf.Type])
            Case.Add(type.Name, (root, device) => Recompute(root, device, type));
    }

    private static Dictionary<string, double[]> Recompute(JsonElement root, Device device, ModelType type)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        int users = config.GetProperty("users").GetInt32(), items = config.GetProperty("items").GetInt32();
        double rate = config.GetProperty("optimiser").GetProperty("lr").GetDouble();
        int[] Numbers(string name, int step) => [.. (inputs.GetProperty(name)[step] is
            { ValueKind: JsonValueKind.Array } list ? list : inputs.GetProperty(name)[step].GetProperty("data"))
            .EnumerateArray().Select(number => (int)number.GetDouble())];

        using Compute c = device.Open();
        using NcfWeights weights = NcfWeights.Allocate(c, Read(config, type), users, items);
        using var network = new NcfNetwork(c, weights);
        using var pairs = new PairBatch(c, users, items);
        // Without memory, Adam's first moment is the gradient.
        using var collector = new Optimizer(c, weights.Named, rate, beta1: 0);
        using var optimizer = new Optimizer(c, weights.Named, rate);
        double[] Step(int step, Optimizer by)
        {
            pairs.Load(Numbers("users", step), Numbers("items", step), Numbers("labels", step));
            by.Step = by == collector ? 1 : step + 1;
            return network.Train(pairs, by);
        }

        Write(c, inputs.GetProperty("parameters"), weights);
        pairs.Load(Numbers("users", 0), Numbers("items", 0), Numbers("labels", 0));
        double bias = BaselineCases.Read(c, weights.Bias)[0];
        var computed = new Dictionary<string, double[]>
        {
            ["logits"] = [.. BaselineCases.Read(c, network.Logits(pairs)).Select(logit => logit + bias)],
            ["scores_of_user_0"] = Scores(c, weights, items),
            ["loss"] = [Step(0, collector).Average()],
        };
        Note(c, "gradients", collector.First, computed);
        Write(c, inputs.GetProperty("parameters"), weights);
        computed["step_losses"] = [.. Enumerable.Range(0, inputs.GetProperty("users").GetArrayLength())
            .Select(step => Step(step, optimizer).Average())];
        Note(c, "parameters_after_steps", weights.Named, computed);
        return computed;
    }

    private static Settings Read(JsonElement config, ModelType type)
    {
        int[] layers = [.. config.GetProperty("layers").EnumerateArray().Select(width => width.GetInt32())];
        Settings settings = type.Defaults;
        if (settings.Has(Ncf.Factors))
            settings = settings.With(Ncf.Factors, config.GetProperty("factors").GetInt32());
        return !settings.Has(Ncf.MlpFactors) ? settings
            : settings.With(Ncf.MlpFactors, layers[0] / 2).With(Ncf.Widths, layers[1..]);
    }

    // By the ranker, for a user who is known by an id.
    private static double[] Scores(Compute c, NcfWeights weights, int items)
    {
        using var ranker = new NcfRanker(c, weights, new Vocabulary([0L]));
        using Tensor scores = c.Allocate(0, items);
        ranker.Logits(new Histories(new ClickMatrix(items, [0, 0], []), new Vocabulary([0L])), [0], scores);
        return BaselineCases.Read(c, scores);
    }

    private static void Write(Compute c, JsonElement parameters, NcfWeights weights)
    {
        int first = 0;
        foreach (NamedTensor weight in weights.Named)
        {
            bool isOutput = IsOutput(weight);
            double[] values = Tensor(parameters.GetProperty(isOutput ? Output : weight.Name)).Data;
            c.Write(isOutput ? values.AsSpan(first, (int)weight.Value.Length) : values, weight.Value);
            first += isOutput ? (int)weight.Value.Length : 0;
        }
    }

    private static bool IsOutput(NamedTensor weight) => weight.Name is "output.gmf.weight" or "output.mlp.weight";

    private static void Note(Compute c, string prefix, IReadOnlyList<NamedTensor> tensors,
        Dictionary<string, double[]> computed)
    {
        foreach (IGrouping<string, NamedTensor> group in tensors.GroupBy(tensor =>
            IsOutput(tensor) ? Output : tensor.Name))
            computed[$"{prefix} {group.Key}"] = [.. group.SelectMany(tensor => BaselineCases.Read(c, tensor.Value))];
    }
}
