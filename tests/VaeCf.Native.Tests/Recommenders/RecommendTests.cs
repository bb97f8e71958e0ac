using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>What a model answers: filters, many users, counts, reasons, similar items, codes.</summary>
public class RecommendTests
{
    private static readonly string[] history = ["100", "101", "104"];

    private static string[] Items(Recommendations answer) => [.. answer.Items.Select(item => item.Item)];

    // Users on a vocabulary of their own, in which item "x" is unknown to the model.
    private static ClickData Users(bool counts = false)
    {
        var random = new Random(4);
        string[] ids = ["x", .. Enumerable.Range(100, 40).Reverse().Select(id => $"{id}")];
        int[][] rows = [.. Enumerable.Range(0, 600).Select(user => user == 7 ? [] :
            Enumerable.Range(0, 41).OrderBy(_ => random.Next()).Take(1 + user % 9).Order().ToArray())];
        ClickMatrix clicks = Evaluation.Sets.Clicks(41, rows);
        if (counts)
            clicks = new ClickMatrix(41, clicks.RowStarts.ToArray(), clicks.Items.ToArray(),
                [.. Enumerable.Range(0, (int)clicks.ClickCount).Select(i => 1f + i % 5)]);
        var users = new Vocabulary([.. Enumerable.Range(0, 600).Select(user => $"u{user}")]);
        return new ClickData(clicks, users, new Vocabulary(ids),
            new ReadReport("", ClickFormat.Pairs, null, 0, 0, 0, 0, 0));
    }

    private static HistoryItem[] HistoryOf(ClickData data, int row)
    {
        string[] items = [.. data.Matrix.ItemsOf(row).ToArray().Select(item => data.Items[item])];
        float[] counts = data.Matrix.ValuesOf(row).ToArray();
        return [.. items.Select((item, i) => new HistoryItem(item, data.Matrix.HasValues ? counts[i] : 1))];
    }

