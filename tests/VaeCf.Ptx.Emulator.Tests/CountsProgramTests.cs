using System.Text.RegularExpressions;
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
        new EveryKernel(driver, users: 5, items: 130, hidden: 8, latent: 4).Run();

        IEnumerable<string> shipped = Directory.GetFiles(Repository.PathOf("kernels/ptx"), "*.ptx").SelectMany(file => Entry().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        Assert.Equal(shipped.Order(StringComparer.Ordinal), driver.Counts.Keys.Order(StringComparer.Ordinal));
    }
}
