using System.Net;
using System.Text.RegularExpressions;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Docs;

/// <summary>What docs/course/3-gradients.md says of the order and the versions of a step is what runs.</summary>
public partial class StepPageTests
{
    private const string Golden = "tests/fixtures/golden/multvae.json";

    private static readonly string[] page = Repository.Lines("docs/course/3-gradients.md");

    [Fact]
    public void The_picture_shows_the_operations_of_a_step_in_their_order()
    {
        string picture = WebUtility.HtmlDecode(File.ReadAllText(Repository.PathOf("docs/course/step.svg")));
        Assert.Equal(RanOn.PlainStep("multvae"),
            Operation().Matches(picture).SelectMany(match => match.Groups[1].Value.Split(", ")));
    }

    public static TheoryData<string> Ways => ["check a gradient by slopes, in tests", "`vaecf verify CASE.json`",
        "`vaecf verify CASE.json --precision float`", "`vaecf train`", "`vaecf train --model vamp` or `hvamp`",
        "`vaecf train --model recvae`", "`vaecf recommend`, `vaecf evaluate`"];

    [Theory, MemberData(nameof(Ways))]
    public void Which_version_runs_is_what_the_table_says(string way)
    {
        string[] marks = ["Loss", "TrainOutputLayer", "SparseGemmGradient", "SparseGemmUpdate", "Adam", "Rank"];
        string[] cells = page.Single(line => line.StartsWith($"| {way} |", StringComparison.Ordinal)).Split(" | ");
        IEnumerable<string> ran = way switch
        {
            "check a gradient by slopes, in tests" => RanOn.PlainStep("multvae"),
            "`vaecf verify CASE.json`" => Case.Verify(Repository.PathOf(Golden)).Operations,
            "`vaecf verify CASE.json --precision float`" =>
                Case.Verify(Repository.PathOf(Golden), single: true).Operations,
            "`vaecf train`" => RanOn.Model("multvae").Training,
            "`vaecf recommend`, `vaecf evaluate`" => RanOn.Model("multvae").Ranking,
            "`vaecf train --model recvae`" => RanOn.Model("recvae").Training,
            _ => RanOn.Model("vamp").Training,
        };
        string[] named = [.. Name().Matches($"{cells[3]} {cells[4]}").Select(match => match.Groups[1].Value)];
        Assert.All(named, name => Assert.Contains(name, ran));
        // Adam runs for the other parameters in every training step; named it is where it is all that there is.
        Assert.Equal(marks.Where(named.Contains), marks.Where(mark => (mark != "Adam" || named.Contains(mark))
            && ran.Contains(mark)));
    }

    [Fact]
    public void Verify_says_of_a_turned_sign_what_the_page_says()
    {
        using System.Text.Json.JsonDocument document =
            System.Text.Json.JsonDocument.Parse(File.ReadAllText(Repository.PathOf(Golden)));
        double[] gradient = CaseFile.Tensor(document.RootElement.GetProperty("expected").GetProperty("gradients")
            .GetProperty("encoder.0.bias")).Data;
        Assert.Contains("d encoder.0.bias, " + Mismatch.Describe([.. gradient.Select(g => -g)], gradient, 1e-9,
            ("by hand", i => -gradient[i]), ("by slope", i => gradient[i]), ("expected", i => gradient[i])), page);
    }

    [GeneratedRegex(@"class=""op""[^>]*>([^<]+)<")]
    private static partial Regex Operation();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Name();
}
