using System.Text.Json;
using Spectre.Console;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Tests;

public class TrainCommandTests
{
    private static string[] Line(TemporaryFolder folder, params string[] more) => ["train", TinySplit.Write(folder),
        "--out", folder["m.safetensors"], "--hidden", "16", "--latent", "4", "--epochs", "6", "--batch", "25", .. more];

    // Cancels when the run writes its first progress, which is after an epoch.
    private sealed class StopAtFirstLine(CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value) => stop.Cancel();
    }

    [Fact]
    public void Prints_settings_progress_and_result_and_saves_the_best_model()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = TinySplit.Train(TinySplit.Write(folder), folder["m.safetensors"], "6", "--threads", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("60 users, 20 items, 400 clicks", run.Output);
        // Half of 6 epochs of 3 updates, over the cap: 45 steps.
        Assert.Contains("multvae: likelihood multinomial, hidden 16, latent 4, gated false, keep probability 0.5, "
            + "weight decay 0, gaussian c1 2, gaussian c0 1, anneal steps 45, warm up epochs automatic, beta cap 0.2, "
            + "epochs 6, batch 25, learning rate 0.02, weight start xavier, normalize gradients false, "
            + "validate every 1, patience 50, seed 1", run.Output);
        Assert.Contains("cpu, 1 thread", run.Output);
        Assert.Matches(@"best epoch [1-6], validation NDCG@100 0\.\d+", run.Output);
        Assert.Matches(@"NDCG@100 +\| +0\.\d{4} ± 0\.\d{4} \| +0\.\d{4} ± 0\.\d{4}", run.Output);
        Assert.Contains("means over 10 users", run.Output);
        Assert.Matches(@"train: epoch 6 of 6, 0:00:00 left, [\d,]+ users/s, loss [\d.]+, reconstruction [\d.]+, "
            + @"kl [\d.]+, beta 0\.\d{3}, validation NDCG@100 0\.\d{4}, best 0\.\d{4} in epoch [1-6]", run.Error);
        using Recommender model = Recommender.Load(folder["m.safetensors"]);
        Assert.Contains($"best epoch {model.Info.Epoch},", run.Output);
        Assert.Equal("119", model.Items[19]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_for_1_and_2_threads()
    {
        using var folder = new TemporaryFolder();
        byte[] Trained(params string[] more)
        {
            Assert.Equal(0, Vaecf.Run(Line(folder, more)).ExitCode);
            return File.ReadAllBytes(folder["m.safetensors"]);
        }
        byte[] one = Trained("--threads", "1", "--seed", "3");
        Assert.Equal(one, Trained("--threads", "2", "--seed", "3"));
        Assert.NotEqual(one, Trained("--threads", "1", "--seed", "4"));
    }

    [Fact]
    public void The_log_has_a_line_for_each_epoch_of_search_and_training()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(Line(folder, "--find-beta", "--log", folder["run.jsonl"], "--validate-every", "2",
            "--json"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("a first run searches for the cap of beta", run.Error);
        Assert.Contains("at the peak of validation NDCG@100", run.Error);
        using JsonDocument result = JsonDocument.Parse(run.Output);
        JsonElement[] lines =
            [.. File.ReadLines(folder["run.jsonl"]).SkipLast(1).Select(line => JsonDocument.Parse(line).RootElement)];
        string[] phases = ["search", "train"];
        Assert.Equal(phases.SelectMany(phase => Enumerable.Range(1, 6).Select(epoch => (phase, epoch))),
            lines.Select(line => (line.GetProperty("phase").GetString()!, line.GetProperty("epoch").GetInt32())));
        Assert.Equal(["phase", "epoch", "loss", "reconstruction", "kl", "beta", "validation_ndcg@100",
            "validation_ndcg@100_se", "step", "users_per_second", "fit_seconds", "seconds"],
            lines[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("validation_ndcg@100").ValueKind);
        JsonElement peak = lines.Take(6)
            .Where(line => line.GetProperty("validation_ndcg@100").ValueKind == JsonValueKind.Number)
            .MaxBy(line => line.GetProperty("validation_ndcg@100").GetDouble());
        JsonElement root = result.RootElement, test = root.GetProperty("test"), settings = root.GetProperty("settings");
        Assert.Equal("multvae", root.GetProperty("model").GetString());
        Assert.Equal(peak.GetProperty("beta").GetDouble(), settings.GetProperty("beta_cap").GetDouble());
        Assert.Equal(peak.GetProperty("epoch").GetInt32(),
            root.GetProperty("beta_search").GetProperty("epoch").GetInt32());
        Assert.InRange(test.GetProperty("model").GetProperty("ndcg@100").GetDouble(), 0, 1);
        Assert.Equal(10, test.GetProperty("popularity").GetProperty("users_counted").GetInt32());
    }

    private static Settings Trained(TemporaryFolder folder, params string[] more)
    {
        CommandRun run = Vaecf.Run(["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], "--epochs", "4",
            "--latent", "3", .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        using Recommender model = Recommender.Load(folder["m.safetensors"]);
        Assert.Equal(3, model.Recommend(["100", "101"], 3).Items.Count);
        return model.Settings;
    }

    [Fact]
    public void Options_reach_the_model()
    {
        using var folder = new TemporaryFolder();
        Settings dae = Trained(folder, "--model", "multdae", "--hidden", "7,5", "--keep", "1");
        Assert.Equal(("multdae", 4e-5, 1.0, 3), (dae.Type.Name, dae.Get(Autoencoders.WeightDecay),
            dae.Get(Autoencoders.KeepProbability), dae.Get(Autoencoders.Latent)));
        Assert.Equal([7, 5], dae.Get(Autoencoders.Hidden));
        Settings gaussian = Trained(folder, "--likelihood", "gaussian", "--hidden", "none", "--gaussian-c1", "5",
            "--gaussian-c0", "0.5", "--weight-decay", "0.01");
        Assert.StartsWith("multvae: likelihood gaussian, hidden none, latent 3, gated false, keep probability 0.5, "
            + "weight decay 0.01, gaussian c1 5, gaussian c0 0.5, ", gaussian.ToString());
        Assert.Empty(Trained(folder, "--hidden", "0").Get(Autoencoders.Hidden));
    }

    [Fact]
    public void Options_of_the_family_reach_the_model_and_its_own_defaults_fill_the_rest()
    {
        using var folder = new TemporaryFolder();
        Settings hvamp = Trained(folder, "--model", "hvamp", "--hidden", "4", "--layers", "3", "--components", "5",
            "--pseudo-input-start", "data", "--normalize-gradients", "false");
        Settings expected = HVamp.Type.Defaults.With(Autoencoders.Hidden, [4, 4, 4]).With(Autoencoders.Latent, 3)
            .With(Autoencoders.Components, 5).With(Autoencoders.PseudoInputStart, PseudoInputStart.Data)
            .With(GradientFit.EpochCount, 4).With(Autoencoders.NormalizeGradients, false);
        Assert.Equal(expected.ToString(), hvamp.ToString());
        Assert.True(hvamp.Get(Autoencoders.Gated));
        Settings vamp = Trained(folder, "--model", "vamp", "--hidden", "4", "--gated", "--components", "5",
            "--anneal-steps", "7", "--weight-start", "xavier");
        Assert.Equal((true, 7.0, null, WeightStart.Xavier, true), (vamp.Get(Autoencoders.Gated),
            vamp.Get(Autoencoders.AnnealSteps), vamp.Get(Autoencoders.WarmUpEpochs), vamp.Get(Autoencoders.WeightStart),
            vamp.Get(Autoencoders.NormalizeGradients)));
        Settings recvae = Trained(folder, "--model", "recvae", "--hidden", "4", "--layers", "2", "--batch", "30",
            "--lr", "0.01");
        Assert.Equal((30, 0.01, 0.005), (recvae.Get(GradientFit.BatchSize), recvae.Get(Autoencoders.LearningRate),
            recvae.Get(Autoencoders.BetaCap)));
        Assert.Equal([4, 4], recvae.Get(Autoencoders.Hidden));
        Settings multvae = Trained(folder, "--gated", "--hidden", "4", "--layers", "4", "--warm-up", "2",
            "--normalize-gradients");
        Assert.Equal((true, 4, 2, null, true), (multvae.Get(Autoencoders.Gated), multvae.Get(Autoencoders.Hidden).Count,
            multvae.Get(Autoencoders.WarmUpEpochs), multvae.Get(Autoencoders.AnnealSteps),
            multvae.Get(Autoencoders.NormalizeGradients)));
        Assert.False(Trained(folder, "--model", "hvamp", "--hidden", "4", "--gated", "false", "--components", "5")
            .Get(Autoencoders.Gated));
    }

    [Fact]
    public void Settings_of_the_family_are_told()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(Line(folder, "--model", "vamp", "--gated", "--components", "5", "--warm-up", "2"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("vamp: likelihood logistic, hidden 16, latent 4, gated true, keep probability 0.5, "
            + "weight decay 0, gaussian c1 2, gaussian c0 1, components 5, pseudo input start random, "
            + "anneal steps automatic, warm up epochs 2, beta cap 0.3, epochs 6, batch 25, learning rate 0.0005, "
            + "weight start henormal, "
            + "normalize gradients true, validate every 1, patience 50, seed 1", run.Output);
        run = Vaecf.Run(Line(folder, "--model", "recvae", "--json"));
        using JsonDocument result = JsonDocument.Parse(run.Output);
        Assert.Equal("recvae", result.RootElement.GetProperty("model").GetString());
        JsonElement settings = result.RootElement.GetProperty("settings");
        Assert.Equal((0.005, "uniformfanin"),
            (settings.GetProperty("beta_cap").GetDouble(), settings.GetProperty("weight_start").GetString()!));
        Assert.Equal(JsonValueKind.Null, settings.GetProperty("warm_up_epochs").ValueKind);
        Assert.False(settings.TryGetProperty("gated", out _));
    }

    [Fact]
    public void Without_validation_and_test_users_the_last_epoch_is_kept()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder, validation: false, test: false);
        CommandRun run = TinySplit.Train(split, folder["m.safetensors"], "6");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not validated: the model of the last update is kept, after 6 whole epochs", run.Output);
        Assert.DoesNotContain("NDCG", run.Output);
        TinySplit.Train(split, folder["n.safetensors"], "6", "--find-beta", "--json")
            .AssertWrongUseAfterText("no validation users");
    }

    [Fact]
    public void Stopping_keeps_the_best_model_so_far()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new StopAtFirstLine(stop);
        int code = CommandLine.Run(Line(folder), new CommandContext(CommandContext.CreateConsole(output, false),
            CommandContext.CreateConsole(error, false), stop.Token));
        Assert.Equal(ExitCodes.Stopped, code);
        Assert.Contains("stopped after 1 of 6 epochs: the best model so far is kept", output.ToString());
        Assert.DoesNotContain("popularity", output.ToString());
        using Recommender model = Recommender.Load(folder["m.safetensors"]);
        Assert.Equal(1, model.Info.Epoch);
    }

    [Theory]
    [InlineData]
    [InlineData("--find-beta")]
    public void Stopping_before_the_first_update_writes_nothing_and_says_so(params string[] more)
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(CommandLine.Run, Line(folder, more), new CancellationToken(canceled: true));
        Assert.Equal(130, run.ExitCode);
        Assert.Contains(more.Length == 0 ? "stopped before the first step; nothing is written"
            : "stopped in the search for beta; nothing is written", run.Error);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("--lr", "NaN")]
    [InlineData("--hidden", "1,x")]
    [InlineData("--layers", "0")]
    [InlineData("--components", "0")]
    [InlineData("--warm-up", "0")]
    [InlineData("--weight-start", "zero")]
    [InlineData("--hidden", "6,")]
    [InlineData("--keep", "0")]
    [InlineData("--keep", "1.5")]
    [InlineData("--weight-decay", "-1")]
    [InlineData("--beta-cap", "NaN")]
    [InlineData("--epochs", "0")]
    [InlineData("--patience", "-1")]
    [InlineData("--model", "vae")]
    public void Bad_values_are_refused(string option, string value)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(Line(folder, option, value)).AssertWrongUse(option);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("--gaussian-c1 3",
        "--gaussian-c1: found 3; expected its default with another likelihood than gaussian")]
    [InlineData("--model multdae --find-beta", "--find-beta: found with --model multdae, which has no KL term")]
    [InlineData("--model multdae --beta-cap 0.5", "--beta-cap: found with --model multdae, which has no such setting")]
    [InlineData("--model popularity", "--hidden: found with --model popularity, which has no such setting")]
    [InlineData("--find-beta --beta-cap 0.5", "--beta-cap: found with --find-beta")]
    [InlineData("--find-beta --warm-up 5", "--warm-up: found with --find-beta")]
    [InlineData("--warm-up 5 --anneal-steps 100",
        "--warm-up: found 5; expected none beside --anneal-steps: beta rises by epoch or by update")]
    [InlineData("--components 5", "--components: found with --model multvae, which has no such setting")]
    [InlineData("--pseudo-input-start data",
        "--pseudo-input-start: found with --model multvae, which has no such setting")]
    [InlineData("--model recvae --gated", "--gated: found with --model recvae, which has no such setting")]
    [InlineData("--model recvae --find-beta",
        "--find-beta: found with --model recvae, whose KL term is weighed per click")]
    public void Options_that_do_not_go_together_are_refused(string options, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(Line(folder, options.Split(' '))).AssertWrongUse(message);
    }

    [Fact]
    public void A_file_in_place_of_a_split_folder_is_refused_and_the_command_that_makes_one_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ratings.csv"], "user,item\na,1\n");
        Vaecf.Run("train", folder["ratings.csv"], "--out", folder["m.safetensors"])
            .AssertWrongUse("expected a folder with train.csv, which 'vaecf prepare' makes of a file of clicks");
    }

    [Fact]
    public void A_closed_form_that_cannot_be_solved_is_wrong_use()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(
            "train", TinySplit.Write(folder), "--out", folder["m.safetensors"], "--model", "ease", "--lambda", "1e300");
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode);
        Assert.Contains("EASE cannot be solved with lambda", run.Error);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("--hidden 8,4 --layers 3", "--layers: found with --hidden 8,4; expected one width")]
    [InlineData("--model recvae --hidden 8,4", "--hidden: found 8,4; expected one width")]
    [InlineData("--model hvamp --hidden none", "--hidden: found none; expected at least one layer for hvamp")]
    [InlineData("--layers 101", "--layers: found '101'; expected a whole number from 1 to 100")]
    [InlineData("--latent 2147483647", "--latent: found '2147483647'; expected a whole number from 1 to 1000000")]
    [InlineData("--model popularity --layers 2",
        "--layers: found with --model popularity, which has no such setting")]
    [InlineData("--gated maybe", "--gated: found 'maybe'; expected true or false")]
    public void Layers_that_a_model_cannot_have_are_refused(string options, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], .. options.Split(' ')])
            .AssertWrongUse(message);
    }

    [Fact]
    public void Where_the_model_cannot_be_written_nothing_is_trained()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        Vaecf.Run("train", split, "--out", Path.Combine(folder["nowhere"], "m.safetensors"))
            .AssertWrongUse("nowhere does not exist");
        Vaecf.Run("train", split, "--out", split).AssertWrongUse("found a folder");
        Vaecf.Run("train", split, "--out", folder[new string('m', 300)]).AssertWrongUse("mmm");
        Vaecf.Run("train", folder["no-split"], "--out", folder["m.safetensors"]).AssertWrongUse("no-split");
        Vaecf.Run("train", split, "--out", folder["m.safetensors"], "--log", folder["no/run.jsonl"])
            .AssertWrongUse("run.jsonl");
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void On_a_terminal_the_progress_is_live()
    {
        using var folder = new TemporaryFolder();
        using StringWriter output = new(), error = new();
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
        });
        int code = CommandLine.Run(Line(folder),
            new CommandContext(CommandContext.CreateConsole(output, false), terminal, default));
        Assert.Equal(0, code);
        Assert.Contains("\e[", error.ToString());
        Assert.Contains('━', error.ToString());
        Assert.Contains("train: epoch 6 of 6", error.ToString());
    }
}
