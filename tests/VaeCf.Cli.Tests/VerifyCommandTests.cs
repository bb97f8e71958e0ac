using System.Text.Json;
using System.Text.Json.Nodes;

namespace VaeCf.Cli.Tests;

public class VerifyCommandTests
{
    private static readonly string ranking = Path.Combine(
        AppContext.BaseDirectory, "fixtures", "golden", "ranking-metrics.json");

    [Fact]
    public void A_case_that_holds_returns_0_and_shows_every_quantity()
    {
        string output = Vaecf.Run("verify", ranking).AssertGood().Output;
        Assert.Contains("ndcg_standard_error@50", output);
        Assert.EndsWith($"55 of 55 within tolerance{Environment.NewLine}", output);
    }

    [Fact]
    public void Several_cases_are_recomputed_in_either_precision()
    {
        string[] models = [.. Directory.GetFiles(Path.GetDirectoryName(ranking)!)
            .Where(file => !file.EndsWith("-metrics.json", StringComparison.Ordinal))];
        Assert.NotEmpty(models);
        string exact = Vaecf.Run(["verify", .. models, ranking]).AssertGood().Output;
        Assert.All(models, model => Assert.Contains(model, exact));
        Assert.Contains("1.0e-9", exact);
        string single = Vaecf.Run(["verify", .. models, "--precision", "float"]).AssertGood().Output;
        Assert.Contains("1.0e-4", single);
        Assert.DoesNotContain("1.0e-9", single);
        Vaecf.Run("verify", ranking, "--precision", "half")
            .AssertWrongUse("--precision: found 'half'; expected one of double, float");
    }

    // One user with one of two items held out.
    private static string Case(string expected) =>
        """{"scores": {"shape": [1, 2], "data": [1, 2]}, "fold_in": [[]], "held_out": [[1]], "expected": {"1": """
            + $"{expected}}}}}";

    [Fact]
    public void A_case_that_does_not_hold_returns_1_and_shows_where()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["case.json"], Case("""{"ndcg": 1, "recall": 0.5}"""));
        CommandRun run = Vaecf.Run("verify", folder["case.json"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"ndcg@1 .*\bok\b", run.Output);
        Assert.Matches(@"recall@1 .*1\.0e\+0.*1\.0e-9.*\bbeyond\b", run.Output);
        Assert.Contains("1 of 2 within tolerance", run.Output);
    }

    [Fact]
    public void Json_is_an_array_of_the_cases_with_their_quantities()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["case.json"], Case("""{"ndcg": 1, "recall": 0, "ndcg_standard_error": 0}"""));
        CommandRun run = Vaecf.Run("verify", ranking, folder["case.json"], "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        JsonElement[] cases = [.. JsonDocument.Parse(run.Output).RootElement.EnumerateArray()];
        Assert.Equal([ranking, folder["case.json"]], cases.Select(one => one.GetProperty("case").GetString()));
        Assert.Equal([true, false], cases.Select(one => one.GetProperty("passed").GetBoolean()));
        Assert.Equal([55, 3], cases.Select(one => one.GetProperty("quantities").GetArrayLength()));
        // Of one user there is no standard error.
        Assert.Equal("""
            [{"name":"ndcg@1","relative_error":0,"tolerance":1E-09,"passed":true},
            {"name":"recall@1","relative_error":1,"tolerance":1E-09,"passed":false,
            "difference":"entry 0: found 1, expected 0; 1 of 1 entries are off"},
            {"name":"ndcg_standard_error@1","relative_error":null,"tolerance":1E-09,"passed":false,
            "difference":"entry 0: found NaN, expected 0; 1 of 1 entries are off"}]
            """.ReplaceLineEndings(""), JsonSerializer.Serialize(cases[1].GetProperty("quantities")));
    }

    [Fact]
    public void A_case_of_a_model_names_the_kernels_and_lists_the_gradients_inside_the_step()
    {
        string multVae = Path.Combine(Path.GetDirectoryName(ranking)!, "multvae.json");
        string output = Vaecf.Run("verify", multVae).AssertGood().Output;
        Assert.Contains("kernels: reference, double precision", output);
        Assert.Matches("operations: NormalizeRows, Dropout, SparseGemm, .*Reparameterize, .*Loss, .*"
            + "ReparameterizeGradient, .*SparseGemmGradient, .*TrainOutputLayer, .*SparseGemmUpdate", output);
        Assert.All(new[] { "dlogits", "dmu", "dlogvar" }, name => Assert.Matches($@"\b{name} .*\bok\b", output));
        JsonElement one = JsonDocument.Parse(Vaecf.Run("verify", multVae, "--precision", "float", "--json").AssertGood()
            .Output).RootElement[0];
        Assert.StartsWith("cpu", one.GetProperty("kernels").GetString());
        Assert.Contains("TrainOutputLayer",
            one.GetProperty("operations").EnumerateArray().Select(name => name.GetString()));
    }

    [Theory]
    [InlineData("gradients", "encoder.1.bias",
        @"d encoder\.1\.bias, entry \d+: by hand -?\d\S*, by slope -?\d\S*, expected -?\d\S*; the sign is turned")]
    [InlineData(null, "dmu", @"dmu, entry \d+: found -?\d\S*, expected -?\d\S*; the sign is turned")]
    public void Of_a_turned_sign_it_says_so(string? group, string name, string expected)
    {
        using var folder = new TemporaryFolder();
        JsonNode root = JsonNode.Parse(File.ReadAllText(
            Path.Combine(Path.GetDirectoryName(ranking)!, "multvae.json")))!;
        JsonNode all = group is null ? root["expected"]! : root["expected"]![group]!;
        all[name]!["data"] = new JsonArray([.. all[name]!["data"]!.AsArray()
            .Select(x => (JsonNode)(-x!.GetValue<double>()))]);
        File.WriteAllText(folder["case.json"], root.ToJsonString());
        CommandRun run = Vaecf.Run("verify", folder["case.json"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Matches(expected, run.Output.ReplaceLineEndings(" "));
    }

    [Fact]
    public void A_file_that_is_missing_or_is_no_case_is_refused()
    {
        Vaecf.Run("verify", "nowhere.json").AssertWrongUse("nowhere.json");
        Vaecf.Run("verify", Path.Combine(AppContext.BaseDirectory, "vaecf.dll")).AssertWrongUse("vaecf.dll, line 1");
        Vaecf.Run("verify").AssertWrongUse("CASE.json");
    }
}
