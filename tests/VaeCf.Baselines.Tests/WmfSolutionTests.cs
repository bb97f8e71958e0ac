using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>What WMF's scores are made of.</summary>
public class WmfSolutionTests
{
    private static Recommender Fitted(Settings settings)
    {
        ClickMatrix train = Clicks.Random(new Random(4), 40, 29);
        var items = new Vocabulary([.. Enumerable.Range(0, train.ItemCount).Select(id => (long)id)]);
        using var run = new FitRun(new DataSplit(items, train, null, null), settings);
        return run.Run();
    }

    [Theory]
    [InlineData(Confidence.Rendle)]
    [InlineData(Confidence.Hu)]
    public void The_parts_of_a_score_add_up_to_it(Confidence confidence)
    {
        Settings settings = Wmf.Type.Defaults.With(Wmf.Factors, 7).With(Wmf.Sweeps, 4).With(Wmf.Weighting, confidence);
        using Recommender model = Fitted(confidence == Confidence.Hu ? settings.With(Wmf.Alpha, 3) : settings);
        string[] history = ["3", "0", "17", "nothing"];
        WmfSolution solution = WmfSolution.Of(model, history.Select(id => new HistoryItem(id)));

        Assert.Equal(["0", "3", "17"], solution.History);
        Assert.All(solution.Confidences, one => Assert.Equal(confidence == Confidence.Hu ? 4 : 1.1, one, 1e-12));
        Assert.InRange(solution.Residual, 0, 1e-10);
        // What ranks is solved for in single precision.
        Assert.All(model.Recommend(history, 29, new() { SeenToo = true }).Items, one =>
            Assert.Equal(one.Score, solution.Contributions(one.Item).Sum(), 2e-4));
        var code = new float[7];
        model.Encode(history.Select(id => new HistoryItem(id))).FlattenTo(code);
        Assert.All(code.Zip(solution.Vector), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
    }

    [Fact]
    public void Another_model_or_item_is_refused()
    {
        using Recommender model = Fitted(Wmf.Type.Defaults.With(Wmf.Factors, 3).With(Wmf.Sweeps, 1));
        WmfSolution solution = WmfSolution.Of(model, [new HistoryItem("1")]);
        Assert.Contains("'99'", Assert.Throws<ArgumentException>(() => solution.Contributions("99")).Message);
        using Recommender popular = Fitted(Popularity.Type.Defaults);
        Assert.Contains("found a model that is popularity; expected wmf",
            Assert.Throws<ArgumentException>(() => WmfSolution.Of(popular, [])).Message);
    }
}