    [Fact]
    public void A_ranking_takes_no_memory_once_its_own_has_grown()
    {
        using Recommender model = Small.Trained();
        var users = new Histories(model.ClicksOf([new("100"), new("104")]));
        var items = new int[10];
        long before = 0;
        for (int run = 0; run < 100; run++)
        {
            if (run == 99)
                before = GC.GetAllocatedBytesForCurrentThread();
            model.Rank(users, [0], 10, RankFilter.None, items, []);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Excluded_items_are_replaced_by_the_next_best()
    {
        using Recommender model = Small.Trained();
        string[] all = Items(model.Recommend(history, 40));
        Recommendations answer =
            model.Recommend(history, 5, new RecommendOptions { Exclude = [all[0], all[3], "none"] });
        Assert.Equal([all[1], all[2], all[4], all[5], all[6]], Items(answer));
        Assert.Equal(answer.Items.OrderByDescending(item => item.Score), answer.Items);
    }

    [Fact]
    public void Only_items_that_are_allowed_are_answered_and_fewer_where_there_are_fewer()
    {
        using Recommender model = Small.Trained();
        string[] all = Items(model.Recommend(history, 40)), only = [all[30], all[2], all[11], "100", "none"];
        Assert.Equal([all[2], all[11], all[30]],
            Items(model.Recommend(history, 5, new RecommendOptions { Only = only })));
        Assert.Equal([all[2]], Items(model.Recommend(history, 1, new RecommendOptions { Only = only })));
        Assert.Equal([all[11]],
            Items(model.Recommend(history, 5, new RecommendOptions { Only = only, Exclude = [all[2], all[30]] })));
        Assert.Empty(model.Recommend(history, 5, new RecommendOptions { Only = ["none"] }).Items);
    }

    [Fact]
    public void Items_of_the_history_are_answered_where_that_is_asked_for()
    {
        using Recommender model = Small.Trained();
        Recommendations all = model.Recommend(history, 40, new RecommendOptions { SeenToo = true });
        Assert.Equal(40, all.Items.Count);
        Assert.Empty(history.Except(Items(all)));
        ScoredItem[] unseen = [.. all.Items.Where(item => !history.Contains(item.Item))];
        Assert.Equal(model.Recommend(history, 40).Items, unseen);
        Assert.Equal(["104"],
            Items(model.Recommend(history, 5, new RecommendOptions { SeenToo = true, Only = ["104"] })));
    }

    [Fact]
    public void An_index_that_is_no_item_is_refused_and_a_filter_of_another_model_too()
    {
        Assert.Throws<ArgumentOutOfRangeException>("only", () => RankFilter.Of(40, only: [40]));
        Assert.Throws<ArgumentOutOfRangeException>("exclude", () => RankFilter.Of(40, exclude: [-1]));
        using Recommender model = Small.Trained();
        var user = new Histories(Evaluation.Sets.Clicks(40, [1]));
        ArgumentException e = Assert.Throws<ArgumentException>("filter",
            () => model.Rank(user, [0], 3, RankFilter.Of(39, exclude: [1]), new int[3], []));
        Assert.StartsWith("the filter is of 39 items; expected 40", e.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Many_users_get_the_answers_that_each_would_get_alone(bool counts)
    {
        using Recommender model = Small.Trained(split: counts ? Small.TwoTastesWithCounts() : null);
        ClickData users = Users(counts);
        Recommendations[] answers = [.. model.Recommend(users, 6)];
        Assert.Equal(Enumerable.Range(0, 600).Select(user => $"u{user}"), answers.Select(answer => answer.User));
        for (int row = 0; row < 600; row++)
        {
            Recommendations alone = model.Recommend(HistoryOf(users, row), 6);
            Assert.Equal(alone.Items, answers[row].Items);
            Assert.Equal(alone.UnknownItems, answers[row].UnknownItems);
        }
        Assert.Contains(answers, answer => answer.UnknownItems.Contains("x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Recommend(users, 0));
    }

    [Fact]
    public void Counts_reach_a_model_that_was_trained_on_counts_and_evaluation_ranks_alike()
    {
        EvaluationSet test = Small.TwoTastesWithCounts().Test!;
        using Recommender counted = Small.Trained(split: Small.TwoTastesWithCounts()), plain = Small.Trained();
        Assert.Equal((true, false), (counted.Info.TrainedOnCounts, plain.Info.TrainedOnCounts));
        int differ = 0;
        for (int row = 0; row < test.FoldIn.UserCount; row++)
        {
            HistoryItem[] clicks = [.. Enumerable.Range(0, 4).Select(i => new HistoryItem(
                counted.Items[test.FoldIn.ItemsOf(row)[i]], test.FoldIn.ValuesOf(row)[i]))];
            HistoryItem[] ones = [.. clicks.Select(click => click with { Count = 1 })];
            Assert.Equal(Ranked(counted, row), Items(counted.Recommend(clicks, 36)));
            Assert.Equal(Ranked(plain, row), Items(plain.Recommend(clicks, 36)));
            Assert.Equal(plain.Recommend(ones, 36).Items, plain.Recommend(clicks, 36).Items);
            if (!counted.Recommend(clicks, 36).Items.SequenceEqual(counted.Recommend(ones, 36).Items))
                differ++;
        }
        Assert.True(differ > 20, $"the counts of {differ} users made a difference");

        string[] Ranked(Recommender model, int row)
        {
            var items = new int[36];
            model.Rank(new Histories(test.FoldIn), [row], 36, RankFilter.None, items, []);
            return [.. items.Select(item => model.Items[item])];
        }
    }

    [Fact]
    public void Counts_of_a_repeated_item_are_added_up_and_one_that_is_no_number_is_refused()
    {
        using Recommender model = Small.Trained(split: Small.TwoTastesWithCounts());
        HistoryItem[] twice = [new("100", 2), new("107"), new("100", 3)], once = [new("100", 5), new("107")];
        Assert.Equal(model.Recommend(once, 9).Items, model.Recommend(twice, 9).Items);
        Assert.StartsWith("item '107' counts NaN; expected a finite number",
            Assert.Throws<ArgumentException>("history", () =>
                model.Recommend([new HistoryItem("107", float.NaN)])).Message);
    }

    [Fact]
    public void A_count_that_is_not_above_0_is_refused_where_counts_are_read()
    {
        using Recommender counted = Small.Trained(split: Small.TwoTastesWithCounts()), plain = Small.Trained();
        HistoryItem[] clicks = [new("100", 0), new("107", -1)];
        Assert.StartsWith("item '100' counts 0; expected a finite number above 0",
            Assert.Throws<ArgumentException>("history", () => counted.Recommend(clicks)).Message);
        Assert.Equal(plain.Recommend(["100", "107"]).Items, plain.Recommend(clicks).Items);
    }

    [Fact]
    public void An_id_that_is_null_is_refused_and_its_parameter_named()
    {
        using Recommender model = Small.Trained();
        Assert.Throws<ArgumentNullException>("history", () => model.Recommend(["100", null!]));
        Assert.Throws<ArgumentNullException>("item", () => model.Similar(null!));
    }

    [Fact]
    public void An_answer_is_a_table_as_text()
    {
        var answer = new Recommendations([new("260", 1.5f), new("tea", -0.25f)], ["x", "y"]);
        Assert.Equal("""
            | rank | item |  score |
            | :--- | ---: | -----: |
            | 1    |  260 |  1.500 |
            | 2    |  tea | -0.250 |
            not known: x, y
            """.ReplaceLineEndings(), $"{answer}");
        Assert.StartsWith("| user ann |", $"{answer with { User = "ann" }}");
    }

    [Fact]
    public void An_item_of_the_history_contributes_what_the_score_falls_by_without_it()
    {
        using Recommender model = Small.Trained(split: Small.TwoTastesWithCounts());
        HistoryItem[] clicks = [new("100", 2), new("103"), new("105", 4), new("unknown")];
        string[] wanted = ["110", "131", "100"];
        IReadOnlyList<Explanation> explained = model.Explain(clicks, wanted);
        Assert.Equal(wanted, explained.Select(one => one.Item));
        var all = new RecommendOptions { SeenToo = true };
        float Score(string item, IEnumerable<HistoryItem> of) =>
            model.Recommend(of, 40, all).Items.Single(one => one.Item == item).Score;
        Assert.All(explained, one =>
        {
            Assert.Equal(Score(one.Item, clicks), one.Score, 1e-6);
            Assert.Equal(["100", "103", "105"], one.Reasons.Select(reason => reason.Item).Order());
            Assert.Equal(one.Reasons.OrderByDescending(reason => reason.Score), one.Reasons);
            Assert.All(one.Reasons, reason => Assert.Equal(
                one.Score - Score(one.Item, clicks.Where(click => click.Item != reason.Item)), reason.Score, 1e-6));
        });
        Assert.Empty(model.Explain([new HistoryItem("unknown")], ["110"])[0].Reasons);
    }

    [Fact]
    public void Nothing_to_explain_is_no_error_and_an_unknown_item_is()
    {
        using Recommender model = Small.Trained();
        Assert.Empty(model.Explain([new HistoryItem("100")], []));
        Assert.StartsWith("the model does not know the item 'none'",
            Assert.Throws<ArgumentException>("items", () => model.Explain([new HistoryItem("100")], ["none"])).Message);
    }

    [Theory]
    [InlineData("multvae", "decoder.1.weight")]
    [InlineData("hvamp", "p_x.out.weight")]
    [InlineData("recvae", "decoder.weight")]
    public void Similar_items_are_those_of_the_highest_cosine_of_output_weights(string name, string tensor)
    {
        using Recommender model = Small.Trained(name);
        (int width, float[] weights) = Tensor(model, tensor);
        double Cosine(int a, int b)
        {
            double Dot(int i, int j) =>
                Enumerable.Range(0, width).Sum(k => (double)weights[i * width + k] * weights[j * width + k]);
            return Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));
        }
        IReadOnlyList<ScoredItem> similar = model.Similar("104", 6);
        int[] expected = [.. Enumerable.Range(0, 40).Where(item => item != 4).OrderByDescending(item => Cosine(4, item))
            .Take(6)];
        Assert.Equal(expected.Select(item => model.Items[item]), similar.Select(item => item.Item));
        Assert.All(expected.Zip(similar), pair => Assert.Equal(Cosine(4, pair.First), pair.Second.Score, 1e-6));
        Assert.Equal(39, model.Similar("104", 100).Count);
        Assert.StartsWith("the model does not know the item 'x'",
            Assert.Throws<ArgumentException>("item", () => model.Similar("x")).Message);
        Assert.Throws<ArgumentOutOfRangeException>("k", () => model.Similar("104", 0));
    }

    [Theory]
    [InlineData("multvae")]
    [InlineData("multdae")]
    public void A_code_is_the_mean_that_the_encoder_gives(string name)
    {
        using Recommender model = Small.Trained(name);
        ((int width, float[] w0), (_, float[] b0)) =
            (Tensor(model, "encoder.0.weight"), Tensor(model, "encoder.0.bias"));
        ((int outputs, float[] w1), (_, float[] b1)) =
            (Tensor(model, "encoder.1.weight"), Tensor(model, "encoder.1.bias"));
        int[] items = [0, 1, 4];
        // h = tanh(x W + b) of x = clicks / sqrt 3; then mu, the first half of h V + c, or, of Mult-DAE, tanh(h V + c).
        double[] h = [.. Enumerable.Range(0, width)
            .Select(j => Math.Tanh(b0[j] + items.Sum(i => w0[i * width + j] / Math.Sqrt(3))))];
        double[] code = [.. Enumerable.Range(0, 8)
            .Select(j => b1[j] + Enumerable.Range(0, width).Sum(i => h[i] * w1[i * outputs + j]))];
        if (name == "multdae")
            code = [.. code.Select(Math.Tanh)];
        float[] encoded = model.Encode([.. history.Select(id => new HistoryItem(id)), new HistoryItem("unknown")])
            .Flat();
        Assert.Equal(8, model.CodeLength);
        Assert.Equal(code.Length, encoded.Length);
        Assert.All(code.Zip(encoded), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [InlineData("multvae", 8)]
    [InlineData("multdae", 8)]
    [InlineData("vamp", 8)]
    [InlineData("hvamp", 16)]
    [InlineData("recvae", 8)]
    public void The_codes_of_many_users_are_those_of_each_and_of_the_reference(string name, int length)
    {
        using Recommender model = Small.Trained(name);
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        using Device device = Device.Reference();
        using Recommender reference = Recommender.Load(stream, device);
        ClickData users = Users();
        float[] codes = model.Encode(users).Flat();
        Assert.Equal((length, 600 * length), (model.CodeLength, codes.Length));
        foreach (int row in new[] { 0, 7, 8, 511, 512, 599 })
        {
            float[] code = codes[(row * length)..((row + 1) * length)];
            Assert.Equal(model.Encode(HistoryOf(users, row)).Flat(), code);
            Assert.All(reference.Encode(HistoryOf(users, row)).Flat().Zip(code), pair =>
                Assert.Equal(pair.First, pair.Second, 1e-4));
        }
        // Of users with clicks, codes differ.
        Assert.NotEqual(codes[..length], codes[(8 * length)..(9 * length)]);
    }

    private static (int Columns, float[] Values) Tensor(Recommender model, string name)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        using var file = new SafeTensors(stream, "model");
        TensorInfo info = file.Tensors.Single(tensor => tensor.Name == name);
        var values = new float[info.Length];
        file.Read(info, 0, values);
        return ((int)info.Shape[^1], values);
    }
}
