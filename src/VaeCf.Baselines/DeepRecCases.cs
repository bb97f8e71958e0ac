using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Baselines;

/// <summary>Steps of DeepRec that another program computed, its masks given.</summary>
internal static class DeepRecCases
{
    public static void AddAll() => Case.Add("deeprec", Recompute);

    private static Dictionary<string, double[]> Recompute(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs"),
            optimiser = config.GetProperty("optimiser");
        int items = config.GetProperty("items").GetInt32(), refeeding = config.GetProperty("refeeding").GetInt32();
        Settings settings = DeepRec.Type.Defaults
            .With(DeepRec.Widths, [.. config.GetProperty("encoder").EnumerateArray().Select(width => width.GetInt32())])
            .With(DeepRec.Tied, config.GetProperty("tied").GetBoolean())
            .With(DeepRec.KeepProbability, config.GetProperty("keep_probability").GetDouble());
        var sgd = new SgdStep(optimiser.GetProperty("lr").GetDouble(), optimiser.GetProperty("momentum").GetDouble());
        using Compute c = device.Open();
        using DeepRecWeights weights = DeepRecWeights.Allocate(c, settings, items);
        using var network = new DeepRecNetwork(c, weights, settings);
        using var descent = new Descent(c, weights.Trained);
        using ClickBatch batch = c.AllocateBatch();
        using Tensor mask = c.Allocate(0, network.Code.Columns), x = c.Allocate(0, 1), y = c.Allocate(0, items);
        // The case has the output layer's weight transposed, unless it is the encoder's.
        Tensor? transposed = settings.Get(DeepRec.Tied) ? null : weights.Layers[^1].Weight;
        foreach (NamedTensor one in weights.Trained)
        {
            double[] start = BaselineCases.Tensor(inputs.GetProperty("parameters").GetProperty(one.Name)).Data;
            c.Write(one.Value == transposed ? BaselineCases.Transposed(start, one.Value.Columns) : start, one.Value);
        }
        var computed = new Dictionary<string, double[]>();
        var losses = new List<double>();
        for (int step = 0; step < inputs.GetProperty("ratings").GetArrayLength(); step++)
        {
            ClickMatrix ratings = BaselineCases.Matrix(inputs.GetProperty("ratings")[step]);
            c.Load(ratings, [.. Enumerable.Range(0, ratings.UserCount)], batch);
            if (step == 0)
            {
                c.ClickDropout(default, 1, batch, x);
                computed["predictions"] = Outputs(null);
                computed["outputs"] = computed["refeed_input"] = Outputs(Mask(step, 0));
            }
            losses.Add(network.Backward(batch, Mask(step, 0), descent, feeds: refeeding > 0));
            if (step == 0)
                Note("gradients", descent.Gradient);
            descent.Step(sgd);
            for (int time = 1; time <= refeeding; time++)
            {
                losses.Add(network.Refeed(Mask(step, time), descent));
                if (step == 0)
                    Note("refeed_gradients", descent.Gradient);
                descent.Step(sgd);
            }
        }
        (computed["loss"], computed["step_losses"]) = ([losses[0]], [.. losses]);
        Note("parameters_after_steps", weight => weight);
        return computed;

        Tensor Mask(int step, int time)
        {
            double[] values = BaselineCases.Tensor(inputs.GetProperty("code_mask")[step][time]).Data;
            mask.Resize(values.Length / mask.Columns);
            c.Write(values, mask);
            return mask;
        }

        double[] Outputs(Tensor? masked)
        {
            network.Outputs(network.Forward(batch, x, masked), y);
            return BaselineCases.Read(c, y);
        }

        void Note(string prefix, Func<Tensor, Tensor> of)
        {
            foreach (NamedTensor one in weights.Trained)
            {
                double[] values = BaselineCases.Read(c, of(one.Value));
                computed[$"{prefix} {one.Name}"] = one.Value == transposed
                    ? BaselineCases.Transposed(values, one.Value.Rows) : values;
            }
        }
    }
}
