using System.CommandLine;

namespace VaeCf.Bench.Tests;

/// <summary>The verb that runs the others.</summary>
public class AllTests
{
    [Fact]
    public void Every_verb_is_run_or_left_out_for_a_reason()
    {
        string[] run = [.. All.Works("out", "films", "order", "stars", "profile").Select(work => work.Verb)];
        Assert.Equal(
            Verbs.Root().Subcommands.Where(verb => !verb.Hidden && verb.Name != "all").Select(verb => verb.Name)
                .Order(),
            run.Concat(All.LeftOut.Keys).Order());
        Assert.All(All.Works("out", "films", "order", "stars", "profile"), work =>
            Assert.DoesNotContain(Verbs.Root().Parse([work.Verb, .. work.Arguments!]).Errors,
                error => !error.Message.Contains("does not exist", StringComparison.Ordinal)));
        Assert.Equal(["sequences", "ratings", "mistakes", "family"],
            All.Works("out", null, null, null, null).Where(work => work.Arguments is null).Select(work => work.Verb));
    }

    [Fact]
    public void The_index_leads_to_what_was_measured_and_says_what_failed()
    {
        using var folder = new TemporaryFolder();
        string results = folder["results"];
        var console = new StringWriter();
        Assert.Equal(1, All.Run(results, [
            new("ladder", ["gemm", "--n", "40", "--budget", "1", "--items", "50"], Chart: true),
            new("latency", ["--items", "none"]), new("family", null)], console));
        Assert.Equal($"ladder …{Environment.NewLine}latency …{Environment.NewLine}", console.ToString());
        Assert.Equal(["README.md", "ladder.md", "ladder.svg"],
            Directory.GetFiles(results).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string index = File.ReadAllText(Path.Combine(results, "README.md"));
        Assert.Contains("\n- Processor: ", index);
        Assert.Matches(@"\n\| \[ladder\]\(ladder\.md\), \[chart\]\(ladder\.svg\) \| What each idea adds to a kernel\. "
            + @"\| [\d.e-]+ \| measured \|", index);
        Assert.Matches(@"\n\| latency \| .* \| failed: error: --items: found 'none'; expected ", index);
        Assert.Matches(@"\n\| family \| .* \| absent \| left out: no folder was given for it \|", index);
    }
}
