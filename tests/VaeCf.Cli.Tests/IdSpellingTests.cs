using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>Ids as people write them, and what is said where a model spells them in another way.</summary>
public class IdSpellingTests
{
    // A model of popularity whose items have these ids; the first are the most popular.
    private static string Model(TemporaryFolder folder, params string[] items)
    {
        string split = folder["split"], model = folder["m.safetensors"];
        Directory.CreateDirectory(split);
        File.WriteAllLines(Path.Combine(split, "unique_sid.txt"), items);
        File.WriteAllLines(Path.Combine(split, "train.csv"), ["uid,sid",
            .. from item in Enumerable.Range(0, items.Length)
               from user in Enumerable.Range(0, items.Length - item)
               select $"{user},{item}"]);
        Assert.Equal(0, Vaecf.Run("train", split, "--model", "popularity", "--out", model).ExitCode);
        return model;
    }

    private static string[] Items(CommandRun run) => [.. JsonDocument.Parse(run.Output).RootElement
        .GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item").GetString()!)];

    [Fact]
    public void Blanks_around_an_id_are_no_part_of_it()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder, "1", "2", "new york", "4", "5", "6");
        string[] Answer(string items, params string[] more) => Items(Vaecf.Run(
            ["recommend", model, "--items", items, "-k", "3", "--json", .. more]).AssertGood());
        Assert.Equal(["4", "5", "6"], Answer(" 1, 2 ,new york"));
        Assert.Equal(["4", "new york"], Answer("1", "--only", "4 , new york ", "--exclude", " 2")
            .Order(StringComparer.Ordinal));
        File.WriteAllText(folder["ids"], "\uFEFF 2\t\r\n\r\nnew york\r\n\n4");
        Assert.Equal(["5", "6"], Answer("1", "--exclude", "@" + folder["ids"]));
        Assert.Equal(["2", "new york", "4"], Answer("1", "--only", "@" + folder["ids"]));
        Vaecf.Run("recommend", model, "--items", "1, ,2").AssertWrongUse("--items: found '1, ,2'; expected ids");
    }

    [Fact]
    public void A_file_of_ids_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder, "1", "2");
        Vaecf.Run("recommend", model, "--items", "1", "--only", "@" + folder["nowhere"])
            .AssertWrongUse($"--only: there is no file {folder["nowhere"]}");
        Vaecf.Run("recommend", model, "--items", "1", "--exclude", "@" + folder["."])
            .AssertWrongUse($"--exclude: {folder["."]}: found a folder; expected a file");
    }

    [Theory]
    [InlineData("101,102", "101.0,102.0",
        "all of these ids end in .0 and none of the model's does: write 101 for 101.0")]
    [InlineData("101.0,102.0", "102,7", "all of the model's ids end in .0 and none of these does: write 102.0 for 102, "
        + "or train on ids without it")]
    [InlineData("0101,0102", "101,102", "the model has '0101' for '101', '0102' for '102'")]
    [InlineData("tt1,tt2", "TT1", "the model has 'tt1' for 'TT1'")]
    [InlineData("101,102", "101,102.0", "the model has '102' for '102.0'")]
    [InlineData("101,102", "7.0,8.0", null)]
    public void Ids_that_the_model_spells_in_another_way_are_named(string model, string ids, string? hint)
    {
        using var folder = new TemporaryFolder();
        string path = Model(folder, model.Split(','));
        CommandRun run = Vaecf.Run("recommend", path, "--items", ids);
        string unknown = string.Join(", ", ids.Split(',').Except(model.Split(',')));
        Assert.Equal((0, (hint is null ? "" : $"--items: {hint}{Environment.NewLine}")
            + $"the model does not know {unknown}{Environment.NewLine}"), (run.ExitCode, run.Error));
        File.WriteAllLines(folder["h.csv"], ["user,item", .. ids.Split(',').Select(id => $"a,{id}")]);
        run = Vaecf.Run("recommend", path, "--histories", folder["h.csv"], "--json", "--only", ids);
        string[] lines = [$"--only: the model does not know {unknown}", $"--only: {hint}", $"--histories: {hint}"];
        Assert.Equal(hint is null ? lines[..1] : lines, run.Error.TrimEnd().Split(Environment.NewLine));
        string id = ids.Split(',')[0];
        if (unknown.StartsWith(id, StringComparison.Ordinal))
            Vaecf.Run("similar", path, id).AssertWrongUse($"ITEM: found '{id}', which the model does not know");
    }

    [Fact]
    public void Of_many_unknown_ids_the_number_is_given()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder, "a", "b", "c"), many = string.Join(',', Enumerable.Range(1, 2000));
        CommandRun run = Vaecf.Run("recommend", model, "--items", "a," + many, "--exclude", many);
        const string list = "the model does not know 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1,990 more";
        Assert.Equal([$"--exclude: {list}", list], run.Error.TrimEnd().Split(Environment.NewLine));
        Assert.Equal(2000, JsonDocument.Parse(Vaecf.Run("recommend", model, "--items", many, "--json").Output)
            .RootElement.GetProperty("unknown_items").GetArrayLength());
    }

    [Fact]
    public void Titles_of_other_items_are_noticed()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder, "101.0", "102.0");
        string Error(string titles)
        {
            File.WriteAllText(folder["t.csv"], $"movieId,title\n{titles}\n");
            return Vaecf.Run("recommend", model, "--items", "101.0", "--titles", folder["t.csv"]).Error;
        }
        string none = $"--titles: {folder["t.csv"]} has a title for none of the model's items: ";
        Assert.Equal($"{none}all of the model's ids end in .0 and none of these does: write 102.0 for 102, or train on "
            + $"ids without it{Environment.NewLine}", Error("102,Two\n103,Three"));
        Assert.Equal($"{none}the model's ids are such as 101.0{Environment.NewLine}", Error("7,Seven"));
        Assert.Equal("", Error("102.0,Two\n7,Seven"));
    }

    [Fact]
    public void As_many_are_answered_as_are_left_after_filtering()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder, [.. Enumerable.Range(1, 12).Select(id => $"{id}")]);
        for (int excluded = 0; excluded <= 12; excluded++)
        {
            string exclude = string.Join(',', Enumerable.Range(1, excluded).Select(id => $"{13 - id}").Append("x"));
            string[] items = Items(Vaecf.Run("recommend", model, "--items", "1,2", "-k", "5", "--json", "--exclude",
                exclude));
            Assert.Equal(Enumerable.Range(3, 10).Where(id => id <= 12 - excluded).Take(5).Select(id => $"{id}"), items);
        }
    }
}
