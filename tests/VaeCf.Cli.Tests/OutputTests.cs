using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

/// <summary>What commands write takes nothing that stands in its way; it is refused before any work.</summary>
public class OutputTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private string[] Train(string target, params string[] more) => ["train", model.Split, "--out", target, "--hidden",
        "4", "--latent", "2", "--epochs", "1", .. more];

    private string[] Encode(string target, params string[] more) =>
        ["encode", model.Path, "--items", "100", "--out", target, .. more];

    private static void AssertGood(string[] line)
    {
        CommandRun run = Vaecf.Run(line);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    // A file of the user's own is refused and stays; one of ours and an empty one are replaced, and any is with force.
    private static void AssertOursAlone(string file, Func<string[]> line, string ours)
    {
        File.WriteAllText(file, "mine\n");
        Vaecf.Run(line()).AssertWrongUse(
            $"{file}: found a file that is not {ours}; expected another name, or --force to replace it");
        Assert.Equal("mine\n", File.ReadAllText(file));
        AssertGood([.. line(), "--force"]);
        long length = new FileInfo(file).Length;
        Assert.NotEqual(5, length);
        AssertGood(line());
        File.WriteAllText(file, "");
        AssertGood(line());
        Assert.NotEqual(0, new FileInfo(file).Length);
    }

    [Fact]
    public void Train_replaces_models_alone()
    {
        using var folder = new TemporaryFolder();
        AssertOursAlone(folder["m"], () => Train(folder["m"]), "a model that train wrote");
        AssertGood(Encode(folder["codes.safetensors"]));
        Vaecf.Run(Train(folder["codes.safetensors"])).AssertWrongUse("found a file that is not a model");
    }

    [Fact]
    public void A_log_replaces_logs_alone()
    {
        using var folder = new TemporaryFolder();
        AssertOursAlone(folder["log"], () => Train(folder["m"], "--log", folder["log"]), "a log that train wrote");
        foreach (string mine in (string[])["{\"mine\": 1}", "{\"\\ud800\": 1}"])
        {
            File.WriteAllText(folder["log"], mine + "\n");
            Vaecf.Run(Train(folder["m"], "--log", folder["log"])).AssertWrongUse("found a file that is not a log");
        }
    }

    [Theory]
    [InlineData("codes.csv")]
    [InlineData("codes.npy")]
    [InlineData("codes.safetensors")]
    public void Encode_replaces_codes_alone(string name)
    {
        using var folder = new TemporaryFolder();
        AssertOursAlone(folder[name], () => Encode(folder[name]), "codes that encode wrote");
        File.Copy(model.Path, folder[name], overwrite: true);
        Vaecf.Run(Encode(folder[name])).AssertWrongUse("found a file that is not codes");
    }

    [Fact]
    public void What_a_command_reads_or_writes_besides_is_never_replaced()
    {
        using var folder = new TemporaryFolder();
        string train = Path.Combine(model.Split, "train.csv"), before = File.ReadAllText(train);
        File.CreateSymbolicLink(folder["link"], train);
        foreach (string path in new[] { train, folder["link"] })
        {
            Vaecf.Run(Train(path, "--force")).AssertWrongUse("found a file that this command also uses");
            Vaecf.Run(Train(folder["m"], "--log", path, "--force")).AssertWrongUse("also uses");
        }
        Vaecf.Run(Train(folder["m"], "--log", folder["m"], "--force")).AssertWrongUse("also uses");
        File.Copy(model.Path, folder["m.safetensors"]);
        Vaecf.Run("encode", folder["m.safetensors"], "--items", "100", "--out", folder["m.safetensors"], "--force")
            .AssertWrongUse("also uses");
        File.WriteAllText(folder["h.csv"], "user,item\n1,100\n");
        Vaecf.Run("encode", model.Path, "--histories", folder["h.csv"], "--out", folder["h.csv"], "--force")
            .AssertWrongUse("also uses");
        Assert.Equal(before, File.ReadAllText(train));
        Assert.Equal(["h.csv", "link", "m.safetensors"], folder.Files);
    }

    [Fact]
    public void A_file_that_a_setting_names_is_never_replaced()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        foreach (string name in (string[])["a", "b"])
            Assert.Equal(0, Vaecf.Run("train", split, "--model", "popularity", "--out", folder[name]).ExitCode);
        string[] line = ["train", split, "--model", "hybrid", "--first", folder["a"], "--second", folder["b"]];
        byte[] before = File.ReadAllBytes(folder["b"]);
        Vaecf.Run([.. line, "--out", folder["b"], "--force"]).AssertWrongUse("also uses");
        Vaecf.Run([.. line, "--out", folder["h"], "--log", folder["b"], "--force"]).AssertWrongUse("also uses");
        Vaecf.Run([.. line, "--out", folder["h"], "--checkpoint", folder["b"], "--force"]).AssertWrongUse("also uses");
        Assert.Equal(before, File.ReadAllBytes(folder["b"]));
        Assert.Equal(0, Vaecf.Run([.. line, "--out", folder["h"]]).ExitCode);
    }

    [Theory]
    [InlineData("uid,sid,value")]
    [InlineData("userId,movieId,rating")]
    public void Parts_that_are_read_are_never_replaced(string header)
    {
        using var folder = new TemporaryFolder();
        string parts = Directory.CreateDirectory(folder["parts"]).FullName, file = Path.Combine(parts, "train.csv");
        string text = header + "\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"{i / 10},{i % 10},5\n"));
        File.WriteAllText(file, text);
        Vaecf.Run("prepare", parts, "--out", parts, "--force").AssertWrongUse("train.csv");
        Vaecf.Run("prepare", parts, "--out", Path.Combine(parts, "..", "parts"), "--force").AssertWrongUse("train.csv");
        Vaecf.Run("encode", model.Path, "--histories", parts, "--out", file, "--force").AssertWrongUse("also uses");
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Fact]
    public void A_log_leaves_the_other_names_of_the_file_that_it_replaces()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["mine"], "mine\n");
        using (var link = System.Diagnostics.Process.Start("ln", [folder["mine"], folder["log"]]))
            link.WaitForExit();
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(folder["log"], mode);
        AssertGood(Train(folder["m"], "--log", folder["log"], "--force"));
        Assert.Equal(mode, File.GetUnixFileMode(folder["log"]));
        Assert.Equal("mine\n", File.ReadAllText(folder["mine"]));
        Assert.StartsWith("{\"phase\":", File.ReadAllText(folder["log"]));
        // A command that is refused leaves the log of another run.
        string before = File.ReadAllText(folder["log"]);
        Vaecf.Run(Train(folder["m"], "--log", folder["log"], "--from", folder["m"], "--latent", "5"))
            .AssertWrongUseAfterText("error: ");
        Assert.Equal(before, File.ReadAllText(folder["log"]));
    }

    [Fact]
    public void A_model_is_not_replaced_by_one_that_was_stopped_before_its_first_validation()
    {
        using var folder = new TemporaryFolder();
        AssertGood(Train(folder["m"]));
        byte[] before = File.ReadAllBytes(folder["m"]);
        using var stop = new CancellationTokenSource();
        using var timer = new Timer(_ => stop.Cancel(), null, 300, Timeout.Infinite);
        CommandRun run = Vaecf.Run(CommandLine.Run, ["train", model.Split, "--out", folder["m"], "--epochs", "10",
            "--hidden", "600", "--validate-every", "10", "--batch", "1"], stop.Token);
        if (run.ExitCode == 0)
            return; // A machine that is so fast.
        Assert.Equal(130, run.ExitCode);
        Assert.Contains($"{folder["m"]} is left as it is", run.Error);
        Assert.Equal(before, File.ReadAllBytes(folder["m"]));
    }

    [Fact]
    public void The_model_to_start_from_is_replaced_if_that_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        AssertGood(Train(folder["m"]));
        string[] line = ["train", model.Split, "--from", folder["m"], "--out", folder["m"], "--epochs", "2"];
        Vaecf.Run(line).AssertWrongUse("found the model to start from; expected another name, or --force");
        AssertGood([.. line, "--force"]);
        using Recommender trained = Recommender.Load(folder["m"]);
        Assert.Equal(2, trained.Settings.Get(VaeCf.Native.Training.GradientFit.EpochCount));
        Vaecf.Run([.. Train(folder["n"]), "--from", folder["m"], "--log", folder["m"], "--force"])
            .AssertWrongUse("also uses");
    }

    [Fact]
    public void Devices_and_pipes_are_refused_before_any_work_and_links_are_followed()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in SpecialFiles.Make(folder))
        {
            Vaecf.Run(Train(path, "--force")).AssertWrongUse("only regular files are written");
            Vaecf.Run(Train(folder["m"], "--log", path, "--force")).AssertWrongUse("only regular files are written");
            File.CreateSymbolicLink(folder["codes.csv"], path);
            Vaecf.Run(Encode(folder["codes.csv"], "--force")).AssertWrongUse("only regular files are written");
            File.Delete(folder["codes.csv"]);
        }
        foreach (string name in new[] { "m", "log", "codes.csv", "codes.npy", "codes.safetensors" })
            File.CreateSymbolicLink(folder[name], folder[$"end.{name}"]);
        for (int run = 0; run < 2; run++)
        {
            AssertGood(Train(folder["m"], "--log", folder["log"]));
            foreach (string name in new[] { "codes.csv", "codes.npy", "codes.safetensors" })
                AssertGood(Encode(folder[name]));
        }
        Assert.True(Recommender.IsModel(folder["end.m"]));
        foreach (string name in new[] { "m", "log", "codes.csv", "codes.npy", "codes.safetensors" })
            Assert.Equal(folder[$"end.{name}"], new FileInfo(folder[name]).LinkTarget);
    }

    [Fact]
    public void Prepare_does_not_replace_ratings_of_the_users_own()
    {
        using var folder = new TemporaryFolder();
        const string ratings = "userId,movieId,rating,timestamp\n";
        string own = folder["train.csv"];
        string text = ratings + string.Concat(from user in Enumerable.Range(1, 40)
                                              from item in Enumerable.Range(1, 10)
                                              select $"{user},{item},5,{item}\n");
        File.WriteAllText(own, text);
        string directory = Path.GetDirectoryName(own)!;
        Vaecf.Run("prepare", own, "--out", directory).AssertWrongUse(
            $"{own}: found a file that is read here, which the split would replace; expected another folder");
        Vaecf.Run("prepare", own, "--out", directory, "--force").AssertWrongUse("found a file that is read here");
        File.Copy(own, folder["other.csv"]);
        Vaecf.Run("prepare", folder["other.csv"], "--out", directory).AssertWrongUse(
            $"{own}: found a file that is not of a split, which the split would replace; expected another folder");
        Vaecf.Run("prepare", folder["nothing.csv"], "--out", directory).AssertWrongUse("train.csv: found a file");
        Vaecf.Run("prepare", folder["other.csv"], "--test", own, "--out", directory, "--force")
            .AssertWrongUse("train.csv: found a file that is read here");
        Assert.Equal(text, File.ReadAllText(own));
        Assert.Equal(["other.csv", "train.csv"], folder.Files);
        Vaecf.Run("prepare", folder["other.csv"], "--out", directory, "--force").AssertGood();
        Vaecf.Run("prepare", folder["other.csv"], "--out", directory).AssertGood();
        Assert.StartsWith("uid,sid", File.ReadAllText(own));
    }

    [Fact]
    public void The_demo_replaces_neither_ratings_nor_a_file_that_is_no_model()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.safetensors"], "mine");
        string directory = Path.GetDirectoryName(folder["model.safetensors"])!;
        Vaecf.Run("demo", "--out", directory).AssertWrongUse("model.safetensors: found a file that is not a model");
        File.Delete(folder["model.safetensors"]);
        File.WriteAllText(folder["train.csv"], "userId,movieId\n1,2\n");
        Vaecf.Run("demo", "--out", directory).AssertWrongUse("train.csv: found a file that is not of a split");
        Assert.Equal(["train.csv"], folder.Files);
    }

    [Theory]
    [InlineData("prepare||--out|D", "RATINGS")]
    [InlineData("prepare|F|--out|", "--out")]
    [InlineData("prepare|F|--out|D|--test|", "--test")]
    [InlineData("prepare|F|--out|D|--test|T|--validation|", "--validation")]
    [InlineData("train||--out|M", "DIR")]
    [InlineData("train|D|--out|", "--out")]
    [InlineData("train|D|--out|M|--log|", "--log")]
    [InlineData("train|D|--out|M|--from|", "--from")]
    [InlineData("evaluate||D", "MODEL")]
    [InlineData("evaluate|M|", "DIR")]
    [InlineData("recommend||--items|1", "MODEL")]
    [InlineData("recommend|M|--histories|", "--histories")]
    [InlineData("recommend|M|--items|1|--titles|", "--titles")]
    [InlineData("similar|M|", "ITEM")]
    [InlineData("encode||--items|1|--out|c.csv", "MODEL")]
    [InlineData("stats|", "DIR|FILE")]
    [InlineData("verify|", "CASE.json")]
    [InlineData("demo|--out|", "--out")]
    public void An_empty_text_is_refused_and_its_place_named(string line, string name) =>
        Vaecf.Run(line.Split('|')).AssertWrongUse($"{name}: found an empty text; expected a value");

    [Theory, InlineData("explain", "--frob", "--items", "1"), InlineData("verify", "case.json", "--frob"),
        InlineData("report", "--frob"), InlineData("train", "--frob", "--out", "m")]
    public void A_mistyped_option_is_not_taken_for_a_file(params string[] line) =>
        Vaecf.Run(line).AssertWrongUse("'--frob' is no option of this command; expected one that it has");
}
