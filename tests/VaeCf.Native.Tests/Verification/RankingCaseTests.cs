using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Verification;

public class RankingCaseTests
{
    private static readonly string Golden = Path.Combine(
        AppContext.BaseDirectory, "fixtures", "golden", "ranking-metrics.json");

    [Fact]
    public void EveryMeasureOfTheGoldenCaseIsReproduced()
    {
        IReadOnlyList<VerifiedQuantity> quantities = RankingCase.Verify(Golden);
        string[] measures = ["ndcg", "recall", "precision", "hit_rate", "map", "mrr", "ndcg_standard_error", "coverage",
            "gini", "personalization", "users_counted"];
        Assert.Equal(new[] { 1, 5, 10, 20, 50 }.SelectMany(k => measures.Select(name => $"{name}@{k}")),
            quantities.Select(q => q.Name));
        Assert.All(quantities, q => Assert.True(q.Passed, $"{q.Name}: {q.RelativeError}"));
    }

    [Fact]
    public void AWrongNumberFailsAlone()
    {
        IReadOnlyList<VerifiedQuantity> quantities = Verify(File.ReadAllText(Golden)
            .Replace("\"ndcg\": 0.21928069766753613", "\"ndcg\": 0.21928069866753613", StringComparison.Ordinal));
        Assert.Equal(["ndcg@5"], quantities.Where(q => !q.Passed).Select(q => q.Name));
    }

    [Fact]
    public void NaNDoesNotPass() => Assert.False(new VerifiedQuantity("x", double.NaN, 1).Passed);

    [Fact]
    public void AnUndefinedMeasureDoesNotPass() =>
        Assert.False(Assert.Single(Verify(Case("""{"1": {"novelty": 1}}"""))).Passed);

    [Theory]
    [InlineData("", "no valid JSON")]
    [InlineData("[1]", "not a verification case")]
    [InlineData("{}", "'scores' is missing")]
    [InlineData("""{"scores": {"shape": [2, 2], "data": [1]}}""", "1 numbers for the shape [2, 2]")]
    [InlineData("""{"scores": {"shape": [-2, -1], "data": [1, 2]}}""", "2 numbers for the shape [-2, -1]")]
    [InlineData("""{"scores": {"shape": [1], "data": [1]}}""", "1 dimensions")]
    [InlineData("""{"scores": {"shape": [1, 2], "data": [1, 2]}, "fold_in": []}""", "lists of 0 users")]
    [InlineData("""{"scores": {"shape": [1, 2], "data": [1, 2]}, "fold_in": [[2]]}""", "item 2")]
    public void AFileThatIsNoCaseSaysWhy(string json, string why) =>
        Assert.Contains(why, Assert.Throws<InputException>(() => Verify(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}", "nothing to compare")]
    [InlineData("""{"0": {"ndcg": 1}}""", "'0'")]
    [InlineData("""{"1": {"beauty": 1}}""", "'beauty'")]
    [InlineData("""{"1": {"ndcg": "one"}}""", "not a verification case")]
    public void AnExpectationThatCannotBeComparedIsRefused(string expected, string why) =>
        Assert.Contains(why, Assert.Throws<InputException>(() => Verify(Case(expected))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void AMissingFileIsNamed() =>
        Assert.Contains("nowhere.json", Assert.Throws<InputException>(() => RankingCase.Verify("nowhere.json")).Message,
            StringComparison.Ordinal);

    private static string Case(string expected) =>
        """{"scores": {"shape": [1, 2], "data": [1, 2]}, "fold_in": [[]], "held_out": [[1]], "expected": """
            + $"{expected}}}";

    private static IReadOnlyList<VerifiedQuantity> Verify(string json)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            return RankingCase.Verify(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
