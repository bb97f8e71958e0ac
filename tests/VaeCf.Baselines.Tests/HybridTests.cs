using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

public sealed class HybridTests : IDisposable
{
    private static readonly ClickMatrix train = Clicks.Random(new Random(8), 31, 17),
        foldIn = Clicks.Random(new Random(9), 11, 17);

    private readonly TemporaryFolder folder = new();

    public HybridTests() => Catalog.Add(BaselineModels.All);

    public void Dispose() => folder.Dispose();

    private string Saved(string name, Settings settings, ClickMatrix? clicks = null)
    {
        using Recommender model = Clicks.Fitted(settings, clicks ?? train);
        model.Save(folder[name]);
        return folder[name];
    }

    private Settings Of(double weight = 0.25, HybridBlend blend = HybridBlend.Scores) => Hybrid.Type.Defaults
        .With(Hybrid.First, Saved("ease", Ease.Type.Defaults.With(Ease.Lambda, 5)))
        .With(Hybrid.Second, Saved("userknn", UserKnn.Type.Defaults)).With(Hybrid.Weight, weight)
        .With(Hybrid.Blend, blend);

    private double[][] ScoresOf(string name)
    {
        using Recommender part = Recommender.Load(folder[name]);
        return [.. Clicks.Scores(part, new(foldIn)).Select(x => (double)x).Chunk(17)];
    }

    [Fact]
    public void Parts_of_other_items_are_not_handed_over()
    {
        using Recommender first = Clicks.Fitted(Popularity.Type.Defaults, train),
            second = Clicks.Fitted(Popularity.Type.Defaults, Clicks.Random(new Random(8), 31, 16));
        ModelData Over(Recommender other) => ModelData.HandOver(Hybrid.Type.Defaults, first.Items,
            new ModelInfo(1, null, 31, false), [], parts: [new("first", first), new("second", other)]);
        Assert.Contains("'second'", Assert.Throws<ArgumentException>(() => Over(second)).Message);
        Assert.Throws<ArgumentNullException>(() => Over(null!));
        Assert.NotNull(Over(first));
    }

    [Fact]
    public void A_path_that_is_no_text_is_no_value() =>
        Assert.Throws<ArgumentException>(() => Hybrid.Type.Defaults.With(Hybrid.First, "\ud800x"));

    [Fact]
    public void A_part_that_predicts_ratings_is_refused()
    {
        Settings settings = Of().With(Hybrid.Second, Saved("biases", Biases.Type.Defaults));
        Assert.EndsWith("found Biases, which predicts ratings; expected a model that ranks items",
            Assert.Throws<InputException>(() => Clicks.Fitted(settings, train).Dispose()).Message);
    }

    [Theory]
    [InlineData(HybridBlend.Scores)]
    [InlineData(HybridBlend.Ranks)]
    public void It_mixes_what_its_parts_say_of_unseen_items(HybridBlend blend)
    {
        using Recommender model = Clicks.Fitted(Of(0.25, blend), train);
        float[][] scores = [.. Clicks.Scores(model, new(foldIn)).Chunk(17)];
        double[][] first = ScoresOf("ease"), second = ScoresOf("userknn");
        for (int row = 0; row < foldIn.UserCount; row++)
        {
            int[] unseen = [.. Enumerable.Range(0, 17).Except(foldIn.ItemsOf(row).ToArray())];
            double Scaled(double[] of, int item)
            {
                if (blend == HybridBlend.Ranks)
                    return 1 - (double)unseen.OrderByDescending(j => of[j]).ThenBy(j => j).ToList().IndexOf(item)
                        / unseen.Length;
                (double least, double greatest) = (unseen.Min(j => of[j]), unseen.Max(j => of[j]));
                return greatest > least ? (of[item] - least) / (greatest - least) : 0;
            }
            Assert.All(unseen, item => Assert.Equal(
                0.25 * Scaled(first[row], item) + 0.75 * Scaled(second[row], item), scores[row][item], 1e-5));
        }
    }

    [Fact]
    public void Its_file_is_whole_without_those_of_its_parts()
    {
        using Recommender model = Clicks.Fitted(Of(), train);
        float[] scores = Clicks.Scores(model, new(foldIn));
        model.Save(folder["hybrid"]);
        File.Delete(folder["ease"]);
        File.Delete(folder["userknn"]);
        using Recommender loaded = Recommender.Load(folder["hybrid"]);
        Assert.Equal(scores, Clicks.Scores(loaded, new(foldIn)));
        Assert.Equal(["first.weights", "second.counts", "second.items"],
            loaded.CopyTensors().Select(tensor => tensor.Name));
        loaded.Save(folder["again"]);
        Assert.Equal(File.ReadAllBytes(folder["hybrid"]), File.ReadAllBytes(folder["again"]));
    }

    [Fact]
    public void Hybrids_of_hybrids_work_to_a_depth_of_four()
    {
        Settings settings = Of();
        for (int depth = 1; depth <= 4; depth++)
        {
            string path = Saved($"hybrid {depth}", settings);
            using Recommender loaded = Recommender.Load(path);
            Assert.All(Clicks.Scores(loaded, new(foldIn)), score => Assert.True(float.IsFinite(score)));
            settings = settings.With(Hybrid.First, path);
        }
        Assert.Contains("expected at most 3",
            Assert.Throws<InputException>(() => Clicks.Fitted(settings, train).Dispose()).Message);
    }

    [Fact]
    public void A_file_of_models_within_models_without_end_is_refused()
    {
        using Recommender model = Clicks.Fitted(Of(), train);
        model.Save(folder["hybrid"]);
        // Every "first" is a hybrid again, as deep as the texts go.
        var texts = new List<string>();
        for (int depth = 1; depth < 2_000; depth++)
        {
            string prefix = string.Concat(Enumerable.Repeat("first.", depth));
            texts.Add($"\"{prefix}model\":\"hybrid\",\"{prefix}settings\":\"{{}}\",\"{prefix}origin\":"
                + "\"{\\\"epoch\\\":1,\\\"train_users\\\":1,\\\"trained_on_counts\\\":false}\"");
        }
        string header = "{\"__metadata__\":{\"format\":\"vaecf-model-2\",\"items\":\"[1,2]\",\"model\":\"hybrid\","
            + "\"settings\":\"{}\",\"origin\":\"{\\\"epoch\\\":1,\\\"train_users\\\":1,"
            + "\\\"trained_on_counts\\\":false}\"," + string.Join(',', texts) + "}}";
        File.WriteAllBytes(folder["bomb"],
            [.. BitConverter.GetBytes((long)header.Length), .. header.Select(letter => (byte)letter)]);
        Assert.Contains("expected at most 4 deep",
            Assert.Throws<InputException>(() => Recommender.Load(folder["bomb"]).Dispose()).Message);
    }

    [Fact]
    public void Models_that_do_not_go_together_are_refused()
    {
        string Failure(Settings settings) =>
            Assert.Throws<InputException>(() => Clicks.Fitted(settings, train).Dispose()).Message;
        Assert.Contains("expected --first and --second", Failure(Hybrid.Type.Defaults));
        Assert.Contains("there is no such file", Failure(Of().With(Hybrid.First, folder["missing"])));
        string other = Saved("other", Popularity.Type.Defaults, Clicks.Of(16, [0]));
        Assert.Contains("found a model of 16 items, with none as number 17; expected the 17 of the data, with '16'",
            Failure(Of().With(Hybrid.Second, other)));
    }
}
