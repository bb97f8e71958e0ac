using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class StatsCommandTests
{
    [Fact]
    public void A_file_shows_its_sizes_and_distributions()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["c.csv"], "uid,sid\na,1\na,2\na,2\na,3\nb,1\n");
        string output = Vaecf.Run("stats", folder["c.csv"]).AssertGood().Output;
        Assert.Contains("layout pairs", output);
        Assert.Contains("repeated: 1", output);
        Assert.Matches(@"users +\| +2 ", output);
        Assert.Matches(@"items +\| +3 ", output);
        Assert.Matches(@"clicks +\| +4 ", output);
        Assert.Matches(@"density +\| +66\.667 % ", output);
        Assert.Matches(@"user +\| +1 \| +1\.5 \| +2 \| +2\.5 \| +3 \| +2 ", output);
        Assert.Matches(@"item +\| +1 \| +1 \| +1 \| +1\.5 \| +2 \| +1\.33 ", output);
    }

    [Fact]
    public void Json_has_the_same_numbers()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["c.csv"], "uid,sid\na,1\na,2\na,2\na,3\nb,1\n");
        using JsonDocument json = JsonDocument.Parse(Vaecf.Run("stats", folder["c.csv"], "--json").AssertGood().Output);
        JsonElement root = json.RootElement;
        Assert.Equal((2, 3, 4), (root.GetProperty("users").GetInt32(), root.GetProperty("items").GetInt32(),
            root.GetProperty("clicks").GetInt32()));
        Assert.Equal(2.5, root.GetProperty("clicks_per_user").GetProperty("upper_quartile").GetDouble());
        Assert.Equal(1, root.GetProperty("read").GetProperty("repeated").GetInt32());
    }

    [Fact]
    public void A_folder_shows_its_parts_too()
    {
        using var folder = new TemporaryFolder();
        foreach ((string name, string rows) in ((string, string)[])[("train", "0,0\n0,1\n1,0\n"), ("test_tr", "2,0\n"),
            ("test_te", "2,1\n2,0\n")])
            File.WriteAllText(folder[name + ".csv"], $"uid,sid\n{rows}");
        string output = Vaecf.Run("stats", folder["."]).AssertGood().Output;
        Assert.Matches(@"train +\| +2 \| +3 ", output);
        Assert.Matches(@"test +\| +1 \| +1 \| +1 ", output);
        Assert.DoesNotContain("validation", output);
        Assert.Contains("targets in fold in: 1", output);
        Assert.Matches(@"clicks +\| +5 ", output);
    }

    [Fact]
    public void What_is_missing_or_is_no_data_is_refused()
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run("stats", folder["nothing"]).AssertWrongUse(folder["nothing"]);
        Vaecf.Run("stats", folder["."]).AssertWrongUse("found a folder without files");
        File.WriteAllText(folder["empty"], "");
        Vaecf.Run("stats", folder["empty"]).AssertWrongUse("empty");
    }
}
