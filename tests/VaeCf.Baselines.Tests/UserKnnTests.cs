using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

public class UserKnnTests
{
    public UserKnnTests() => Catalog.Add(BaselineModels.All);

    private static readonly ClickMatrix train = Clicks.Random(new Random(5), 53, 31),
        foldIn = Clicks.Random(new Random(6), 19, 31);

    public static TheoryData<UserSimilarity, int, double> Kinds()
    {
        var data = new TheoryData<UserSimilarity, int, double>();
        foreach (UserSimilarity similarity in Enum.GetValues<UserSimilarity>())
            foreach (int k in (int[])[1, 7, 53, 100])
                foreach (double shrink in (double[])[0, 2.5])
                    data.Add(similarity, k, shrink);
        return data;
    }

    private static Settings Of(UserSimilarity similarity, int k, double shrink = 0) => UserKnn.Type.Defaults
        .With(UserKnn.Similarity, similarity).With(UserKnn.Neighbours, k).With(UserKnn.Shrink, shrink);

    [Theory, MemberData(nameof(Kinds))]
    public void Its_scores_are_those_of_comparing_every_pair_of_rows(UserSimilarity similarity, int k, double shrink)
    {
        using Recommender model = Clicks.Fitted(Of(similarity, k, shrink), train);
        float[] scores = Clicks.Scores(model, new(foldIn));
        for (int row = 0; row < foldIn.UserCount; row++)
        {
            int[] own = [.. foldIn.ItemsOf(row)];
            int Both(int user) => train.ItemsOf(user).ToArray().Intersect(own).Count();
            double Near(int user) => similarity != UserSimilarity.Cosine
                ? 1 - (own.Length + train.CountOf(user) - 2.0 * Both(user)) / 31
                : Both(user) == 0 ? 0
                : shrink == 0 ? Math.Sqrt((double)Both(user) * Both(user) / (own.Length * train.CountOf(user)))
                : Both(user) / (Math.Sqrt(own.Length * train.CountOf(user)) + shrink);
            int[] nearest = [.. Enumerable.Range(0, 53).OrderByDescending(Near).ThenBy(user => user).Take(k)];
            var expected = new double[31];
            foreach (int user in nearest)
                foreach (int item in train.ItemsOf(user))
                    expected[item] += similarity == UserSimilarity.Cosine ? Near(user)
                        : (similarity == UserSimilarity.Hamming ? 1 : Near(user)) / nearest.Length;
            Assert.All(Enumerable.Range(0, 31), item => Assert.Equal(expected[item], scores[row * 31 + item], 1e-5));
        }
    }

    [Fact]
    public void Of_equally_near_users_the_first_counts()
    {
        ClickMatrix twins = Clicks.Of(4, [0, 3], [0, 1], [0, 2]);
        using Recommender model = Clicks.Fitted(Of(UserSimilarity.Cosine, 1), twins);
        Assert.Equal([3, 1, 2], Clicks.Rank(model, Clicks.Of(4, [0]), [0], 3));
    }

    [Fact]
    public void A_user_whose_id_is_known_is_no_neighbour_of_their_own_before_or_after_the_file()
    {
        Vocabulary ids = new(["ann", "bob", "cy"]);
        ClickMatrix clicks = Clicks.Of(3, [0, 1], [0, 2], [1]);
        using Recommender model = Clicks.Fitted(Of(UserSimilarity.Cosine, 1), clicks, users: ids),
            loaded = Clicks.Reloaded(model);
        Assert.Equal("ann", loaded.Users![0]);
        foreach (Recommender one in (Recommender[])[model, loaded])
        {
            // Ann's own row is the nearest to it, then Cy's.
            Assert.Equal([1, 1, 0], Clicks.Scores(one, new(Clicks.Of(3, [0, 1]))).Select(Shown));
            Assert.Equal([0, 1, 0],
                Clicks.Scores(one, new(Clicks.Of(3, [0, 1]), new Vocabulary(["ann"]))).Select(Shown));
            Assert.Equal([1, 1, 0],
                Clicks.Scores(one, new(Clicks.Of(3, [0, 1]), new Vocabulary(["dan"]))).Select(Shown));
        }

        static float Shown(float score) => score > 0 ? 1 : 0;
    }

    [Fact]
    public void Counts_weigh_in_the_cosine_and_in_the_rows()
    {
        ClickMatrix counted = new(2, [0, 2, 3], [0, 1, 1], values: [3, 4, 2]);
        using Recommender model = Clicks.Fitted(Of(UserSimilarity.Cosine, 5), counted);
        float[] scores = Clicks.Scores(model, new(new ClickMatrix(2, [0, 1], [0], values: [5])));
        Assert.Equal(3.0 / 5 * 3, scores[0], 1e-6);
        Assert.Equal(3.0 / 5 * 4, scores[1], 1e-6);
    }

    public static TheoryData<float[], float[], string> Hostile => new()
    {
        { [2, 1], [0, 1], "found tensor 'items' of the shape [2]; expected [3]" },
        { [1, 1.5f], [0, 1], "found 1.5 in tensor 'counts'" },
        { [-1, 3], [0, 1], "found -1 in tensor 'counts'" },
        { [3, 0], [0, 1, 2], "found 3 in tensor 'counts'" },
        { [1, 1], [0, 2], "found 2 in tensor 'items'" },
        { [1, 1], [0, 0.5f], "found 0.5 in tensor 'items'" },
        { [2, 0], [1, 0], "user 0" },
        { [2, 0], [1, 1], "user 0" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public void A_file_that_holds_no_clicks_is_refused(float[] counts, float[] items, string message)
    {
        using Device device = Device.Cpu(1);
        using Compute c = device.Open();
        using Tensor first = c.Allocate(1, counts.Length), second = c.Allocate(1, items.Length);
        c.Write(counts, first);
        c.Write(items, second);
        var data = ModelData.HandOver(UserKnn.Type.Defaults, Clicks.Ids(2), new ModelInfo(1, null, 2, false),
            [new("counts", first, IsVector: true), new("items", second, IsVector: true)]);
        Assert.Contains(message, Assert.Throws<InputException>(() => UserKnn.Type.Load(data, device)).Message);
    }

    [Fact]
    public void A_file_with_the_ids_of_other_users_is_refused()
    {
        using Device device = Device.Cpu(1);
        using Compute c = device.Open();
        using Tensor counts = c.Allocate(1, 2), items = c.Allocate(1, 0);
        var data = ModelData.HandOver(UserKnn.Type.Defaults, Clicks.Ids(2), new ModelInfo(1, null, 2, false),
            [new("counts", counts, IsVector: true), new("items", items, IsVector: true)], users: Clicks.Ids(3));
        Assert.Contains("found the ids of 3 users; expected 2",
            Assert.Throws<InputException>(() => UserKnn.Type.Load(data, device)).Message);
    }
}
