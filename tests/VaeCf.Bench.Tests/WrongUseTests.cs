namespace VaeCf.Bench.Tests;

/// <summary>What is given wrongly is named in one line, and the code is 2.</summary>
public class WrongUseTests
{
    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("steps", "'steps'")]
    [InlineData("step --items many", "--items: found 'many'; expected a whole number from 1 to 2147483647")]
    [InlineData("scale --users 3,0", "--users: found '0'; expected a whole number from 1")]
    [InlineData("evaluate --device gpu", "--device: found 'gpu'; expected cpu, cuda or cuda:N")]
    [InlineData("evaluate --items 20 --device cuda:99", "CUDA")]
    [InlineData("kernels -- --filter nothing", "kernels: no benchmark ran for '--filter nothing'")]
    [InlineData("scale --items 20 --profile .", "item_popularity_by_rank.csv.gz")]
    [InlineData("family nowhere --runs runs.jsonl --models MultVAE", "'MultVAE' not recognized")]
    [InlineData("family nowhere --runs runs.jsonl --depth-seeds -1",
        "--depth-seeds: found '-1'; expected a whole number from 1")]
    [InlineData("load-folder nowhere", "nowhere: there is no such folder")]
    public void A_wrong_command_line_is_refused(string line, string message)
    {
        BenchRun run = BenchRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(run.Error.Split('\n'), text => text.StartsWith("error: ", StringComparison.Ordinal)
            && text.Contains(message, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    public void A_run_that_cannot_be_read_is_refused_with_its_line(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["runs"], line);
        BenchRun run = BenchRun.Of("family", "nowhere", "--runs", folder["runs"]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains($"error: {folder["runs"]}, line 1: found '{line}'; expected a run as this verb writes it",
            run.Error);
    }

    [Fact]
    public void A_case_that_fails_says_why() =>
        Assert.Contains("ended with code 2: error: nowhere: there is no such folder",
            Assert.Throws<InvalidOperationException>(() => Child.Run(Environment.ProcessPath!,
                [typeof(Verbs).Assembly.Location, "load-folder", "nowhere"])).Message);
}
