using System.Text.Json;
using Spectre.Console;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Tests;

public class TrainCommandTests
{
    private static string[] Line(TemporaryFolder folder, params string[] more) =>
        ["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], "--hidden", "16", "--latent", "4", "--epochs", "6", "--batch", "25", .. more];

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
        Assert.Contains("multvae, multinomial, layers 16-4, keep 0.5, weight decay 0", run.Output);
        // Half of 6 epochs of 3 updates, over the cap.
        Assert.Contains("beta: updates / 45, at most 0.2", run.Output);
        Assert.Contains("cpu, 1 thread", run.Output);
        Assert.Matches(@"best epoch [1-6], validation NDCG@100 0\.\d+", run.Output);
        Assert.Matches(@"NDCG@100 +\| +0\.\d{4} ± 0\.\d{4} \| +0\.\d{4} ± 0\.\d{4}", run.Output);
        Assert.Contains("means over 10 users", run.Output);
        Assert.Matches(@"train: epoch 6 of 6, 0:00:00 left, [\d,]+ users/s, loss [\d.]+, reconstruction [\d.]+, KL [\d.]+, beta 0\.\d{3}, validation NDCG@100 0\.\d{4}, best 0\.\d{4} in epoch [1-6]", run.Error);
        using Model model = Model.Load(folder["m.safetensors"]);
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
        CommandRun run = Vaecf.Run(Line(folder, "--find-beta", "--log", folder["run.jsonl"], "--validate-every", "2", "--json"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("cap of beta: to be found", run.Error);
        Assert.Contains("at the peak of validation NDCG@100", run.Error);
        using JsonDocument result = JsonDocument.Parse(run.Output);
        JsonElement[] lines = [.. File.ReadLines(folder["run.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([("search", 1), ("search", 2), ("search", 3), ("search", 4), ("search", 5), ("search", 6), ("train", 1), ("train", 2), ("train", 3), ("train", 4), ("train", 5), ("train", 6)],
            lines.Select(line => (line.GetProperty("phase").GetString()!, line.GetProperty("epoch").GetInt32())));
        Assert.Equal(
            ["phase", "epoch", "step", "beta", "loss", "reconstruction", "kl", "users_per_second", "validation_ndcg@100", "seconds"],
            lines[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("validation_ndcg@100").ValueKind);
        JsonElement peak = lines.Take(6).Where(line => line.GetProperty("validation_ndcg@100").ValueKind == JsonValueKind.Number).MaxBy(line => line.GetProperty("validation_ndcg@100").GetDouble());
        Assert.Equal(peak.GetProperty("beta").GetDouble(), result.RootElement.GetProperty("settings").GetProperty("beta_cap").GetDouble());
        Assert.Equal(peak.GetProperty("epoch").GetInt32(), result.RootElement.GetProperty("beta_search").GetProperty("epoch").GetInt32());
        Assert.InRange(result.RootElement.GetProperty("test").GetProperty("model").GetProperty("ndcg@100").GetDouble(), 0, 1);
        Assert.Equal(10, result.RootElement.GetProperty("test").GetProperty("popularity").GetProperty("users_counted").GetInt32());
    }

    [Fact]
    public void Options_reach_the_model()
    {
        using var folder = new TemporaryFolder();
        ModelConfig Trained(params string[] more)
        {
            Assert.Equal(0, Vaecf.Run(["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], "--epochs", "1", "--latent", "3", .. more]).ExitCode);
            using Model model = Model.Load(folder["m.safetensors"]);
            return model.Config;
        }
        ModelConfig dae = Trained("--model", "multdae", "--hidden", "7,5", "--keep", "1");
        Assert.Equal((ModelKind.MultDae, 4e-5, 1.0, 3), (dae.Kind, dae.WeightDecay, dae.KeepProbability, dae.Latent));
        Assert.Equal([7, 5], dae.Hidden);
        ModelConfig gaussian = Trained("--likelihood", "gaussian", "--hidden", "none", "--gaussian-c1", "5", "--gaussian-c0", "0.5", "--weight-decay", "0.01");
        Assert.Equal((ModelKind.MultVae, Likelihood.Gaussian, 5.0, 0.5, 0.01), (gaussian.Kind, gaussian.Likelihood, gaussian.GaussianC1, gaussian.GaussianC0, gaussian.WeightDecay));
        Assert.Empty(gaussian.Hidden);
        Assert.Empty(Trained("--hidden", "0").Hidden);
    }

    [Fact]
    public void Options_of_the_family_reach_the_model_and_the_preset_fills_the_rest()
    {
        using var folder = new TemporaryFolder();
        (ModelConfig Config, TrainingOptions Training) Trained(params string[] more)
        {
            CommandRun run = Vaecf.Run(["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], "--epochs", "1", "--latent", "3", "--hidden", "4", .. more]);
            Assert.True(run.ExitCode == 0, run.Error);
            using Model model = Model.Load(folder["m.safetensors"]);
            Assert.Equal(3, model.Recommend(["100", "101"], 3).Items.Count);
            return (model.Config, model.Info.Training);
        }
        (ModelConfig config, TrainingOptions training) = Trained("--model", "hvamp", "--layers", "3", "--components", "5", "--pseudo-input-start", "data", "--normalize-gradients", "false");
        Assert.Equal((ModelKind.HVamp, Likelihood.Logistic, true, 5), (config.Kind, config.Likelihood, config.Gated, config.Components));
        Assert.Equal([4, 4, 4], config.Hidden);
        Assert.Equal(ModelPreset.Of(ModelKind.HVamp).Training with { Epochs = 1, PseudoInputStart = PseudoInputStart.Data, NormalizeGradients = false }, training);
        (config, training) = Trained("--model", "vamp", "--gated", "--components", "5", "--anneal-steps", "7", "--weight-start", "xavier");
        Assert.True(config.Gated);
        Assert.Equal((7.0, null, WeightStart.Xavier, true), (training.AnnealSteps, training.WarmUpEpochs, training.WeightStart, training.NormalizeGradients));
        (config, training) = Trained("--model", "recvae", "--layers", "2", "--batch", "30", "--lr", "0.01");
        Assert.Equal((ModelKind.RecVae, 30, 0.01, 0.005), (config.Kind, training.BatchSize, training.LearningRate, training.BetaCap));
        (config, training) = Trained("--model", "multvae", "--gated", "--layers", "4", "--warm-up", "2", "--normalize-gradients");
        Assert.Equal((true, 4, 2, true), (config.Gated, config.Hidden.Count, training.WarmUpEpochs, training.NormalizeGradients));
        Assert.False(Trained("--model", "hvamp", "--gated", "false", "--components", "5").Config.Gated);
    }

    [Fact]
    public void Settings_of_the_family_are_told()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(Line(folder, "--model", "vamp", "--gated", "--components", "5", "--warm-up", "2"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("vamp, gated, logistic, layers 16-4, 5 pseudo-inputs, keep 0.5, weight decay 0", run.Output);
        Assert.Contains("6 epochs, batch 25, learning rate 0.0005, patience 50, weights henormal, pseudo-inputs random, normalised gradients, seed 1", run.Output);
        Assert.Contains("beta: rises over 2 epochs to 0.3", run.Output);
        using JsonDocument result = JsonDocument.Parse(Vaecf.Run(Line(folder, "--model", "recvae", "--json")).Output);
        JsonElement settings = result.RootElement.GetProperty("settings");
        Assert.Equal(("recvae", 0.005, "uniformfanin"), (settings.GetProperty("model").GetString()!, settings.GetProperty("beta_cap").GetDouble(), settings.GetProperty("weight_start").GetString()!));
        Assert.Equal(JsonValueKind.Null, settings.GetProperty("warm_up_epochs").ValueKind);
    }

    [Fact]
    public void Without_validation_and_test_users_the_last_epoch_is_kept()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = TinySplit.Train(TinySplit.Write(folder, validation: false, test: false), folder["m.safetensors"], "6");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not validated: the model of the last update is kept, after 6 whole epochs", run.Output);
        Assert.DoesNotContain("NDCG", run.Output);
        TinySplit.Train(folder["split"], folder["n.safetensors"], "6", "--find-beta", "--json").AssertWrongUseAfterText("no validation users");
    }

    [Fact]
    public void Stopping_keeps_the_best_model_so_far()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new StopAtFirstLine(stop);
        int code = CommandLine.Run(Line(folder), new CommandContext(CommandContext.CreateConsole(output, false), CommandContext.CreateConsole(error, false), stop.Token));
        Assert.Equal(0, code);
        Assert.Contains("stopped after 1 of 6 epochs: the best model so far is kept", output.ToString());
        Assert.DoesNotContain("popularity", output.ToString());
        using Model model = Model.Load(folder["m.safetensors"]);
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
        Assert.Contains("nothing is written", run.Error);
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
    [InlineData("--gaussian-c1 3", "--gaussian-c1: found with --likelihood multinomial")]
    [InlineData("--model multdae --find-beta", "--find-beta: found with --model multdae")]
    [InlineData("--model multdae --beta-cap 0.5", "--beta-cap: found with --model multdae")]
    [InlineData("--find-beta --beta-cap 0.5", "--beta-cap: found with --find-beta")]
    [InlineData("--find-beta --warm-up 5", "--warm-up: found with --find-beta")]
    [InlineData("--warm-up 5 --anneal-steps 100", "--anneal-steps: found with --warm-up")]
    [InlineData("--components 5", "--components: found with --model multvae, which has no pseudo-inputs")]
    [InlineData("--pseudo-input-start data", "--pseudo-input-start: found with --model multvae")]
    [InlineData("--model recvae --gated", "--gated: found with --model recvae")]
    [InlineData("--model recvae --find-beta", "--find-beta: found with --model recvae")]
    public void Options_that_do_not_go_together_are_refused(string options, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(Line(folder, options.Split(' '))).AssertWrongUse(message);
    }

    [Theory]
    [InlineData("--hidden 8,4 --layers 3", "--layers: found with --hidden 8,4; expected one width")]
    [InlineData("--model recvae --hidden 8,4", "--model recvae: Hidden is 8,4; expected one width")]
    [InlineData("--model hvamp --hidden none", "--model hvamp: Hidden is empty; expected at least one layer")]
    [InlineData("--gated maybe", "'maybe'")]
    public void Layers_that_a_model_cannot_have_are_refused(string options, string message)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(["train", TinySplit.Write(folder), "--out", folder["m.safetensors"], .. options.Split(' ')]).AssertWrongUse(message);
    }

    [Fact]
    public void Where_the_model_cannot_be_written_nothing_is_trained()
    {
        using var folder = new TemporaryFolder();
        string split = TinySplit.Write(folder);
        Vaecf.Run("train", split, "--out", Path.Combine(folder["nowhere"], "m.safetensors")).AssertWrongUse("nowhere does not exist");
        Vaecf.Run("train", split, "--out", split).AssertWrongUse("found a folder");
        Vaecf.Run("train", split, "--out", folder[new string('m', 300)]).AssertWrongUse("mmm");
        Vaecf.Run("train", folder["no-split"], "--out", folder["m.safetensors"]).AssertWrongUse("no-split");
        Vaecf.Run("train", split, "--out", folder["m.safetensors"], "--log", folder["no/run.jsonl"]).AssertWrongUse("run.jsonl");
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void On_a_terminal_the_progress_is_live()
    {
        using var folder = new TemporaryFolder();
        using StringWriter output = new(), error = new();
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        int code = CommandLine.Run(Line(folder), new CommandContext(CommandContext.CreateConsole(output, false), terminal, default));
        Assert.Equal(0, code);
        Assert.Contains("\e[", error.ToString());
        Assert.Contains('━', error.ToString());
        Assert.Contains("train: epoch 6 of 6", error.ToString());
    }
}
