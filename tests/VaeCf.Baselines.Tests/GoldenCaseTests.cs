using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Baselines.Tests;

/// <summary>Weights, similarities and scores as another program computed them in double.</summary>
public class GoldenCaseTests
{
    private static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(
        Repository.PathOf($"tests/fixtures/golden/baselines/{name}.json"))).RootElement;

    private static double[] Numbers(JsonElement tensor) =>
        [.. tensor.GetProperty("data").EnumerateArray().Select(x => x.GetDouble())];

    private static ClickMatrix Matrix(JsonElement tensor)
    {
        int items = tensor.GetProperty("shape")[1].GetInt32();
        double[][] rows = [.. Numbers(tensor).Chunk(items)];
        return new ClickMatrix(items, [0, .. Sums(rows.Select(row => row.Count(x => x != 0)))],
            [.. rows.SelectMany(row => Enumerable.Range(0, items).Where(i => row[i] != 0))],
            [.. rows.SelectMany(row => row.Where(x => x != 0).Select(x => (float)x))]);
    }

    private static IEnumerable<long> Sums(IEnumerable<int> counts)
    {
        long sum = 0;
        foreach (int count in counts)
            yield return sum += count;
    }

    private static Recommender Fit(Settings settings, ClickMatrix clicks, Device device)
    {
        var items = new Vocabulary([.. Enumerable.Range(0, clicks.ItemCount).Select(item => (long)item)]);
        using var run = new FitRun(
            new DataSplit(items, clicks, null, null, Clicks.Ids(clicks.UserCount)), settings, device);
        return run.Run();
    }

    // The scores of every item, seen ones too.
    private static double[] Scores(Recommender model, ClickMatrix users)
    {
        int[] rows = [.. Enumerable.Range(0, users.UserCount)], items = new int[rows.Length * model.ItemCount];
        var ranked = new float[items.Length];
        model.Rank(new Histories(users), rows, model.ItemCount, RankFilter.Of(model.ItemCount, seenToo: true), items,
            ranked);
        var scores = new double[items.Length];
        for (int i = 0; i < items.Length; i++)
            scores[i / model.ItemCount * model.ItemCount + items[i]] = ranked[i];
        return scores;
    }

    [Fact]
    public void A_recommender_has_the_scores_of_its_case()
    {
        Check("ease", Ease.Type.Defaults.With(Ease.Lambda, 13));
        Check("ease-counts", Ease.Type.Defaults.With(Ease.Lambda, 13));
        Check("slim-signed", Slim.Type.Defaults.With(Slim.L1, 0.5).With(Slim.L2, 1).With(Slim.Signed, true)
            .With(Slim.Tolerance, 1e-7));
        Check("itemknn-cosine", ItemKnn.Type.Defaults.With(ItemKnn.Neighbours, 4).With(ItemKnn.Shrink, 2));

        static void Check(string name, Settings settings)
        {
            JsonElement root = Read(name), inputs = root.GetProperty("inputs");
            double[] expected = Numbers(root.GetProperty("expected").GetProperty("scores_of_new_rows"));
            using Device device = Device.Cpu(2);
            using Recommender model = Fit(settings, Matrix(inputs.GetProperty("x")), device);
            double[] scores = Scores(model, Matrix(inputs.GetProperty("new_rows")));
            Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Saved_and_loaded_with_any_number_of_threads_they_answer_alike(int threads)
    {
        ClickMatrix x = Matrix(Read("ease").GetProperty("inputs").GetProperty("x"));
        // Those that are made from files have tests of their own.
        foreach (ModelType type in BaselineModels.All.Where(type => !type.Settings.Any(one => one is Setting<string>)))
        {
            Catalog.Add(type);
            using Device one = Device.Cpu(1), others = Device.Cpu(threads);
            using Recommender model = Fit(Clicks.Small(type), x, one), again = Fit(Clicks.Small(type), x, others);
            using var file = new MemoryStream();
            again.Save(file);
            file.Position = 0;
            using Recommender loaded = Recommender.Load(file, others);
            Assert.Equal(model.CopyTensors().SelectMany(tensor => tensor.Values),
                loaded.CopyTensors().SelectMany(tensor => tensor.Values));
            Assert.Equal(Scores(model, x), Scores(loaded, x));
        }
    }

    public static TheoryData<string, bool> Cases => new()
    {
        { "ease", false }, { "ease", true }, { "ease-counts", false }, { "ease-counts", true }, { "slim", false },
        { "slim", true }, { "slim-signed", false }, { "slim-signed", true }, { "slim-ridge", false },
        { "slim-ridge", true }, { "itemknn-cosine", false }, { "itemknn-cosine", true }, { "itemknn-jaccard", false },
        { "itemknn-jaccard", true }, { "wmf", false }, { "wmf", true }, { "wmf-scaled", false }, { "wmf-scaled", true },
        { "nmf", false }, { "nmf", true }, { "nmf-kl", false }, { "nmf-kl", true }, { "nmf-regularised", false },
        { "nmf-regularised", true }, { "userknn-cosine", false }, { "userknn-hamming", false },
        { "content-knn", false }, { "hybrid", false }, { "ae", false }, { "ae", true }, { "ae-square", false },
        { "ae-square", true }, { "deep-collaborative", false }, { "deep-collaborative", true },
        { "deep-collaborative-excluding-inputs", false }, { "deep-collaborative-excluding-inputs", true },
        { "cdae-logistic-adagrad", false }, { "cdae-logistic-adagrad", true }, { "cdae-logistic-adam", false },
        { "cdae-logistic-adam", true }, { "cdae-square-adagrad", false }, { "cdae-square-adagrad", true },
        { "cdae-weighted-square-adam", false }, { "cdae-weighted-square-adam", true }, { "autorec-i", false },
        { "autorec-i", true }, { "autorec-u", false }, { "autorec-u", true }, { "autorec-i-rprop", false },
        { "autorec-i-rprop", true }, { "svae", false }, { "svae", true }, { "svae-authors", false },
        { "svae-authors", true }, { "svae-next-1", false }, { "svae-next-1", true },
        { "deeprec", false }, { "deeprec", true }, { "deeprec-refeeding", false },
        { "rbm-ratings-cd1", false }, { "rbm-ratings-cd1", true }, { "rbm-ratings-cd3", false },
        { "rbm-ratings-cd3", true }, { "rbm-clicks-cd1", false }, { "rbm-clicks-cd1", true },
        { "deeprec-refeeding", true }, { "deeprec-tied-refeeding", false }, { "deeprec-tied-refeeding", true },
        { "gmf", false }, { "gmf", true }, { "mlp", false }, { "mlp", true },
        { "neumf", false }, { "neumf", true }, { "ncf-sampled-metrics", false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Every_quantity_of_the_case_is_recomputed(string name, bool single)
    {
        BaselineCases.AddAll();
        Assert.All(Case.Verify(Repository.PathOf($"tests/fixtures/golden/baselines/{name}.json"), single).Quantities,
            quantity => Assert.True(quantity.Passed, $"{quantity}"));
    }
}
