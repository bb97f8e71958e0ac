using System.Globalization;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Explain;

/// <summary>A training step in tables: every number of a tiny model, or what matters of a trained one.</summary>
/// <param name="step">The step.</param>
internal sealed class StepSections(TracedStep step)
{
    // The distributions of the models: what is sampled, by what mean, logvar and noise.
    private static readonly (string Z, string Mean, string Logvar, string Noise)[] samples =
    [
        ("z", "mu", "logvar", "epsilon"), ("z", "encoder.mean", "encoder.logvar", "epsilon"),
        ("z", "encoder.mu", "encoder.logvar", "epsilon"), ("z2", "q_z2.mean", "q_z2.logvar", "epsilon2"),
        ("z1", "q_z1.mean", "q_z1.logvar", "epsilon1"),
    ];

    private readonly Likelihood likelihood = step.Settings.Get(Autoencoders.Likelihood);

    /// <summary>What a step samples: the names of what is drawn, of its mean, logvar and noise.</summary>
    public IEnumerable<(string Z, string Mean, string Logvar, string Noise)> Samples =>
        samples.Where(one => step.Forward.Any(array => array.Name == one.Mean));

    /// <summary>What is shown of a trained model.</summary>
    /// <param name="seed">The seed of dropout and noise.</param>
    public string Note(ulong seed) => "one training step, "
        + (Samples.Any() ? $"beta {Number(step.Beta)}, with the dropout and the noise" : "with the dropout")
        + $" of seed {seed}; recommend takes z as its mean and drops nothing";

    /// <summary>Every number, for a model that is small enough.</summary>
    public IEnumerable<ResultSection> All()
    {
        var clicks = new TracedArray("x", 1, step.Clicks.ItemCount, [.. Enumerable.Range(0, step.Clicks.ItemCount)
            .Select(item => step.Clicks.ItemsOf(0).Contains(item) ? 1.0 : 0)]);
        yield return new("Given", $"keep is {Number(step.Settings.Get(Autoencoders.KeepProbability))}, "
            + $"beta {Number(step.Beta)}, the learning rate {Number(step.Settings.Get(Autoencoders.LearningRate))}",
            ["name", "shape", "numbers"],
            [.. step.Noise.Prepend(clicks).Concat(step.Parameters).Select(Numbers)], 1, 2);
        yield return new("Forward", "", ["name", "formula", "code", "kernel", "shape", "numbers"],
            [.. step.Forward.Select(WithText)], 1, 2, 3, 4, 5);
        yield return Terms();
        yield return new("Backward", "beside them central differences: the slopes of the loss, moved by "
            + $"{Number(TracedStep.H)} and {Number(2 * TracedStep.H)} to either side",
            ["name", "formula", "code", "kernel", "shape", "numbers", "central differences"],
            [.. step.Gradients.Select(gradient => (string[])[.. WithText(gradient),
                gradient.Checks.Count == 0 ? "" : Numbers(gradient.Checks.Select(check => check.Slope))])],
            1, 2, 3, 4, 5, 6);
        yield return new("After an update of Adam", "", ["name", "shape", "numbers"],
            [.. step.Updated.Select(Numbers)], 1, 2);
    }

