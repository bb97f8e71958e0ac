using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Tests.Evaluation;

public class EvaluationReportTests
{
    [Fact]
    public void ItsJsonIsThis()
    {
        EvaluationSet set = new(Sets.Clicks(4, [0], [1]), Sets.Clicks(4, [1], []));
        EvaluationReport report = Evaluator.Evaluate(
            new ScoreTableRanker(new double[8], 4), set, new() { Cutoffs = [1] });
        string expected = """
            {"users_counted":1,"users_without_targets":1,
            "ndcg@1":1,"ndcg@1_se":null,"recall@1":1,"recall@1_se":null,
            "recall_of_targets@1":1,"recall_of_targets@1_se":null,
            "precision@1":1,"precision@1_se":null,"hit_rate@1":1,"hit_rate@1_se":null,
            "map@1":1,"map@1_se":null,"mrr@1":1,"mrr@1_se":null,
            "coverage@1":0.5,"gini@1":0.5,"personalization@1":1,"novelty@1":null,
            "quintiles":[{"quintile":5,"users":1,"fewest_clicks":1,"most_clicks":1,
            "ndcg@1":1,"ndcg@1_se":null,"recall@1":1,"recall@1_se":null}]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), Sets.Json(report));
    }

    [Fact]
    public void ItsJsonHoldsTheNumbersToTheLastBit()
    {
        Random random = new(9);
        EvaluationReport report = Evaluator.Evaluate(Sets.RandomScores(random, 20, 30), Sets.Random(random, 20, 30));
        using JsonDocument json = JsonDocument.Parse(Sets.Json(report));
        Assert.Equal(report.At(20).Ndcg.Value, json.RootElement.GetProperty("ndcg@20").GetDouble());
        Assert.Equal(report.At(100).Map.StandardError, json.RootElement.GetProperty("map@100_se").GetDouble());
        Assert.Equal(report.Quintiles[4].Cutoffs[1].Recall.Value,
            json.RootElement.GetProperty("quintiles")[4].GetProperty("recall@50").GetDouble());
    }
}
