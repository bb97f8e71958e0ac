using System.Text.Json;
using VaeCf.Kernels;
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
        Repository.PathOf($"tests/fixtures/golden/closed-form/{name}.json"))).RootElement;

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
        using var run = new FitRun(new DataSplit(items, clicks, null, null), settings, device);
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

    private static void Equal(double[] expected, IEnumerable<double> actual, double tolerance)
    {
        double[] found = [.. actual];
        double apart = Math.Sqrt(expected.Zip(found, (e, a) => (e - a) * (e - a)).Sum());
        Assert.Equal(expected.Length, found.Length);
        Assert.InRange(apart / Math.Sqrt(expected.Sum(e => e * e)), 0, tolerance);
    }

    public static TheoryData<string, bool> EaseCases => new()
    {
        { "ease", false }, { "ease", true }, { "ease-counts", false }, { "ease-counts", true },
    };

    [Theory, MemberData(nameof(EaseCases))]
    public void Ease_has_the_weights_and_scores(string name, bool single)
    {
        JsonElement root = Read(name), inputs = root.GetProperty("inputs"), expected = root.GetProperty("expected");
        Settings settings = Ease.Type.Defaults
            .With(Ease.Lambda, root.GetProperty("config").GetProperty("lambda").GetDouble());
        using Device device = single ? Device.Cpu(2) : Device.Reference();
        using Recommender model = Fit(settings, Matrix(inputs.GetProperty("x")), device);
        // What is read from a recommender is float.
        const double tolerance = 1e-6;
        Equal(Numbers(expected.GetProperty("weights")), model.CopyTensors().Single().Values.Select(x => (double)x),
            tolerance);
        Equal(Numbers(expected.GetProperty("scores")), Scores(model, Matrix(inputs.GetProperty("x"))), tolerance);
        Equal(Numbers(expected.GetProperty("scores_of_new_rows")),
            Scores(model, Matrix(inputs.GetProperty("new_rows"))), tolerance);
    }

    private static readonly string[] slimCases = ["slim", "slim-signed", "slim-ridge"];

    private static Settings SlimSettings(JsonElement config) => Slim.Type.Defaults
        .With(Slim.L1, config.GetProperty("l1").GetDouble()).With(Slim.L2, config.GetProperty("l2").GetDouble())
        .With(Slim.Signed, !config.GetProperty("non_negative").GetBoolean());

    public static TheoryData<string, bool> SlimCases => new()
    {
        { "slim", false }, { "slim", true }, { "slim-signed", false }, { "slim-signed", true },
        { "slim-ridge", false }, { "slim-ridge", true },
    };

    [Theory, MemberData(nameof(SlimCases))]
    public void Slim_has_the_weights_and_scores(string name, bool single)
    {
        JsonElement root = Read(name), inputs = root.GetProperty("inputs"), expected = root.GetProperty("expected");
        Settings settings = SlimSettings(root.GetProperty("config")).With(Slim.Tolerance, single ? 1e-6 : 1e-12)
            .With(Slim.Sweeps, 100_000);
        ClickMatrix x = Matrix(inputs.GetProperty("x"));
        using Device device = single ? Device.Cpu(2) : Device.Reference();
        using Recommender model = Fit(settings, x, device);
        SavedTensor[] tensors = [.. model.CopyTensors()];
        var weights = new double[x.ItemCount * x.ItemCount];
        for (int row = 0, n = 0; row < x.ItemCount; row++)
            for (int left = (int)tensors[0].Values[row]; left > 0; left--, n++)
                weights[row * x.ItemCount + (int)tensors[1].Values[n]] = tensors[2].Values[n];
        // What is read from a recommender is float.
        double tolerance = single ? 1e-4 : 1e-6;
        Equal(Numbers(expected.GetProperty("weights")), weights, tolerance);
        Assert.Equal(expected.GetProperty("non_zeros").GetInt32(), weights.Count(w => w != 0));
        Equal(Numbers(expected.GetProperty("scores_of_new_rows")),
            Scores(model, Matrix(inputs.GetProperty("new_rows"))), tolerance);
    }

    [Fact]
    public void Slims_weights_agree_to_nine_digits_in_double()
    {
        foreach (string name in slimCases)
        {
            JsonElement root = Read(name), config = root.GetProperty("config");
            ClickMatrix x = Matrix(root.GetProperty("inputs").GetProperty("x"));
            using Device device = Device.Reference();
            using Compute c = device.Open();
            using ClickBatch all = c.AllocateBatch();
            using Tensor gram = c.Allocate(x.ItemCount, x.ItemCount), columns = c.Allocate(x.ItemCount, x.ItemCount);
            c.Load(x, [.. Enumerable.Range(0, x.UserCount)], all);
            c.Gram(all, 0, gram);
            Assert.Equal(0, c.CoordinateDescent(gram, 0, new ElasticNet(config.GetProperty("l1").GetDouble(),
                config.GetProperty("l2").GetDouble(), config.GetProperty("non_negative").GetBoolean(), 1e-13, 100_000),
                columns));
            var weights = new double[columns.Length];
            c.Read(columns, weights.AsSpan());
            Equal(Numbers(root.GetProperty("expected").GetProperty("weights")), Enumerable.Range(0, weights.Length)
                .Select(i => weights[i % x.ItemCount * x.ItemCount + i / x.ItemCount]), 1e-9);
        }
    }

    [Theory]
    [InlineData("itemknn-cosine", ItemSimilarity.Cosine)]
    [InlineData("itemknn-jaccard", ItemSimilarity.Jaccard)]
    public void Item_knn_keeps_the_neighbours_and_has_the_scores(string name, ItemSimilarity similarity)
    {
        JsonElement root = Read(name), config = root.GetProperty("config"), inputs = root.GetProperty("inputs"),
            expected = root.GetProperty("expected");
        Settings settings = ItemKnn.Type.Defaults.With(ItemKnn.Similarity, similarity)
            .With(ItemKnn.Neighbours, config.GetProperty("k").GetInt32())
            .With(ItemKnn.Shrink, config.GetProperty("shrink").GetDouble());
        ClickMatrix x = Matrix(inputs.GetProperty("x"));
        using Device device = Device.Cpu(2);
        using Recommender model = Fit(settings, x, device);
        SavedTensor[] tensors = [.. model.CopyTensors()];
        int items = x.ItemCount, kept = (int)tensors[0].Shape[1];
        var similarities = new double[items * items];
        for (int n = 0; n < tensors[0].Values.Length; n++)
            if (tensors[0].Values[n] >= 0)
                similarities[(int)tensors[0].Values[n] * items + n / kept] = tensors[1].Values[n];
        Equal(Numbers(expected.GetProperty("similarities_kept")), similarities, 1e-6);
        Equal(Numbers(expected.GetProperty("scores_of_new_rows")),
            Scores(model, Matrix(inputs.GetProperty("new_rows"))), 1e-6);
    }

    public static TheoryData<string, bool> WmfCases => new()
    {
        { "wmf", false }, { "wmf", true }, { "wmf-scaled", false }, { "wmf-scaled", true },
    };

    // A checkpoint's tensors are float, so that the start is rounded to seven digits on the reference too.
    [Theory, MemberData(nameof(WmfCases))]
    public void Wmf_has_the_vectors_after_each_sweep_and_folds_in_new_rows(string name, bool single)
    {
        JsonElement root = Read(name), config = root.GetProperty("config"), inputs = root.GetProperty("inputs"),
            expected = root.GetProperty("expected");
        Settings settings = Wmf.Type.Defaults
            .With(Wmf.Weighting, name == "wmf" ? Confidence.Hu : Confidence.Rendle)
            .With(Wmf.Factors, config.GetProperty("factors").GetInt32())
            .With(Wmf.Alpha, config.GetProperty("alpha").GetDouble())
            .With(Wmf.Alpha0, config.GetProperty("alpha0").GetDouble())
            .With(Wmf.Lambda, config.GetProperty("lambda").GetDouble())
            .With(Wmf.Nu, config.GetProperty("nu").GetDouble())
            .With(Wmf.Sweeps, config.GetProperty("sweeps").GetInt32());
        ClickMatrix x = Matrix(inputs.GetProperty("x")), newRows = Matrix(inputs.GetProperty("new_rows"));
        var items = new Vocabulary([.. Enumerable.Range(0, x.ItemCount).Select(item => (long)item)]);
        var split = new DataSplit(items, x, null, null);
        using Device device = single ? Device.Cpu(2) : Device.Reference();
        using var begun = new FitRun(split, settings, device);
        Checkpoint start = begun.Capture();
        using var run = new FitRun(split, settings, device, start with
        {
            Model = [start.Model.Single() with
            {
                Values = [.. Numbers(inputs.GetProperty("item_factors")).Select(value => (float)value)],
            }],
        });
        double tolerance = single ? 1e-5 : 1e-6;
        for (int sweep = 0; !run.Fit.IsDone; sweep++)
        {
            run.Fit.Step();
            Equal(Numbers(expected.GetProperty("user_factors_after_sweep")[sweep]),
                run.Capture().State.Single().Values.Select(value => (double)value), tolerance);
            run.Fit.Step();
            Equal(Numbers(expected.GetProperty("item_factors_after_sweep")[sweep]),
                run.Capture().Model.Single().Values.Select(value => (double)value), tolerance);
        }
        using Recommender model = run.Run();
        var codes = new float[newRows.UserCount * model.CodeLength];
        model.Encode(new Histories(newRows), [.. Enumerable.Range(0, newRows.UserCount)], codes);
        Equal(Numbers(expected.GetProperty("factors_of_new_rows")), codes.Select(value => (double)value), tolerance);
        Equal(Numbers(expected.GetProperty("scores_of_new_rows")), Scores(model, newRows), tolerance);
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
            using Recommender model = Fit(type.Defaults, x, one), again = Fit(type.Defaults, x, others);
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
        { "nmf", false }, { "nmf", true }, { "nmf-kl", false }, { "nmf-kl", true }, { "nmf-regularised", false },
        { "nmf-regularised", true }, { "userknn-cosine", false }, { "userknn-hamming", false },
        { "content-knn", false }, { "hybrid", false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Every_quantity_of_the_case_is_recomputed(string name, bool single)
    {
        BaselineCases.AddAll();
        Assert.All(Case.Verify(Repository.PathOf($"tests/fixtures/golden/baselines/{name}.json"), single),
            quantity => Assert.True(quantity.Passed, $"{quantity}"));
    }
}