    /// <summary>What matters of a trained model's step.</summary>
    /// <param name="items">Original id of each item.</param>
    /// <param name="titles">Title by item id; null: no titles.</param>
    /// <param name="k">The most lines of a table of items or units.</param>
    public IEnumerable<ResultSection> Most(Vocabulary items, IReadOnlyDictionary<string, string>? titles, int k)
    {
        string[] title = titles is null ? [] : ["title"];
        string[] Named(int item) =>
            [items[item], .. titles is null ? Array.Empty<string>() : [titles.GetValueOrDefault(items[item], "")]];
        int[] text = titles is null ? [] : [1];

        int[] clicked = step.Clicks.ItemsOf(0).ToArray();
        TracedArray[] inputs = [.. step.Forward.Where(array => array.Name is "x / norm" or "x~" or "x~1")];
        yield return new("What goes in", "x~ is what is left of x / norm after dropout, divided by keep, "
            + Number(step.Settings.Get(Autoencoders.KeepProbability)),
            ["item", .. title, "x", .. inputs.Select(array => array.Name)],
            [.. clicked.Select((item, n) => (string[])[.. Named(item), Number(Count(n)),
                .. inputs.Select(array => array.Values[n] == 0 ? "dropped" : Short(array.Values[n]))])], text);

        foreach ((string z, string mean, string logvar, string noise) in Samples)
        {
            IReadOnlyList<double> mu = step[mean].Values, l = step[logvar].Values, epsilon = step[noise].Values,
                sampled = step[z].Values, d = GradientOf(z);
            yield return new($"The code {z}", $"z = mu + epsilon sigma; the {k} of {sampled.Count} units whose mean is "
                + "the furthest from 0",
                ["unit", "mu", "sigma", "epsilon", z, $"d {z}"],
                [.. Enumerable.Range(0, sampled.Count).OrderByDescending(unit => Math.Abs(mu[unit])).Take(k)
                    .Select(unit => (string[])[$"{unit}", Short(mu[unit]), Short(Math.Exp(l[unit] / 2)),
                        Short(epsilon[unit]), Short(sampled[unit]), Short(d[unit])])]);
        }

        IReadOnlyList<double> f = step["f"].Values, df = GradientOf("f");
        double[] x = new double[f.Count];
        for (int n = 0; n < clicked.Length; n++)
            x[clicked[n]] = Count(n);
        double total = x.Sum();
        int[] ranked = [.. Enumerable.Range(0, f.Count).OrderByDescending(item => f[item])];
        string[] expected = likelihood switch
        {
            Likelihood.Multinomial => ["p", "N p"],
            Likelihood.Logistic => ["s(f)"],
            _ => [],
        };
        yield return new("What comes out", $"the {k} items of the highest logits f, and all that were clicked; "
            + "df is the gradient of f",
            ["item", .. title, "rank", "f", .. expected, "x", "df"],
            [.. ranked.Select((item, rank) => (Item: item, Rank: rank)).Where(one => one.Rank < k || x[one.Item] > 0)
                .Select(one => (string[])[.. Named(one.Item), $"{one.Rank + 1}", Short(f[one.Item]),
                    .. Expected(one.Item), Number(x[one.Item]), Short(df[one.Item])])], text);
        yield return Terms();
        yield return new("Gradients", "of each the norm, and the largest number beside its slope, a central difference",
            ["gradient", "shape", "norm", "largest", "slope", "error"],
            [.. step.Gradients.Select(gradient => (string[])[gradient.Name, Shape(gradient), Short(gradient.Norm),
                .. gradient.Checks.Count == 0 ? ["", "", ""] : Largest(gradient)])]);

        double Count(int n) => step.Clicks.HasValues ? step.Clicks.ValuesOf(0)[n] : 1;

        // df is expected clicks less clicks, so that it says what is expected.
        string[] Expected(int item) => likelihood switch
        {
            Likelihood.Multinomial => [Long((df[item] + x[item]) / total), Long(df[item] + x[item])],
            Likelihood.Logistic => [Long(df[item] + x[item])],
            _ => [],
        };
    }

    // RecVAE's KL of a user counts once for each click.
    private string Kl => step.Settings.Type == RecVae.Type ? "N KL" : "KL";

    private ResultSection Terms() => new("The loss", "",
        ["reconstruction", Kl, "beta", $"beta {Kl}", "L2 term", "loss"],
        [[Number(step.Reconstruction), Number(step.Kl), Number(step.Beta), Number(step.Beta * step.Kl),
            Number(step.Regularization), Number(step.Loss)]]);

    private IReadOnlyList<double> GradientOf(string name) =>
        step.Gradients.Single(gradient => gradient.Name == $"d {name}").Values;

    private static string[] Largest(TracedArray gradient)
    {
        SlopeCheck check = gradient.Checks.MaxBy(check => Math.Abs(check.Gradient));
        return [Short(check.Gradient), Short(check.Slope),
            gradient.Error!.Value.ToString("0.0E+0", CultureInfo.InvariantCulture)];
    }

    private string[] WithText(TracedArray array)
    {
        StepText text = StepText.Of(step, array.Name);
        return [array.Name, text.Formula, text.Code, text.Kernel, Shape(array), Numbers(array.Values)];
    }

    private static string[] Numbers(TracedArray array) => [array.Name, Shape(array), Numbers(array.Values)];

    private static string Numbers(IEnumerable<double> values) => string.Join(' ', values.Select(Number));

    internal static string Shape(TracedArray array) => $"{array.Rows} x {array.Columns}";

    // A share of thousands of items is small.
    private static string Long(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    // Six decimals, and no sign of a 0.
    private static string Number(double value) =>
        (Math.Round(value, 6) + 0.0).ToString("0.######", CultureInfo.InvariantCulture);
}
