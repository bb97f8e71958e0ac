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
        foreach (string measure in new[] { "Coverage@5", "Gini@3", "Personalisation@5", @"Novelty \(bits\)@5" })
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
    public void Targets_are_ranked_among_sampled_items_beside_all_of_them()
    {
        string output =
            Vaecf.Run("evaluate", model.Path, model.Split, "-k", "5", "--negatives", "3").AssertGood().Output;
        Assert.Matches(@"\| among sampled items +\| +model \| +popularity \|", output);
        Assert.Contains("each target among 3 items that the user did not click", output);
        // The cutoff of the one is there in the other.
        Assert.Matches(@"\| NDCG@10 +\| +\d\.\d{4}[^|]*\| +\d\.\d{4}[^|]*\|[^�]*\| NDCG@10 ", output);
        JsonElement json = Json(Vaecf.Run("evaluate", model.Path, model.Split, "--negatives", "3", "--json"));
        JsonElement sampled = json.GetProperty("sampled").GetProperty("model");
        Assert.Equal(3, sampled.GetProperty("negatives").GetDouble());
        Assert.Equal(1, sampled.GetProperty("hit_rate@10").GetDouble());
        Assert.True(json.GetProperty("model").TryGetProperty("ndcg@10", out _));
        Assert.False(Json(Vaecf.Run("evaluate", model.Path, model.Split, "--json")).TryGetProperty("sampled", out _));
        Vaecf.Run("evaluate", model.Path, model.Split, "--negatives", "0")
            .AssertWrongUse("--negatives: found '0'; expected a whole number from 1");
    }

    [Fact]
    public void A_folder_with_negatives_of_its_own_needs_no_option()
    {
        using var folder = new TemporaryFolder();
        string data = folder["ncf"];
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "train.rating"), "0\t10\t4\t1\n0\t20\t1\t2\n1\t20\t5\t3\n");
        File.WriteAllText(Path.Combine(data, "test.rating"), "0\t30\t4\t4\n1\t10\t5\t5\n");
        File.WriteAllText(Path.Combine(data, "test.negative"), "(0,30)\t40\n(1,10)\t30\t40\n");
        Assert.Equal(0,
            Vaecf.Run("train", data, "--model", "gmf", "--epochs", "2", "--out", folder["model"]).ExitCode);
        string output = Vaecf.Run("evaluate", folder["model"], data).AssertGood().Output;
        Assert.Contains("each target among 1.5 items that the user did not click", output);
        // Such a model answers for the users that it knows, by their ids.
        string[] Of(params string[] user) => [.. JsonDocument.Parse(Vaecf.Run(
            ["recommend", folder["model"], "--json", .. user]).AssertGood().Output).RootElement.GetProperty("items")
            .EnumerateArray().Select(item => item.ToString())];
        Assert.Equal(4, Of("--user", "0").Length);
        Assert.NotEqual(Of("--user", "0"), Of("--user", "1"));
        Assert.Equal(2, Of("--user", "0", "--items", "10,20").Length);
        Vaecf.Run("recommend", folder["model"], "--user", "7")
            .AssertWrongUse("--user: found the user '7'; expected one whom the model knows");
        File.WriteAllText(Path.Combine(data, "test.negative"), "(0,30)\t40\n");
        Vaecf.Run("evaluate", folder["model"], data).AssertWrongUse("test.negative: found no line for (1,10)");
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
