using System.Globalization;
using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>
/// Data and settings at the ends of their ranges, for every model of the catalog: it works, with finite numbers, or
/// says clearly that it does not.
/// </summary>
public class ExtremesTests
{
    private const int Million = 1_000_000;

    private static readonly Dictionary<string, Func<DataSplit>> data = new()
    {
        ["a user with every item"] = () => Of(12, [[.. Enumerable.Range(0, 12)], [3], [0, 5, 11]]),
        ["one item"] = () => Of(1, [[0], [0]]),
        ["one item, one user"] = () => Of(1, [[0]]),
        ["one user"] = () => Of(12, [[1, 4]]),
        ["no clicks at all"] = () => Of(12, [[], []]),
        ["users without clicks"] = () => Of(12, [[], [2, 3], [], [3]]),
        ["counts of 1e9"] = () => Of(12, [[0, 2], [2, 5, 7], [7]], 1e9f),
        ["counts of 1e-30"] = () => Of(12, [[0, 2], [2, 5, 7], [7]], 1e-30f),
        ["counts of 0"] = () => Of(12, [[0, 2], [2, 5, 7], [7]], 0),
        ["usual"] = () => Small.TwoTastes(60, 20, 10),
    };

    // Values that a model may or may not have a setting for.
    private static readonly (string Setting, string Value)[] settings =
    [
        ("learning_rate", "1000"), ("learning_rate", "1e-300"), ("latent", "1"), ("hidden", "1"), ("hidden", "none"),
        ("batch", "1000000"), ("batch", "1"), ("weight_decay", "1e10"), ("weight_decay", "1e300"),
        ("keep_probability", "1e-300"), ("beta_cap", "1e30"), ("beta_cap", "1e300"), ("anneal_steps", "1e300"),
        ("epochs", "0"), ("seed", "0"), ("seed", "18446744073709551615"), ("seed", "-1"), ("components", "1"),
        ("gaussian_c1", "1e30"), ("lambda", "1e-300"), ("lambda", "1e300"), ("neighbours", "2147483647"),
        ("shrink", "1e300"),
    ];

    public static TheoryData<string, string> Data() => Pairs(_ => data.Keys);

    public static TheoryData<string, string> Values() => Pairs(type => settings
        .Where(one => type.Find(one.Setting) is not null).Select(one => $"{one.Setting}={one.Value}"));

    private static TheoryData<string, string> Pairs(Func<ModelType, IEnumerable<string>> of)
    {
        var pairs = new TheoryData<string, string>();
        foreach (string model in Small.Catalogue())
            foreach (string other in of(Catalog.Find(model)))
                pairs.Add(model, other);
        return pairs;
    }

    private static DataSplit Of(int items, int[][] users, float? count = null)
    {
        ClickMatrix clicks = Evaluation.Sets.Clicks(items, users);
        return new DataSplit(new Vocabulary([.. Enumerable.Range(100, items).Select(id => (long)id)]),
            count is null ? clicks : new ClickMatrix(items, clicks.RowStarts.ToArray(), clicks.Items.ToArray(),
                [.. Enumerable.Repeat(count.Value, (int)clicks.ClickCount)]), null, null);
    }

    [Theory, MemberData(nameof(Data))]
    public void Any_data_ends_in_a_sane_model_or_a_clear_error(string model, string set) =>
        Try(Small.For(model, data[set]()), () => Small.Sized(model));

    [Theory, MemberData(nameof(Values))]
    public void Any_setting_ends_in_a_sane_model_or_a_clear_error(string model, string value)
    {
        string[] parts = value.Split('=');
        Try(Small.For(model, data["usual"]()), () => Small.Sized(model).With(parts[0], parts[1]), parts[0]);
    }

