using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>Ratings from a file to predictions, by the command alone.</summary>
public sealed class RatingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Two groups of opposite tastes; the later a rating, the higher its item.
    private string Ratings(string name = "ratings.csv", int first = 0, int end = 40,
        string header = "user,item,rating,time")
    {
        var random = new Random(first);
        IEnumerable<string> rows = from user in Enumerable.Range(0, 60)
                                   from item in Enumerable.Range(first, end - first)
                                   where random.Next(3) == 0
                                   let rating = (user % 2 == item % 2 ? 5 : 3) - user % 3 - random.Next(2) / 2.0
                                   select FormattableString.Invariant($"u{user},i{item},{rating},{item}");
        File.WriteAllLines(folder[name], [header, .. rows]);
        return folder[name];
    }

    private string Prepared(params string[] more)
    {
        Vaecf.Run(["prepare", Ratings(), "--ratings", "--out", folder["split"], .. more]).AssertGood();
        return folder["split"];
    }

    private CommandRun Train(string split, string model, params string[] more) => Vaecf.Run(["train", split, "--out",
        folder["model"], "--force", "--model", model, .. model is "iautorec" or "uautorec"
            ? (string[])["--units", "16", "--lambda", "1", "--lr", "0.01", "--batch", "16", "--epochs", "300",
                "--patience", "0"]
            : model is "rbm" or "deeprec" ? ["--lr", "0.05", "--batch", "16", "--epochs", "100", "--patience", "0",
                .. model == "rbm" ? (string[])["--units", "16"] : ["--widths", "20,16", "--keep", "0.8"]]
            : [], .. more]);

    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.Output).RootElement;

    private static double Rmse(JsonElement report, string model, string part = "all") =>
        report.GetProperty(model).GetProperty(part).GetProperty("rmse").GetDouble();

    [Fact]
    public void Prepare_keeps_every_rating_and_says_what_training_lacks()
    {
        string output = Vaecf.Run("prepare", Ratings(), "--ratings", "--out", folder["split"]).AssertGood().Output;
        Assert.Contains("ratings from 0.5 to 5: all are clicks", output);
        Assert.Contains("ratings, order Random, seed 98765", output);
        Assert.DoesNotContain("below", output);
        int rows = File.ReadLines(folder["ratings.csv"]).Count() - 1;
        int Lines(string name) => File.ReadLines(Path.Combine(folder["split"], name)).Count() - 1;
        Assert.Equal(rows / 10, Lines("test_te.csv"));
        Assert.Equal(rows, Lines("train.csv") + Lines("validation_te.csv") + Lines("test_te.csv"));
        Assert.StartsWith("uid,sid,value", File.ReadLines(Path.Combine(folder["split"], "train.csv")).First());
    }

    [Fact]
    public void By_time_the_latest_are_held_out_and_users_or_items_that_only_they_have_are_counted()
    {
        string output = Vaecf.Run("prepare", Ratings(), "--ratings", "--fold-in", "time", "--out", folder["split"])
            .AssertGood().Output;
        Assert.Matches("items not in training: [1-9]", output);
        string[] items = File.ReadAllLines(Path.Combine(folder["split"], "unique_sid.txt"));
        Assert.All(File.ReadLines(Path.Combine(folder["split"], "test_te.csv")).Skip(1),
            line => Assert.True(int.Parse(items[int.Parse(line.Split(',')[1])][1..]) >= 34));
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("biases")]
    [InlineData("iautorec")]
    [InlineData("uautorec")]
    [InlineData("deeprec")]
    [InlineData("rbm")]
    public void A_model_is_trained_by_rmse_and_measured_beside_the_mean_and_the_biases(string model)
    {
        string split = Prepared();
        JsonElement trained = Json(Train(split, model, "--json", "--log", folder["log"]));
        double validation = trained.GetProperty("validation_rmse").GetDouble();
        double[] epochs = [.. File.ReadLines(folder["log"])
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("validation_rmse").GetDouble())];
        Assert.Equal(epochs.Min(), validation);
        JsonElement tested = Json(Vaecf.Run("evaluate", folder["model"], split, "--json").AssertGood());
        Assert.Equal("test", tested.GetProperty("split").GetString());
        Assert.Equal(Rmse(trained.GetProperty("test"), "model"), Rmse(tested, "model"));
        Assert.Equal(3, tested.GetProperty("unseen").GetDouble());
        Assert.True(Rmse(tested, "biases") < Rmse(tested, "mean"));
        if (model is not ("mean" or "biases"))
            Assert.True(Rmse(tested, "model")
                < (model == "rbm" ? Rmse(tested, "mean") : 0.8 * Rmse(tested, "biases")));
        else
            Assert.Equal(Rmse(tested, model), Rmse(tested, "model"), 0.1);
        JsonElement validated = Json(Vaecf.Run("evaluate", folder["model"], split, "--split", "validation", "--json"));
        Assert.Equal(validation, Rmse(validated, "model"), 1e-6);
    }

    [Fact]
    public void Text_has_a_table_and_says_over_what_it_is()
    {
        string split = Prepared();
        CommandRun run = Train(split, "biases");
        Assert.Contains("validation RMSE", run.Output);
        string output = Vaecf.Run("evaluate", folder["model"], split).AssertGood().Output;
        Assert.Matches(@"\| +\| +model \| +mean \| +biases \|", output);
        Assert.Matches(@"(?m)^\| RMSE, seen +\| +\d\.\d{4} ± \d\.\d{4} ", output);
        Assert.Matches(@"over \d+ ratings ± standard error; of \d+ the user and the item have ratings before", output);
        Vaecf.Run("evaluate", folder["model"], split, "--k", "5").AssertWrongUse("--k: found with Biases");
    }

    [Fact]
    public void Validation_is_trained_on_in_the_end()
    {
        string split = Prepared();
        JsonElement trained = Json(Train(split, "iautorec", "--train-on-validation", "--json"));
        Assert.Equal(JsonValueKind.Null, trained.GetProperty("validation_rmse").ValueKind);
        Assert.Equal(Rmse(trained.GetProperty("test"), "biases"),
            Rmse(Json(Vaecf.Run("evaluate", folder["model"], split, "--json")), "biases"));
    }

    [Fact]
    public void A_published_split_is_trained_on_as_it_is_or_prepared()
    {
        Directory.CreateDirectory(folder["published"]);
        foreach ((string name, int first, int end) in
            new[] { ("train", 0, 30), ("validation", 20, 36), ("test", 25, 41) })
            Ratings(Path.Combine("published", $"{name}.csv"), first, end, "userId,movieId,rating,timestamp");
        string File(string name) => Path.Combine(folder["published"], $"{name}.csv");
        string direct = Train(folder["published"], "biases").AssertTrained().Output;
        string output = Vaecf.Run("prepare", File("train"), "--validation", File("validation"), "--test", File("test"),
            "--ratings", "--out", folder["split"]).AssertGood().Output;
        Assert.Matches("items not in training: [1-9]", output);
        Assert.Equal(Table(direct), Table(Train(folder["split"], "biases").Output));

        static string Table(string text) => text[text.IndexOf("| RMSE", StringComparison.Ordinal)..];
    }

    [Fact]
    public void Predict_answers_for_a_known_user_or_from_ratings()
    {
        string split = Prepared();
        Train(split, "iautorec");
        string text = Vaecf.Run("predict", folder["model"], "--user", "u3", "--items", "i5,i6").AssertGood().Output;
        Assert.Matches(@"\| user u3 \| item \| rating \|", text);
        CommandRun asked = Vaecf.Run("predict", folder["model"], "--user", "u3", "--items", "i5,i6,i99", "--json");
        JsonElement items = Json(asked).GetProperty("items");
        Assert.True(items[0].GetProperty("rating").GetDouble() > items[1].GetProperty("rating").GetDouble() + 1);
        Assert.Equal(2, items.GetArrayLength());
        Vaecf.Run("predict", folder["model"], "--user", "nobody", "--items", "i5")
            .AssertWrongUse("found the user 'nobody'; expected one of those that the I-AutoRec model was trained on");

        Train(split, "uautorec");
        Vaecf.Run("predict", folder["model"], "--user", "u3", "--items", "i5")
            .AssertWrongUse("--user: found without --histories; expected a file with the user's ratings");
        File.WriteAllLines(folder["clicks.csv"], ["user,item", "new,i1"]);
        Vaecf.Run("predict", folder["model"], "--histories", folder["clicks.csv"], "--items", "i5")
            .AssertWrongUse("clicks.csv: found no column of ratings");
        File.WriteAllLines(folder["high.csv"], ["user,item,rating", "new,i1,11"]);
        Vaecf.Run("predict", folder["model"], "--histories", folder["high.csv"], "--items", "i5")
            .AssertWrongUse("high.csv: found the rating 11 of user 'new'; expected ");
        File.WriteAllLines(
            folder["history.csv"], ["user,item,rating", "new,i1,5", "new,i3,5", "new,i2,1.5", "old,i2,5"]);
        string[] lines = Vaecf.Run("predict", folder["model"], "--histories", folder["history.csv"], "--items", "i5,i6",
            "--json").AssertGood().Output.Trim().Split('\n');
        Assert.Equal(2, lines.Length);
        items = JsonDocument.Parse(lines[0]).RootElement.GetProperty("items");
        Assert.True(items[0].GetProperty("rating").GetDouble() > items[1].GetProperty("rating").GetDouble());
        Assert.Equal(lines[0], Vaecf.Run("predict", folder["model"], "--histories", folder["history.csv"], "--user",
            "new", "--items", "i5,i6", "--json").AssertGood().Output.Trim());
        Vaecf.Run("predict", folder["model"], "--histories", folder["history.csv"], "--user", "u1", "--items", "i5")
            .AssertWrongUse("--user: found 'u1', who has no ratings");
    }

    [Fact]
    public void Recommend_gives_the_highest_predicted_ratings()
    {
        Train(Prepared(), "uautorec");
        File.WriteAllLines(folder["history.csv"], ["user,item,rating", "new,i1,5", "new,i3,5", "new,i2,1.5"]);
        JsonElement answer = Json(
            Vaecf.Run("recommend", folder["model"], "--histories", folder["history.csv"], "-k", "3", "--json"));
        Assert.All(answer.GetProperty("items").EnumerateArray(),
            item => Assert.Equal(1, int.Parse(item.GetProperty("item").GetString()![1..]) % 2));
        Vaecf.Run("recommend", folder["model"], "--items", "i1,i2").AssertWrongUse("--items: found with U-AutoRec");
    }

    [Fact]
    public void Settings_are_chosen_by_the_least_error()
    {
        string split = Prepared();
        JsonElement tuned = Json(Vaecf.Run("tune", split, "--out", folder["search"], "--model", "biases", "--json"));
        double[] errors = [.. tuned.GetProperty("trials").EnumerateArray()
            .Select(trial => trial.GetProperty("validation_rmse").GetDouble())];
        Assert.Equal(errors.Min(), tuned.GetProperty("validation_rmse").GetDouble());
        Assert.True(tuned.GetProperty("test").TryGetProperty("mean", out _));
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        string ratings = Ratings(), split = Prepared();
        foreach (string[] more in (string[][])[["--keep-values"], ["--leave-one-out"], ["--min-clicks", "3"],
            ["--held-out", "3"]])
            Vaecf.Run(["prepare", ratings, "--ratings", "--out", folder["other"], .. more])
                .AssertWrongUse($"{more[0]}: found with --ratings");
        Vaecf.Run("prepare", ratings, "--ratings", "--values", "counts", "--out", folder["other"])
            .AssertWrongUse("--values: found counts; expected ratings");
        File.WriteAllLines(folder["clicks.csv"], ["user,item", .. Enumerable.Range(0, 30).Select(n => $"{n % 5},{n}")]);
        Vaecf.Run("prepare", folder["clicks.csv"], "--ratings", "--out", folder["other"])
            .AssertWrongUse("found no column of ratings");
        Vaecf.Run("prepare", folder["clicks.csv"], "--out", folder["clicks"]).AssertGood();
        Train(folder["clicks"], "biases").AssertWrongUseAfterText("found clicks without ratings");
        Train(split, "popularity");
        Vaecf.Run("predict", folder["model"], "--user", "u1", "--items", "i1")
            .AssertWrongUse("found Popularity, which ranks items and predicts no ratings");
        Vaecf.Run("predict", folder["model"], "--items", "i1").AssertWrongUse("found neither --user nor --histories");
        Vaecf.Run("compare", split, "--models", "biases").AssertWrongUse("--models: found 'biases'");
    }
}

file static class Trained
{
    public static CommandRun AssertTrained(this CommandRun run)
    {
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }
}
