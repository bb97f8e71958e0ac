using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Verification;

/// <summary>Training steps in numbers. ModelGradientTests holds the gradients to slopes at other sizes.</summary>
public class TracedStepTests
{
    public static TheoryData<string> Models() => [.. Small.Models];

    [Theory, MemberData(nameof(Models))]
    public void Every_gradient_of_a_tiny_model_is_its_slope(string model)
    {
        TracedStep step = TracedStep.Tiny(Catalog.Find(model));
        Assert.Equal(6, step.Clicks.ItemCount);
        Assert.Subset(step.Gradients.Select(gradient => gradient.Name).ToHashSet(),
            step.Parameters.Select(p => $"d {p.Name}").ToHashSet());
        Assert.Equal(step.Forward.Count, step.Forward.Select(array => array.Name).Distinct().Count());
        foreach (TracedArray gradient in step.Gradients.Where(gradient => gradient.Checks.Count > 0))
        {
            Assert.Equal(gradient.Values, gradient.Checks.Select(check => check.Gradient));
            Assert.True(gradient.Error < 1e-9, $"{gradient.Name}: {gradient.Error:E2}");
        }
        // Parameters, the logits and the codes can always be moved; in Mult-VAE all can.
        IEnumerable<string> unchecked_ =
            step.Gradients.Where(gradient => gradient.Checks.Count == 0).Select(gradient => gradient.Name);
        Assert.DoesNotContain(unchecked_, name => step.Parameters.Any(p => $"d {p.Name}" == name));
        Assert.DoesNotContain("d f", unchecked_);
        Assert.DoesNotContain(unchecked_, name => name.StartsWith("d z", StringComparison.Ordinal));
        if (model is "multvae" or "multdae")
            Assert.Empty(unchecked_);
    }

    [Theory, MemberData(nameof(Models))]
    public void The_terms_are_those_of_the_loss(string model)
    {
        TracedStep step = TracedStep.Tiny(Catalog.Find(model));
        Assert.Equal(step.Loss, step.Reconstruction + step.Beta * step.Kl + step.Regularization, 1e-12);
        // One user: the loss of the batch is the user's.
        Assert.Equal(step["reconstruction"].Values.Single(), step.Reconstruction, 1e-12);
        double[] f = [.. step["f"].Values];
        Assert.Equal(-step.Clicks.ItemsOf(0).ToArray().Sum(item => f[item] - Math.Log(f.Sum(Math.Exp))),
            step.Reconstruction, 1e-12);
        Assert.Equal(step.Parameters.Select(p => p.Name), step.Updated.Select(p => p.Name));
    }

    [Fact]
    public void A_trained_models_step_has_its_weights()
    {
        // Without noise the logits of a step are what the model ranks by.
        DataSplit split = Small.TwoTastes();
        Settings settings = Small.Of("multdae").With(Autoencoders.KeepProbability, 1);
        using var run = new FitRun(split, settings);
        using Recommender model = run.Run();
        string[] history = ["100", "103", "104"];
        TracedStep step = TracedStep.Of(model, history.Select(id => new HistoryItem(id)), new() { Checks = 2 });

        Assert.Equal(history, step.Clicks.ItemsOf(0).ToArray().Select(item => model.Items[item]));
        Assert.All(model.Recommend(history, 40, new() { SeenToo = true }).Items, one =>
            Assert.Equal(one.Score, step["f"].Values[model.Items.IndexOf(one.Item)], 1e-4));
        Assert.All(step.Gradients, gradient => Assert.Equal(2, gradient.Checks.Count));
        Assert.All(step.Gradients, gradient =>
            Assert.True(gradient.Error < 1e-7, $"{gradient.Name}: {gradient.Error}"));
        Assert.Empty(step.Updated);
    }

    [Fact]
    public void Given_numbers_take_the_place_of_drawn_ones()
    {
        var clicks = new ClickMatrix(3, [0, 2, 3], [0, 1, 2]);
        Settings settings = Small.Shape("multvae", [], latent: 1, components: 1);
        TracedStep Of(string name, params double[] numbers) =>
            TracedStep.Of(settings, clicks, new() { Checks = 0 }, new Dictionary<string, double[]>
            {
                [name] = numbers,
            });

        Assert.Equal([0.5, -1], Of("epsilon", 0.5, -1)["epsilon"].Values);
        Assert.Equal([1, 0, 1], Of("dropout_x", 1, 0, 1)["dropout_x"].Values);
        Assert.Equal([Math.Sqrt(2), 0, 2], Of("dropout_x", 1, 0, 1)["x~"].Values.Select(x => Math.Round(x, 15)),
            (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([1, 2, 3], Of("decoder.0.weight", 1, 2, 3).Parameters[2].Values);
        Assert.Contains("'epsilon1'; expected one of encoder.0.weight",
            Assert.Throws<ArgumentException>(() => Of("epsilon1", 1)).Message);
        Assert.Contains("found 1 numbers for 'epsilon'; expected 2",
            Assert.Throws<ArgumentException>(() => Of("epsilon", 1)).Message);
        Assert.Contains("'nothing'; expected one of x / norm",
            Assert.Throws<ArgumentException>(() => Of("epsilon", 1, 2)["nothing"]).Message);
    }

    [Fact]
    public void A_model_of_another_kind_has_no_step()
    {
        using var run = new FitRun(Small.TwoTastes(), Ease.Type.Defaults);
        using Recommender ease = run.Run();
        Assert.Contains("EASE has no training step", Assert.Throws<NotSupportedException>(() =>
            TracedStep.Of(ease, [new HistoryItem("100")])).Message);
        Assert.Throws<NotSupportedException>(() => TracedStep.Tiny(Ease.Type));
    }
}
