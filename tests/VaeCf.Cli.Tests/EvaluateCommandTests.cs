using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class EvaluateCommandTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.AssertGood().Output).RootElement;

    [Fact]
    public void The_model_stands_beside_popularity_and_is_better()
    {
        string output = Vaecf.Run("evaluate", model.Path, model.Split, "-k", "5,3").AssertGood().Output;
        foreach (string measure in new[] { "NDCG@3", "Recall@5", "Recall of targets@3", "Precision@5", "HitRate@5",
            "MAP@3", "MRR@5" })
            Assert.Matches($@"\| {measure} +\| +\d\.\d{{4}} ± \d\.\d{{4}} \| +\d\.\d{{4}} ± \d\.\d{{4}} \|", output);
        foreach (string measure in new[] { "Coverage@5", "Gini@3", "Personalization@5", @"Novelty \(bits\)@5" })
            Assert.Matches($@"\| {measure} +\| +\d+\.\d{{4}} \| +\d+\.\d{{4}} \|", output);
        Assert.Contains("means over 10 users", output);
        Assert.Matches(@"fold-in clicks +\| +users +\| +NDCG@5 model", output);
        Assert.Matches(@"3 to 3 +\| +2 \|", output);
        JsonElement json = Json(Vaecf.Run("evaluate", model.Path, model.Split, "--k", "5", "--json"));
        double Of(string ranker) => json.GetProperty(ranker).GetProperty("ndcg@5").GetDouble();
        Assert.True(Of("model") > Of("popularity") + 0.1, $"model {Of("model")}, popularity {Of("popularity")}");
        Assert.Equal("test", json.GetProperty("split").GetString());
        Assert.Equal(5, json.GetProperty("model").GetProperty("quintiles").GetArrayLength());
    }

    [Fact]
    public void The_validation_users_may_be_asked_for_and_the_threads_change_nothing()
    {
        string Output(string threads) => Vaecf.Run("evaluate", model.Path, model.Split, "--split", "validation",
            "--threads", threads, "--json").AssertGood().Output;
        Assert.Equal(Output("1"), Output("2"));
        Assert.Contains("\"split\": \"validation\"", Output("1"));
        Assert.Contains("\"ndcg@100\"", Output("1"));
    }

    [Fact]
    public void A_model_for_other_items_is_refused_with_what_differs()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        string[] ids = File.ReadAllLines(Path.Combine(split, "unique_sid.txt"));
        File.WriteAllLines(Path.Combine(split, "unique_sid.txt"), [.. ids[..3], "7", .. ids[4..]]);
        Vaecf.Run("evaluate", model.Path, split).AssertWrongUse("found '7' as item 3; expected '103'");
        File.WriteAllLines(Path.Combine(split, "unique_sid.txt"), [.. ids, "7"]);
        Vaecf.Run("evaluate", model.Path, split).AssertWrongUse("found 21 items; expected 20");
    }

    [Fact]
    public void What_is_missing_or_damaged_is_refused()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder, test: false);
        Vaecf.Run("evaluate", model.Path, split).AssertWrongUse("there are no test users");
        Vaecf.Run("evaluate", model.Path, folder["nowhere"]).AssertWrongUse("nowhere");
        Vaecf.Run("evaluate", folder["no.safetensors"], split).AssertWrongUse("no.safetensors");
        File.WriteAllBytes(folder["cut.safetensors"], File.ReadAllBytes(model.Path)[..^9]);
        Vaecf.Run("evaluate", folder["cut.safetensors"], split).AssertWrongUse("cut.safetensors");
        Vaecf.Run("evaluate", Path.Combine(split, "train.csv"), split).AssertWrongUse("train.csv");
        Vaecf.Run("evaluate", model.Path, split, "--k", "0").AssertWrongUse("--k");
    }
}
