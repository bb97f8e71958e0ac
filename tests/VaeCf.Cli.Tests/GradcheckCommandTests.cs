using System.Text.Json;

namespace VaeCf.Cli.Tests;

public class GradcheckCommandTests
{
    [Theory]
    [InlineData("multvae")]
    [InlineData("multvae", "--likelihood", "logistic", "--hidden", "4,3", "--gated", "--weight-decay", "0.1")]
    [InlineData("multdae", "--likelihood", "gaussian")]
    [InlineData("vamp", "--components", "2", "--users", "5")]
    [InlineData("hvamp", "--likelihood", "multinomial", "--layers", "1")]
    [InlineData("multvae", "--layers", "3")]
    [InlineData("multvae", "--hidden", "40,30", "--checks", "2")]
    [InlineData("recvae", "--items", "11", "--beta", "0.01")]
    public void Every_gradient_is_within_the_tolerance(string model, params string[] more)
    {
        CommandRun run = Vaecf.Run(["gradcheck", "--model", model, .. more]).AssertGood();
        string[] rows = [.. run.Output.Split('\n').Where(line => line.StartsWith("| d ", StringComparison.Ordinal))];
        Assert.True(rows.Length > 3, run.Output);
        Assert.All(rows, row => Assert.EndsWith("| ok |", row.Trim()));
        Assert.Contains($"{rows.Length} of {rows.Length} gradients agree to 1e-8 (", run.Output);
    }

    [Fact]
    public void Json_has_every_slope()
    {
        using JsonDocument json = JsonDocument.Parse(
            Vaecf.Run("gradcheck", "--hidden", "2", "--latent", "1", "--items", "3", "--json").AssertGood().Output);
        Assert.All(json.RootElement.GetProperty("gradients").EnumerateArray()
            .Where(gradient => gradient.GetProperty("name").GetString()!.EndsWith("weight", StringComparison.Ordinal)),
            gradient => Assert.Equal(gradient.GetProperty("numbers").GetArrayLength(),
                gradient.GetProperty("slopes").GetArrayLength()));
    }

    [Theory, InlineData("multvae", "--beta", "1e308"), InlineData("multdae", "--weight-decay", "1e308"),
        InlineData("vamp", "--beta", "1e308"), InlineData("recvae", "--beta", "1e300")]
    public void Settings_too_large_to_compute_with_are_refused(string model, string option, string value) =>
        Vaecf.Run("gradcheck", "--model", model, "--items", "3", option, value)
            .AssertWrongUse("is not finite; expected settings that are small enough to compute with");

    [Fact]
    public void Wrong_use_is_refused()
    {
        Vaecf.Run("gradcheck", "--model", "ease").AssertWrongUse(
            "--model: EASE has no training step to follow; expected one of multvae, multdae, vamp, hvamp, recvae");
        Vaecf.Run("gradcheck", "--model", "nothing")
            .AssertWrongUse("--model: found 'nothing'; expected one of multvae");
        Vaecf.Run("gradcheck", "--model", "recvae", "--hidden", "5,4")
            .AssertWrongUse("--hidden: found 5,4; expected one width for all layers");
        Vaecf.Run("gradcheck", "--items", "0").AssertWrongUse("--items: found '0'; expected a whole number from 1");
        Vaecf.Run("gradcheck", "--beta", "-1").AssertWrongUse("--beta: found '-1'; expected a finite number");
        Vaecf.Run("gradcheck", "--epochs", "3").AssertWrongUse("--epochs");
    }
}
