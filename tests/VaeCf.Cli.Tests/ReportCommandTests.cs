using System.Text.Json;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli.Tests;

/// <summary>Logs of runs, and reports of them.</summary>
public class ReportCommandTests
{
    private static string[] Line(TemporaryFolder folder, string log, params string[] more) =>
        ["train", TinySplit.Write(folder), "--out", folder[$"{log}.model"], "--log", folder[log], "--hidden", "16",
            "--latent", "4", "--epochs", "6", "--batch", "25", .. more];

    private static void AssertTrained(string[] line)
    {
        CommandRun run = Vaecf.Run(line);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private static JsonElement[] Lines(string path) =>
        [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];

    private static JsonElement Json(params string[] line) =>
        JsonDocument.Parse(Vaecf.Run([.. line, "--json"]).AssertGood().Output).RootElement;

    [Fact]
    public void The_last_line_of_a_log_is_the_result_with_a_figure_for_each_test_user()
    {
        using var folder = new TemporaryFolder();
        AssertTrained(Line(folder, "a.jsonl"));
        JsonElement[] lines = Lines(folder["a.jsonl"]);
        Assert.Equal([.. Enumerable.Repeat("train", 6), "result"],
            lines.Select(line => line.GetProperty("phase").GetString()));
        Assert.All(lines[..6], line => Assert.True(line.GetProperty("validation_ndcg@100_se").GetDouble() > 0
            && line.GetProperty("fit_seconds").GetDouble() > 0));
        JsonElement result = lines[6], users = result.GetProperty("test_users");
        double[] values = [.. users.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];
        JsonElement model = result.GetProperty("test").GetProperty("model");
        Assert.Equal(model.GetProperty("users_counted").GetInt32(), values.Length);
        Assert.Equal(model.GetProperty("ndcg@100").GetDouble(), values.Average(), 12);
        Assert.Equal(64, users.GetProperty("fingerprint").GetString()!.Length);
        Assert.Equal(16, result.GetProperty("settings").GetProperty("hidden")[0].GetInt32());
        // The model beside popularity: all users, and each fifth of them.
        Assert.Equal([null, 1, 2, 3, 4, 5], result.GetProperty("differences").EnumerateArray()
            .Select(one => (int?)LoggedRun.Number(one, "quintile")));
    }

    [Fact]
    public void Two_runs_are_compared_on_the_same_test_users_and_not_on_others()
    {
        using var folder = new TemporaryFolder();
        AssertTrained(Line(folder, "a.jsonl"));
        AssertTrained(Line(folder, "b.jsonl", "--seed", "9"));
        double[] Values(string log) => [.. Lines(folder[log])[^1].GetProperty("test_users").GetProperty("values")
            .EnumerateArray().Select(value => value.GetDouble())];
        PairedTest expected = PairedTest.Of(Values("b.jsonl"), Values("a.jsonl"));
        JsonElement both = Json("report", folder["a.jsonl"], folder["b.jsonl"]);
        JsonElement difference = Assert.Single(both.GetProperty("differences").EnumerateArray());
        Assert.Equal(("b", "a", expected.Difference, expected.StandardError, expected.PValue, 10),
            (difference.GetProperty("first").GetString(), difference.GetProperty("second").GetString(),
                difference.GetProperty("difference").GetDouble(), difference.GetProperty("difference_se").GetDouble(),
                difference.GetProperty("p").GetDouble(), difference.GetProperty("users").GetInt32()));
        Assert.Equal(["a", "b"], both.GetProperty("runs").EnumerateArray()
            .Select(run => run.GetProperty("name").GetString()));
        CommandRun text = Vaecf.Run("report", folder["a.jsonl"], folder["b.jsonl"]).AssertGood();
        Assert.Matches(@"a +\| +Mult-VAE", text.Output);
        Assert.Matches(@"b less a, NDCG@100 of 10 test users: [+-]0\.\d{4} ± 0\.\d{4}, p ", text.Output);

        // Fewer test users: the figures of each belong to others.
        string split = TinySplit.Write(folder, "other");
        foreach (string part in (string[])["tr", "te"])
        {
            string file = Path.Combine(split, $"test_{part}.csv");
            File.WriteAllLines(file, File.ReadLines(file).Where(line => !line.StartsWith("7", StringComparison.Ordinal)
                || line.StartsWith("70", StringComparison.Ordinal)).ToArray());
        }
        AssertTrained(["train", split, "--out", folder["c.model"], "--log", folder["c.jsonl"], "--epochs", "2"]);
        Assert.Empty(Json("report", folder["a.jsonl"], folder["c.jsonl"]).GetProperty("differences").EnumerateArray());
    }

    [Fact]
    public void Ratings_are_compared_by_the_squared_errors_of_users()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.WriteRatings(folder);
        foreach ((string log, string model) in new[] { ("a.jsonl", "biases"), ("b.jsonl", "mean") })
            AssertTrained(["train", split, "--model", model, "--out", folder[$"{log}.m"], "--log", folder[log]]);
        JsonElement difference = Assert.Single(
            Json("report", folder["a.jsonl"], folder["b.jsonl"]).GetProperty("differences").EnumerateArray());
        Assert.Equal("mse", difference.GetProperty("measure").GetString());
    }