    // Trains, asks, saves and loads.
    private static void Try(DataSplit split, Func<Settings> settings, string setting = "")
    {
        try
        {
            using Device device = Device.Cpu(2);
            using var run = new FitRun(split, settings(), device);
            using Recommender model = run.Run();
            if (run.Divergence is { } divergence)
                AssertHelps(divergence);
            Assert.All(model.CopyTensors(), tensor => Assert.True(tensor.Values.All(float.IsFinite), tensor.Name));
            AssertSane(model, split.Train);
            using Recommender loaded = Recommender.Load(new MemoryStream(model.Bytes()), device);
            Assert.Equal(model.Bytes(), loaded.Bytes());
        }
        catch (DivergenceException e)
        {
            AssertHelps(e);
        }
        catch (Exception e) when (e is InputException or ArgumentException or FormatException)
        {
            Assert.Contains(setting, e.Message);
            Assert.Matches("expected|may help|nothing to train on", e.Message);
        }
    }

    private static void AssertHelps(DivergenceException e) => Assert.Matches(
        @"tensor '.+'.* at update \d+ \(epoch \d+\): training diverged; .*A lower learning rate .*may help", e.Message);

    private static void AssertSane(Recommender model, ClickMatrix users)
    {
        const int k = 5;
        int[] rows = [.. Enumerable.Range(0, users.UserCount)], items = new int[rows.Length * k];
        var scores = new float[items.Length];
        model.Rank(new Histories(users), rows, k, RankFilter.None, items, scores);
        foreach (int row in rows)
        {
            int[] list = items[(row * k)..((row + 1) * k)], ranked = [.. list.Where(item => item >= 0)];
            Assert.Equal(Math.Min(k, users.ItemCount - users.CountOf(row)), ranked.Length);
            Assert.Equal(ranked.Length, ranked.Except(users.ItemsOf(row).ToArray()).Distinct().Count());
            Assert.Equal(ranked, list[..ranked.Length]);
            Assert.All(list.Zip(scores[(row * k)..]), one => Assert.Equal(one.First >= 0, float.IsFinite(one.Second)));
        }
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void A_million_items_work_or_are_refused_with_the_memory_that_they_take(string model)
    {
        Settings settings = new[] { ("hidden", "1"), ("latent", "1"), ("components", "1"), ("epochs", "4"),
            ("neighbours", "5") }.Where(one => Catalog.Find(model).Find(one.Item1) is not null)
            .Aggregate(Small.Sized(model), (sized, one) => sized.With(one.Item1, one.Item2));
        DataSplit split = Small.For(model, Of(Million, [[0, 999_999], [5, 999_999], [0]]));
        using Device device = Device.Cpu(2);
        try
        {
            using var run = new FitRun(split, settings, device);
            using Recommender made = run.Run();
            Assert.Equal(10, made.Recommend(["100"]).Items.Count);
        }
        catch (DeviceException e)
        {
            Assert.Matches(@"of 1,000,000 x 1,000,000 items: 3,725\.3 GiB of memory; this machine has [\d,.]+$",
                e.Message);
        }
    }

    [Fact]
    public void What_takes_more_memory_than_there_is_is_refused_before_it_is_allocated()
    {
        DataSplit split = Of(Million, [[0, 999_999], [5, 999_999], [0]]);
        using Device cpu = Device.Cpu(1), reference = Device.Reference();
        long before = Environment.WorkingSet;
        string Refused(Settings settings, Device device) =>
            Assert.Throws<DeviceException>(() => new FitRun(split, settings, device)).Message;
        Assert.StartsWith("EASE's weights of 1,000,000 x 1,000,000 items: 3,725.3 GiB of memory; this machine has ",
            Refused(Ease.Type.Defaults, cpu));
        Assert.StartsWith("EASE's weights of 1,000,000 x 1,000,000 items: 7,450.6 GiB of memory; ",
            Refused(Ease.Type.Defaults, reference));
        Assert.StartsWith("item kNN's 1,000,000 neighbours of 1,000,000 items: 22,351.7 GiB of memory; ",
            Refused(ItemKnn.Type.Defaults.With(ItemKnn.Neighbours, int.MaxValue), cpu));
        Assert.StartsWith("the weights as far as 'decoder.1.weight', 1,000,000 x 1,000,000, with their moments: "
            + "11,178.1 GiB of memory; ", Refused(MultVae.Type.Defaults.With(Autoencoders.Hidden, [Million]), cpu));
        Assert.True(Environment.WorkingSet - before < 1L << 30);

        using Compute c = cpu.Open();
        Assert.StartsWith("a tensor of 2,000,000 x 2,000,000 numbers: 14,901.2 GiB of memory; ",
            Assert.Throws<DeviceException>(() => c.Allocate(2 * Million, 2 * Million)).Message);
    }

    /// <summary>Weights that are finite, and whose products are not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scores_that_are_not_finite_are_an_error_and_never_an_answer(bool cpu)
    {
        using Device device = cpu ? Device.Cpu(2) : Device.Reference();
        DataSplit split = Small.TwoTastes();
        using var run = new FitRun(split, Small.MultVae, device);
        run.Fit.Step();
        foreach (NamedTensor tensor in run.Fit.Model)
        {
            var values = new float[tensor.Value.Length];
            run.Fit.Compute.Read(tensor.Value, values);
            run.Fit.Compute.Write([.. values.Select(value => value < 0 ? float.MinValue : float.MaxValue)],
                tensor.Value);
        }
        using Recommender model = run.Fit.ToRecommender(new ModelInfo(0, null, 230, false));
        Assert.All(model.CopyTensors(), tensor => Assert.True(tensor.Values.All(float.IsFinite), tensor.Name));
        const string not = @"is (NaN|-?∞|-?Infinity); expected a finite number\. The model's weights are too large";
        Assert.Matches("^the score of item .* for user 0 " + not,
            Assert.Throws<InputException>(() => model.Recommend(["100"])).Message);
        Assert.Matches("^the score of item .* for user 0 " + not,
            Assert.Throws<InputException>(() => Evaluator.Evaluate(model, split.Test!)).Message);
        Assert.Matches("^the score of item .* for user 2 ", Assert.Throws<InputException>(() => model.Rank(
            new Histories(split.Test!.FoldIn), [2], 5, RankFilter.None, new int[5], [])).Message);
    }

    [Fact]
    public void A_validation_whose_scores_are_not_finite_is_divergence()
    {
        // One update: its loss is that of the weights before it, and those after it are finite.
        Settings settings = Small.MultVae.With(GradientFit.BatchSize, 1000).With(GradientFit.EpochCount, 1)
            .With(Autoencoders.Hidden, [400]).With(Autoencoders.LearningRate, 1e37);
        using var device = Device.Cpu(1);
        using var run = new FitRun(Small.TwoTastes(), settings, device);
        var e = Assert.Throws<DivergenceException>(() => run.Run());
        AssertHelps(e);
        Assert.Matches(@"^the score of item \d+ for user \d+ is .* \(the largest weight is \S+E\+3\d, in tensor '",
            e.Message);
        Assert.Null(run.Best);
        Assert.Empty(run.History);
    }

    [Fact]
    public void Seeds_are_whole_numbers_from_0_to_2_to_the_64_less_1()
    {
        Settings settings = Small.MultVae;
        foreach (ulong seed in (ReadOnlySpan<ulong>)[0, ulong.MaxValue])
            Assert.Equal(seed, settings.With("seed", seed.ToString(CultureInfo.InvariantCulture))
                .Get(GradientFit.Seed));
        Assert.StartsWith("seed: found '-1'; expected a whole number from 0 to 18446744073709551615",
            Assert.Throws<FormatException>(() => settings.With("seed", "-1")).Message);
        Assert.StartsWith("epochs: found '0'; expected a whole number, at least 1",
            Assert.Throws<FormatException>(() => settings.With("epochs", "0")).Message);
    }
}
