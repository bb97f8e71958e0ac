using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>What is SVAE's own: the order of a history, and batches of histories of unequal length.</summary>
public class SvaeTests
{
    private const int Items = 23;

    private static readonly Settings small = Clicks.Small(Svae.Type).With(GradientFit.EpochCount, 3);

    // Items in the order of the rows.
    private static ClickMatrix InOrder(params int[][] users)
    {
        long end = 0;
        return new ClickMatrix(Items, [0, .. users.Select(user => end += user.Length)],
            [.. users.SelectMany(user => user.Order())], inOrder: [.. users.SelectMany(user => user)]);
    }

    // Histories of 2 to 10 items.
    private static int[][] Histories(int users) => [.. Enumerable.Range(0, users).Select(user =>
        Enumerable.Range(0, 2 + user * 5 % 9).Select(n => (7 * user + 9 * n) % Items).ToArray())];

    private static float[] Weights(Recommender model) => [.. model.CopyTensors().SelectMany(tensor => tensor.Values)];

    [Fact]
    public void A_batch_of_histories_of_unequal_length_is_the_mean_of_them_one_by_one()
    {
        // With a learning rate of next to nothing every step sees the first weights, and the KL depends on no noise.
        double Kl(int batch)
        {
            using Device device = Device.Reference();
            using var run = new FitRun(new DataSplit(Clicks.Ids(Items), InOrder(Histories(12)), null, null),
                small.With(GradientFit.BatchSize, batch).With(Autoencoders.LearningRate, 1e-30)
                    .With(GradientFit.EpochCount, 1), device);
            while (!run.Fit.IsDone)
                run.Fit.Step();
            return run.Fit.Measures.Single(measure => measure.Name == "kl").Value;
        }

        double alone = Kl(1);
        Assert.True(alone > 0);
        Assert.All((int[])[2, 5, 12], batch => Assert.Equal(alone, Kl(batch), 1e-9 * alone));
    }

    [Fact]
    public void Users_of_whom_no_item_comes_next_change_nothing()
    {
        int[][] histories = Histories(9);
        using Recommender without = Clicks.Fitted(small, InOrder(histories)),
            with = Clicks.Fitted(small, InOrder([[], histories[0], [4], .. histories[1..], []]));
        Assert.Equal(Weights(without), Weights(with));
    }

    [Fact]
    public void The_order_decides_and_where_it_is_not_known_items_are_read_by_their_number()
    {
        ClickMatrix train = InOrder(Histories(9));
        using Recommender model = Clicks.Fitted(small, train);
        float[] Of(ClickMatrix user) => Clicks.Scores(model, new(user));
        float[] ascending = Of(InOrder([3, 8, 15]));
        Assert.NotEqual(ascending, Of(InOrder([15, 3, 8])));
        Assert.Equal(ascending, Of(Clicks.Of(Items, [15, 3, 8])));
        Assert.NotEqual(Weights(model), Weights(Clicks.Fitted(small, Clicks.Of(Items, Histories(9)))));
    }

    [Fact]
    public void Times_give_the_order_and_equal_times_leave_the_items_as_they_came()
    {
        var clicks = new ClickBuilder(new ReadOptions { KeepOrder = true });
        foreach ((string item, long time) in ((string, long)[])[("c", 2), ("b", 1), ("a", 2), ("d", 1)])
            clicks.Add("u", item, 1, time);
        ClickData data = clicks.Build();
        Assert.Equal("bdca", string.Concat(data.Matrix.InOrder(0).ToArray().Select(item => data.Items[item])));
    }

    [Fact]
    public void More_histories_than_fit_at_once_are_ranked_in_parts()
    {
        // Steps whose units exist at once are some 16,000.
        const int items = 500, users = 40;
        int[][] histories = [.. Enumerable.Range(0, users).Select(user =>
            Enumerable.Range(0, 490).Select(n => (user + 3 * n) % items).ToArray())];
        long end = 0;
        var all = new ClickMatrix(items, [0, .. histories.Select(history => end += history.Length)],
            [.. histories.SelectMany(history => history.Order())],
            inOrder: [.. histories.SelectMany(history => history)]);
        using Recommender model =
            Clicks.Fitted(small.With(GradientFit.EpochCount, 1), Clicks.Of(items, [1, 2], [4, 9]));
        float[] together = Clicks.Scores(model, new(all));
        var last = new ClickMatrix(items, [0, 490], [.. histories[^1].Order()], inOrder: histories[^1]);
        Assert.Equal(together[^items..], Clicks.Scores(model, new(last)));
    }

    [Fact]
    public void More_than_one_hidden_width_is_refused() =>
        Assert.Contains("expected one width", Assert.Throws<ArgumentException>(
            small.With("hidden", "5,5").Check).Message);
}
