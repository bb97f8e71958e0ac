using System.CommandLine;
using VaeCf.Native.Data;

namespace VaeCf.Cli.Tests;

public class OptionsTests
{
    private static CommandRun Run<T>(Option<T> option, params string[] arguments) => Vaecf.Run(
        (line, context) =>
        {
            var root = new RootCommand { option };
            root.SetAction(parsed => context.WriteLine($"{parsed.GetValue(option)}"));
            return CommandLine.Run(root, line, context);
        }, arguments);

    private static Option<double> Rate => Options.Positive("--lr", "", 1e-3);
    private static Option<int> Count => Options.AtLeast("-k", "", 1, 10);
    private static Option<double> Share => Options.Share("--share", "", 0.2);
    private static Option<ClickFormat> Format => Options.Choice<ClickFormat>("--format", "");
    private static Option<CountList> Cutoffs => Options.Counts("--k", "", 20, 50);

    [Theory]
    [InlineData("NaN")]
    [InlineData("0")]
    [InlineData("-1e-3")]
    [InlineData("Infinity")]
    [InlineData("fast")]
    [InlineData("")]
    public void A_rate_that_is_not_finite_and_positive_is_refused(string value) =>
        Run(Rate, "--lr", value).AssertWrongUse($"--lr: found '{value}'; expected a finite number above 0");

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("2.5")]
    [InlineData("3000000000")]
    public void A_count_below_its_least_is_refused(string value) =>
        Run(Count, "-k", value).AssertWrongUse($"-k: found '{value}'; expected a whole number from 1 to 2147483647");

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("NaN")]
    public void A_share_outside_0_to_1_is_refused(string value) =>
        Run(Share, "--share", value).AssertWrongUse($"--share: found '{value}'; expected a number above 0 and below 1");

    [Theory]
    [InlineData("20,", "")]
    [InlineData("20,0", "0")]
    [InlineData("20;50", "20;50")]
    public void A_list_with_a_wrong_count_is_refused(string value, string wrong) =>
        Run(Cutoffs, "--k", value).AssertWrongUse($"--k: found '{wrong}'; expected whole numbers from 1");

    [Theory]
    [InlineData("csv")]
    [InlineData("1")]
    [InlineData("auto,pairs")]
    public void A_choice_that_is_not_offered_is_refused_and_the_others_named(string value) =>
        Run(Format, "--format", value)
            .AssertWrongUse($"--format: found '{value}'; expected one of auto, movielenscsv,");

    [Fact]
    public void An_option_without_its_value_is_refused()
    {
        Run(Rate, "--lr").AssertWrongUse("--lr");
        Run(Cutoffs, "--k").AssertWrongUse("--k");
    }

    [Fact]
    public void Good_values_are_taken_and_defaults_stand_in()
    {
        Assert.Equal("0.5", Run(Rate, "--lr", "5e-1").AssertGood().Output.Trim());
        Assert.Equal("0.001", Run(Rate).AssertGood().Output.Trim());
        Assert.Equal("1", Run(Count, "-k", "1").AssertGood().Output.Trim());
        Assert.Equal("7,100", Run(Cutoffs, "--k", "7,100").AssertGood().Output.Trim());
        Assert.Equal("20,50", Run(Cutoffs).AssertGood().Output.Trim());
        Assert.Equal("Pairs", Run(Format, "--format", "pairs").AssertGood().Output.Trim());
        Assert.Equal("Auto", Run(Format).AssertGood().Output.Trim());
        Assert.Equal("18446744073709551615",
            Run(Options.Seed(1), "--seed", "18446744073709551615").AssertGood().Output.Trim());
        Assert.Equal($"{Environment.ProcessorCount}", Run(Options.Threads()).AssertGood().Output.Trim());
    }

    [Fact]
    public void The_help_shows_the_defaults()
    {
        Assert.Contains("[default: 0.001]", Run(Rate, "--help").AssertGood().Output);
        Assert.Contains("[default: 20,50]", Run(Cutoffs, "--help").AssertGood().Output);
    }
}
