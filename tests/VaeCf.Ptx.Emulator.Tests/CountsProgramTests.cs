using System.Text.RegularExpressions;
using VaeCf.Native.Devices;
using VaeCf.Ptx.Emulator.Counts;

namespace VaeCf.Ptx.Emulator.Tests;

/// <summary>The program that prints what kernels ask of a card, and what that predicts.</summary>
public sealed partial class CountsProgramTests
{
    [GeneratedRegex(@"^\.visible \.entry (\w+)", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [Fact]
    public void Every_kernel_that_we_ship_is_counted()
    {
        var driver = new EmulatedCuda();
        new EveryKernel(driver, users: 5, items: 300, hidden: 8, latent: 4).Run();

        IEnumerable<string> shipped = Directory.GetFiles(Repository.PathOf("kernels/ptx"), "*.ptx")
            .SelectMany(file => Entry().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        Assert.Equal(shipped.Order(StringComparer.Ordinal), driver.Counts.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_has_what_the_counts_of_a_step_predict()
    {
        using var table = new StringWriter();
        Prediction.WriteStep(table, 500, ProductPrecision.Single);

        // Its columns are the page's first.
        string page = File.ReadAllText(Repository.PathOf("docs/cuda.md"));
        Assert.All(table.ToString().Split(Environment.NewLine),
            line => Assert.Contains(line, page, StringComparison.Ordinal));
    }
}