    [Fact]
    public void A_log_of_before_and_one_that_goes_on_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["old.jsonl"],
        [
            """{"phase":"train","epoch":1,"step":3,"loss":61.5,"users_per_second":9,"validation_ndcg@100":null}""",
            """{"phase":"train","epoch":2,"step":6,"loss":60.25,"users_per_second":9,"validation_ndcg@100":0.25}""",
        ]);
        Assert.Matches(@"old +\| - +\| +2 +\| +2 +\| +0\.2500 \| +- \| +- ",
            Vaecf.Run("report", folder["old.jsonl"], "--out", folder["page.html"]).AssertGood().Output);
        Assert.Contains("no result yet", File.ReadAllText(folder["page.html"]));
        JsonElement run = Json("report", folder["old.jsonl"]).GetProperty("runs")[0];
        Assert.Equal([61.5, 60.25], run.GetProperty("train").EnumerateArray()
            .Select(epoch => epoch.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public void Losses_that_differ_in_their_last_digit_and_long_runs_make_small_pages()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["log"], Enumerable.Range(1, 20_000).Select(epoch =>
            $$"""{"phase":"train","epoch":{{epoch}},"loss":{{(epoch % 2 == 0 ? "1.0000000000000002" : "1.0")}}}"""));
        Vaecf.Run("report", folder["log"], "--out", folder["page.html"]).AssertGood();
        string page = File.ReadAllText(folder["page.html"]);
        Assert.InRange(page.Split("<circle").Length, 1000, 1003);
    }

    [Theory, InlineData("-1.7e308", "1.7e308"), InlineData("5e-324", "0"), InlineData("1e-310", "1e300")]
    public void Losses_at_the_ends_of_what_a_number_can_be_have_their_places(string first, string second)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["log"], ((string[])[first, second]).Select((loss, i) => $$"""
            {"phase":"train","epoch":{{i + 1}},"loss":{{loss}},"validation_rmse":{{loss}},"validation_rmse_se":1.7e308}
            """));
        Vaecf.Run("report", folder["log"], "--out", folder["page.html"]).AssertGood();
        string page = File.ReadAllText(folder["page.html"]);
        Assert.DoesNotContain("NaN", page);
        Assert.DoesNotContain("Infinity", page);
        Assert.InRange(page.Length, 1, 20_000);
    }

    [Fact]
    public void A_log_given_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], "{\"phase\":\"train\",\"epoch\":1}\n");
        Vaecf.Run("report", folder["log"], folder["./log"]).AssertWrongUse("found a log twice; expected each once");
    }

    [Theory]
    [InlineData("", "found no line; expected a log that train wrote")]
    [InlineData("{\"phase\":\"train\",\"epoch\":1}\nno", "line 2: found 'no'; expected a JSON object")]
    [InlineData("{\"phase\":\"\\ud800\"}", "line 1: found '{\"phase\":\"\\ud800\"}'; expected a JSON object")]
    [InlineData("{\"phase\":\"train\",\"epoch\":1,\"loss\":1e999}",
        "line 1: found '1e999' for loss; expected a number")]
    [InlineData("{\"phase\":\"result\",\"times\":{\"reading\":1e999}}", "line 1: found '1e999'; expected a number")]
    [InlineData("{\"phase\":\"train\",\"epoch\":2}\n{\"phase\":\"train\",\"epoch\":2}",
        "line 2: found epoch 2 after 2; expected a later one: the log of one run")]
    [InlineData("[1]", "line 1: found '[1]'; expected a JSON object")]
    [InlineData("{\"epoch\":1}", "line 1: found the phase ''; expected search, train or result")]
    [InlineData("{\"phase\":\"test\"}", "line 1: found the phase 'test'; expected search, train or result")]
    [InlineData("{\"phase\":\"train\"}", "line 1: found no epoch; expected its number, from 1")]
    [InlineData("{\"phase\":\"train\",\"epoch\":0}", "line 1: found '0' for epoch; expected its number, from 1")]
    [InlineData("{\"phase\":\"train\",\"epoch\":1,\"loss\":\"low\"}",
        "line 1: found '\"low\"' for loss; expected a number")]
    public void What_is_no_log_is_refused_with_its_line(string text, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], text);
        Vaecf.Run("report", folder["log"], "--out", folder["page"]).AssertWrongUse(message);
        Assert.Equal(["log"], folder.Files);
    }

    [Theory]
    [InlineData("{\"phase\":\"result\",\"times\":7}")]
    [InlineData("{\"phase\":\"result\",\"test\":{\"model\":{\"ndcg@100\":0.5}}}")]
    [InlineData("{\"phase\":\"result\",\"code\":{\"active\":[{}],\"variances\":[\"x\"]}}")]
    public void A_result_that_train_did_not_write_is_refused(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], $"{{\"phase\":\"train\",\"epoch\":1}}\n{line}\n");
        Vaecf.Run("report", folder["log"], "--out", folder["page"])
            .AssertWrongUse("found a result that lacks something");
        Assert.Equal(["log"], folder.Files);
    }

    [Fact]
    public void A_report_replaces_reports_alone_and_never_what_the_command_reads()
    {
        using var folder = new TemporaryFolder();
        AssertTrained(Line(folder, "log"));
        string[] report = ["report", folder["log"], "--out", folder["page"]],
            train = [.. Line(folder, "log"), "--report", folder["page"]];
        File.WriteAllText(folder["page"], "mine\n");
        foreach (string[] line in (string[][])[report, train])
        {
            Vaecf.Run(line).AssertWrongUse($"{folder["page"]}: found a file that is not a report of runs");
            Assert.Equal("mine\n", File.ReadAllText(folder["page"]));
        }
        Vaecf.Run([.. report, "--force"]).AssertGood();
        Vaecf.Run(report).AssertGood();
        AssertTrained(train);
        Vaecf.Run("report", folder["log"], "--out", folder["log"], "--force").AssertWrongUse("also uses");
        Vaecf.Run([.. Line(folder, "log"), "--report", folder["log"], "--force"]).AssertWrongUse("also uses");
        Vaecf.Run([.. Line(folder, "log"), "--titles", folder["page"]])
            .AssertWrongUse("--titles: found with no --report; expected both");
        Vaecf.Run("report", folder["none"]).AssertWrongUse($"{folder["none"]}: there is no such file");
    }

    [Fact]
    public void A_page_that_cannot_be_written_costs_nothing_but_itself()
    {
        using var folder = new TemporaryFolder();
        SpecialFiles.OnSmallDisk(folder, 8, disk =>
        {
            CommandRun run = Vaecf.Run([.. Line(folder, "log"), "--report", Path.Combine(disk, "page")]);
            Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
            Assert.Contains("cannot be written: the disk is full", run.Error);
            Assert.Contains("saved to", run.Output);
            Assert.DoesNotContain("the report is", run.Output);
        });
    }
}
