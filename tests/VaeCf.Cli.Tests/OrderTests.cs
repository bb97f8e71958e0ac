using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>The order of clicks from a file with times to recommendations, by the command alone.</summary>
public sealed class OrderTests : IDisposable
{
    private const int Users = 80, Items = 12, Length = 7;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Every user goes through the items one after the other, from an item of their own on; the rows are in no order.
    private string Clicks()
    {
        string[] rows = [.. from user in Enumerable.Range(0, Users)
                            from place in Enumerable.Range(0, Length)
                            select $"u{user},i{(user + place) % Items},{1_500_000_000 + 86_400 * (user + place)}"];
        new Random(1).Shuffle(rows);
        File.WriteAllLines(folder["clicks.csv"], ["user,item,time", .. rows]);
        return folder["clicks.csv"];
    }

    private string Prepared(params string[] more)
    {
        Vaecf.Run(["prepare", Clicks(), "--out", folder["split"], .. more]).AssertGood();
        return folder["split"];
    }

    private string Trained(string split)
    {
        CommandRun run = Vaecf.Run("train", split, "--model", "svae", "--embedding", "16", "--state", "24", "--hidden",
            "16", "--latent", "8", "--next", "1", "--lr", "0.01", "--epochs", "12", "--batch", "4", "--weight-decay",
            "0", "--beta-cap", "0", "--out", folder["model"]);
        Assert.Equal(0, run.ExitCode);
        return folder["model"];
    }

    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.AssertGood().Output).RootElement;

    [Fact]
    public void A_model_of_sequences_knows_what_comes_next_and_the_order_that_is_given_decides()
    {
        string split = Prepared("--fold-in", "time"), model = Trained(split);
        JsonElement report = Json(Vaecf.Run("evaluate", model, split, "-k", "1,3", "--next-item", "--json"));
        double Next(string ranker) => report.GetProperty(ranker).GetProperty("next_hit_rate@1").GetDouble();
        Assert.True(Next("model") > 0.7, $"{Next("model")}");
        Assert.True(Next("popularity") < 0.5, $"{Next("popularity")}");

        string Best(params string[] history) => Json(Vaecf.Run(["recommend", model, "-k", "1", "--json", .. history]))
            .GetProperty("items")[0].GetProperty("item").GetString()!;
        string First(string items) => Best("--items", items);
        Assert.Equal(("i6", "i2"), (First("i3,i4,i5"), First("i5,i0,i1")));
        // The last of repeated items counts.
        Assert.Equal(First("i3,i4,i5"), First("i5,i3,i4,i5"));

        // Rows of a file are read by time, not as they stand.
        File.WriteAllLines(folder["users.csv"], ["user,item,time", "a,i5,1500000200", "a,i3,1500000000",
            "a,i4,1500000100"]);
        Assert.Equal(First("i3,i4,i5"), Best("--histories", folder["users.csv"]));
    }

    [Fact]
    public void Next_items_are_in_the_table_and_need_a_split_by_time()
    {
        string split = Prepared("--fold-in", "time", "--seed", "2"), model = Trained(split);
        string table = Vaecf.Run("evaluate", model, split, "-k", "3", "--next-item").AssertGood().Output;
        foreach (string measure in new[] { "HitRate", "NDCG", "MRR" })
            Assert.Matches($@"\| Next item: {measure}@3 +\| +\d\.\d{{4}} ± \d\.\d{{4}} \|", table);
        Assert.DoesNotContain("Next item", Vaecf.Run("evaluate", model, split, "-k", "3").AssertGood().Output);
        string random = folder["random"];
        Vaecf.Run("prepare", folder["clicks.csv"], "--out", random).AssertGood();
        Vaecf.Run("evaluate", model, random, "--next-item").AssertWrongUse("expected a split by time");
    }

    [Fact]
    public void Where_the_order_is_not_known_that_is_said()
    {
        string rows = string.Join('\n', from user in Enumerable.Range(0, 30)
                                        from item in Enumerable.Range(0, 6)
                                        select $"{user},{(user % 3 + item) % 12}");
        Directory.CreateDirectory(folder["bag"]);
        File.WriteAllText(Path.Combine(folder["bag"], "train.csv"), "uid,sid\n" + string.Join('\n', rows.Split('\n')
            .OrderBy(row => int.Parse(row.Split(',')[0])).ThenBy(row => int.Parse(row.Split(',')[1]))) + "\n");
        CommandRun run = Vaecf.Run("train", folder["bag"], "--model", "svae", "--embedding", "4", "--state", "4",
            "--epochs", "1", "--out", folder["model"]);
        Assert.Contains("SVAE reads clicks in their order, and it is not known", run.Error);
    }

    [Theory]
    [InlineData("0.2")]
    [InlineData("2017-09-25")]
    [InlineData("2017-09-25T00:00Z")]
    public void One_cut_in_time_holds_out_the_clicks_from_it_on(string cut)
    {
        string output = Vaecf.Run("prepare", Clicks(), "--out", folder["split"], "--timed", cut).AssertGood().Output;
        Assert.Contains("by time", output);
        long[] Times(string name) => [.. File.ReadLines(Path.Combine(folder["split"], name)).Skip(1)
            .Select(line => long.Parse(line.Split(',')[^1]))];
        Assert.True(Times("train.csv").Max() < Times("validation_te.csv").Min());
        Assert.True(Times("test_tr.csv").Max() < Times("test_te.csv").Min());
        if (cut != "0.2")
            Assert.Equal(new DateTimeOffset(2017, 9, 25, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
                Times("test_te.csv").Min() / 86_400 * 86_400);
    }

    [Theory]
    [InlineData("found 'yesterday'; expected a date", "yesterday")]
    [InlineData("or a share above 0 and below 1", "1.5")]
    [InlineData("found '03/01/2018'; expected a date, such as 2018-03-01", "03/01/2018")]
    [InlineData("--leave-one-out: found with --timed", "0.2", "--leave-one-out")]
    [InlineData("--fold-in: found with --timed", "0.2", "--fold-in", "time")]
    [InlineData("expected some before time", "1970-01-01")]
    public void A_cut_that_cannot_be_made_is_refused(string message, params string[] options)
    {
        Vaecf.Run(["prepare", Clicks(), "--out", folder["split"], "--timed", .. options]).AssertWrongUse(message);
        Assert.False(Directory.Exists(folder["split"]));
    }

    [Fact]
    public void A_users_items_on_a_line_are_not_cut_by_their_places()
    {
        File.WriteAllLines(folder["lines"], Enumerable.Range(0, 20).Select(user => $"{user} {user} {user + 1} 99"));
        Vaecf.Run("prepare", folder["lines"], "--out", folder["split"], "--timed", "0.2")
            .AssertWrongUse("found no times, but a user's items on each line");
    }
}
