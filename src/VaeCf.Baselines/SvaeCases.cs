using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using static VaeCf.Baselines.BaselineCases;

namespace VaeCf.Baselines;

/// <summary>
/// Steps of SVAE that another program computed. As in <see cref="NetworkCases"/>, the gradients are what Adam's first
/// moment holds after a first step, here of an Adam without decay.
/// </summary>
internal static class SvaeCases
{
    public static Dictionary<string, double[]> Recompute(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs"),
            optimiser = config.GetProperty("optimiser");
        int Size(string name) => config.GetProperty(name).GetInt32();
        using Compute c = device.Open();
        using SvaeWeights weights = SvaeWeights.Allocate(c,
            new(Size("items"), Size("embedding"), Size("gru"), Size("hidden"), Size("latent")));
        using var pass = new Pass(c, config, inputs, weights);
        double rate = optimiser.GetProperty("lr").GetDouble(),
            decay = optimiser.GetProperty("coupled_weight_decay").GetDouble();
        void Start()
        {
            foreach (NamedTensor weight in weights.Named)
            {
                double[] start = Tensor(inputs.GetProperty("parameters").GetProperty(weight.Name)).Data;
                c.Write(weight.Value == weights.Output ? Transposed(start, weight.Value.Columns) : start, weight.Value);
            }
        }

        var computed = new Dictionary<string, double[]>();
        void Note(string prefix, IReadOnlyList<NamedTensor> tensors)
        {
            foreach ((NamedTensor weight, NamedTensor tensor) in weights.Named.Zip(tensors))
                computed[$"{prefix} {weight.Name}"] = weight.Value == weights.Output
                    ? Transposed(Read(c, tensor.Value), weight.Value.Rows) : Read(c, tensor.Value);
        }

        // A weight may still owe a step by an optimiser's moments, which live until the end.
        using var collector = new Optimizer(c, weights.Named, rate, beta1: 0);
        using var adam = new Optimizer(c, weights.Named, rate);
        Start();
        computed["scores_after_whole_sequence"] = pass.Scores();
        pass.Train(0, collector, decay: 0, computed);
        Note("gradients", collector.First);
        Start();
        var losses = new List<double>();
        for (int step = 0; step < inputs.GetProperty("sequences").GetArrayLength(); step++)
        {
            adam.Step = step + 1;
            losses.Add(pass.Train(step, adam, decay, []));
        }
        computed["step_losses"] = [.. losses];
        Note("parameters_after_steps", weights.Named);
        return computed;
    }

    private sealed class Pass(Compute c, JsonElement config, JsonElement inputs, SvaeWeights weights) : IDisposable
    {
        private readonly SvaeNetwork network = new(c, weights);
        private readonly SequenceBatch sequences = new(c, weights.Embedding.Rows);
        private readonly SvaeTargets targets = new(c, weights.Embedding.Rows);
        private readonly Tensor epsilon = c.Allocate(0, weights.Decoder.Rows);

        private int[][] Histories(int step) => [.. inputs.GetProperty("sequences")[step].EnumerateArray()
            .Select(items => items.EnumerateArray().Select(item => item.GetInt32()).ToArray())];

        public double[] Scores()
        {
            int[][] histories = Histories(0);
            using Tensor f = c.Allocate(histories.Length, weights.Embedding.Rows);
            sequences.Load(histories);
            network.Codes(sequences);
            network.Logits(f);
            return Read(c, f);
        }

        public double Train(int step, Optimizer optimizer, double decay, Dictionary<string, double[]> computed)
        {
            int[][] histories = Histories(step);
            SequenceLoss form = config.GetProperty("loss_form").GetString() == "authors"
                ? SequenceLoss.Authors : SequenceLoss.Elbo;
            Sampling sampling = config.GetProperty("sampling").GetString() == "logsigma"
                ? Sampling.LogSigma : Sampling.HalfLogvar;
            int next = config.GetProperty("next_k").GetInt32(), latent = epsilon.Columns;
            double beta = config.GetProperty("beta").GetDouble();
            sequences.Load([.. histories.Select(history => history[..^1])]);
            targets.Load(sequences, histories, form, next);
            var noise = new double[sequences.Rows * latent];
            for (int s = 0; s < histories.Length; s++)
            {
                double[] own = Tensor(inputs.GetProperty("epsilon")[step][s]).Data;
                for (int t = 0; t < histories[s].Length - 1; t++)
                    own.AsSpan(t * latent, latent).CopyTo(noise.AsSpan(sequences.RowOf(s, t) * latent));
            }
            epsilon.Resize(sequences.Rows);
            c.Write(noise, epsilon);
            double[] entropies = network.Train(sequences, targets.Items, targets.Weights, targets.KlWeights, epsilon,
                beta, sampling, optimizer, decay), kl = Read(c, network.Kl);

            double[] ByStep(Func<int, int, double> of) => [.. histories.SelectMany((history, s) =>
                Enumerable.Range(0, history.Length - 1).Select(t => of(s, sequences.RowOf(s, t))))];
            (double Target, double Kl) Weights(int s) => Svae.Weights(form, next, histories[s].Length - 1);
            computed["cross_entropy_per_step"] = ByStep((s, row) => entropies[row] / Weights(s).Target);
            computed["kl_per_step"] = ByStep((_, row) => kl[row]);
            computed["loss_per_user"] = [.. histories.Select((history, s) => Enumerable.Range(0, history.Length - 1)
                .Select(t => sequences.RowOf(s, t)).Sum(row => entropies[row] + beta * Weights(s).Kl * kl[row]))];
            computed["loss"] = [computed["loss_per_user"].Average()];
            return computed["loss"][0];
        }

        public void Dispose()
        {
            foreach (IDisposable one in (IDisposable[])[network, sequences, targets, epsilon])
                one.Dispose();
        }
    }
}
