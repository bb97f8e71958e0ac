using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests;

/// <summary>
/// The library in one minute: clicks, a fit of three steps, recommendations, a file. Read this first.
/// </summary>
public class TinyTests
{
    // Four users and five items; row u holds the items that user u clicked. Ann and Bob like fruit, Cid and Dan sweets.
    private static readonly Vocabulary items = new(["apple", "pear", "plum", "cake", "fudge"]);
    private static readonly ClickMatrix clicks = new(itemCount: 5, rowStarts: [0, 3, 5, 7, 9],
        items: [0, 1, 2, /* Bob */ 0, 2, /* Cid */ 3, 4, /* Dan */ 3, 4]);

    // Mult-VAE as its paper has it, but small and quick to learn. All four users are one batch, so an epoch is a step.
    private static readonly Settings settings = MultVae.Type.Defaults
        .With(Autoencoders.Hidden, []).With(Autoencoders.Latent, 2).With(Autoencoders.KeepProbability, 1)
        .With(Autoencoders.LearningRate, 0.1).With(GradientFit.EpochCount, 30).With(GradientFit.Seed, 3ul);

    private static readonly DataSplit split = new(items, clicks, Validation: null, Test: null);

    [Fact]
    public void Three_steps_lower_the_loss()
    {
        using var run = new FitRun(split, settings);
        var losses = new List<double>();
        for (int step = 1; step <= 3; step++)
        {
            run.Fit.Step();
            Assert.Equal(step, run.Fit.Position.Step);
            losses.Add(run.Fit.Measures.Single(measure => measure.Name == "loss").Value);
        }
        Assert.True(losses[2] < losses[0], string.Join(", ", losses));
    }

    [Fact]
    public void A_model_recommends_what_similar_users_liked_and_survives_a_file()
    {
        using var run = new FitRun(split, settings);
        using Recommender model = run.Run();

        // Eve was not trained on: what she has is enough. The answer holds nothing that she has already.
        Recommendations answer = model.Recommend(["apple", "pear"], k: 2);
        Assert.Equal("plum", answer.Items[0].Item);
        Assert.Equal(2, answer.Items.Count);
        Assert.DoesNotContain(answer.Items, one => one.Item is "apple" or "pear");
        Assert.Equal("fudge", model.Recommend(["cake"], k: 1).Items[0].Item);

        // Items that the model does not know are reported.
        Assert.Equal(["soup"], model.Recommend(["apple", "soup"], k: 1).UnknownItems);

        // A file holds all that a model is: loaded, it gives the same answers.
        using var file = new MemoryStream();
        model.Save(file);
        file.Position = 0;
        using Recommender loaded = Recommender.Load(file);
        Assert.Equal(model.Settings.ToString(), loaded.Settings.ToString());
        Assert.Equal(answer.Items, loaded.Recommend(["apple", "pear"], k: 2).Items);
    }
}
