using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

public sealed class ContentKnnTests : IDisposable
{
    private static readonly ClickMatrix train = Clicks.Of(6, [0, 1, 2, 3, 4, 5]);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private Settings Of(int k, params string[] lines)
    {
        string path = folder["features"];
        File.WriteAllLines(path, lines);
        return ContentKnn.Type.Defaults.With(ContentKnn.Features, path).With(ContentKnn.Neighbours, k);
    }

    private string Failure(params string[] lines) =>
        Assert.Throws<InputException>(() => Clicks.Fitted(Of(2, lines), train).Dispose()).Message;

    [Fact]
    public void Items_are_as_similar_as_the_features_they_share()
    {
        using Recommender model = Clicks.Fitted(Of(2, "movieId,title,genres", "0,A,Action|Crime", "1,B,Crime",
            "2,C,Action|Crime", "3,D,Crime|Crime", "4,E,(no genres listed)", "7,F,Crime"), train);
        // Item 0 keeps 2, with the same genres, and of 1 and 3, with one of its two, the lower.
        Assert.Equal([0, Half, 1, 0, 0, 0], Clicks.Scores(model, new(Clicks.Of(6, [0]))));
        // Item 1 keeps 3, then of 0 and 2 the lower. Item 4 has no genre, item 5 is not named.
        Assert.Equal([Half, 0, 0, 1, 0, 0], Clicks.Scores(model, new(Clicks.Of(6, [1, 4, 5]))));
        // The greatest similarity counts, not the sum.
        Assert.Equal([Half, Half, 1, 1, 0, 0], Clicks.Scores(model, new(Clicks.Of(6, [0, 1]))));
        Assert.Equal(["2", "1"], model.Similar("0", 2).Select(item => item.Item));
    }

    private static float Half => (float)Math.Sqrt(0.5);

    [Theory]
    [InlineData("0::A::x|y\n1::B::y\n2::C::x|y")]
    [InlineData("id\ttags\n0\tx|y\n1\ty\n2\tx|y")]
    public void Other_layouts_are_read(string text)
    {
        using Recommender model = Clicks.Fitted(Of(1, text.Split('\n')), train);
        Assert.Equal([0, 0, 1, 0, 0, 0], Clicks.Scores(model, new(Clicks.Of(6, [0]))));
    }

    [Fact]
    public void Neighbours_are_those_of_comparing_every_pair_of_items()
    {
        var random = new Random(4);
        IReadOnlyList<string>[] features = [.. Enumerable.Range(0, 97).Select(_ => (IReadOnlyList<string>)
            [.. Enumerable.Range(0, 9).Where(_ => random.Next(3) == 0).Select(feature => $"{feature}")])];
        (double[] nearest, double[] likeness) = ContentKnnNearest(features, 7);
        for (int i = 0; i < 97; i++)
        {
            // Squares: quotients of whole numbers.
            double Square(int j) => features[i].Count * features[j].Count is 0 ? 0
                : Math.Pow(features[i].Intersect(features[j]).Count(), 2) / (features[i].Count * features[j].Count);
            int[] expected = [.. Enumerable.Range(0, 97).Where(j => j != i && Square(j) > 0)
                .OrderByDescending(Square).ThenBy(j => j).Take(7)];
            Assert.Equal(expected.Select(j => (double)j), nearest[(i * 7)..(i * 7 + expected.Length)]);
            Assert.Equal(expected.Select(j => Math.Sqrt(Square(j))), likeness[(i * 7)..(i * 7 + expected.Length)],
                (a, b) => Math.Abs(a - b) < 1e-6);
            Assert.All(nearest[(i * 7 + expected.Length)..(i * 7 + 7)], none => Assert.Equal(-1, none));
        }
    }

    // By the model: the tensors of its file.
    private (double[] Nearest, double[] Likeness) ContentKnnNearest(IReadOnlyList<string>[] features, int k)
    {
        Settings settings = Of(k,
            ["id,genres", .. features.Select((words, item) => $"{item},{string.Join('|', words)}")]);
        using Recommender model = Clicks.Fitted(settings, Clicks.Of(features.Length, [0]));
        double[][] tensors = [.. model.CopyTensors().Select(tensor => Array.ConvertAll(tensor.Values, x => (double)x))];
        return (tensors[0], tensors[1]);
    }

    [Fact]
    public void Files_that_do_not_serve_are_refused()
    {
        Assert.Contains("expected --features and a file", Assert.Throws<InputException>(
            () => Clicks.Fitted(ContentKnn.Type, train)).Message);
        Assert.Contains("there is no such file", Assert.Throws<InputException>(() => Clicks.Fitted(
            ContentKnn.Type.Defaults.With(ContentKnn.Features, folder["missing"]), train)).Message);
        Assert.Contains("of none of these 6, such as '0'", Failure("id,genres", "100,x", "101,y"));
        Assert.Contains("a genres column with a common name", Failure("id,colour", "0,red"));
        Assert.Contains("a second genres of item 0, 'y'", Failure("id,genres", "0,x", "0,y"));
    }
}
