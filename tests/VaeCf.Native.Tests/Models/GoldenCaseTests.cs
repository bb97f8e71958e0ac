using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Models;

/// <summary>Loss, every gradient and Adam's steps against another framework's autograd in double precision.</summary>
public class GoldenCaseTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "fixtures", "golden");

    public static TheoryData<string> Cases() => [.. Names];

    private static IEnumerable<string> Names =>
        Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Where(name => name != "ranking-metrics.json").Order();

    [Theory, MemberData(nameof(Cases))]
    public void The_reference_agrees_to_1e9(string name) => Check(name, single: false);

    [Theory, MemberData(nameof(Cases))]
    public void The_processor_agrees_to_1e4(string name) => Check(name, single: true);

    [Fact]
    public void Every_case_of_the_two_models_is_here() =>
        Assert.Equal(["gaussian-dae.json", "gaussian-vae.json", "logistic-dae.json", "logistic-vae.json", "multdae-no-hidden.json", "multdae.json", "multvae-no-hidden.json", "multvae-two-hidden.json", "multvae.json"],
            Names);

    private static void Check(string name, bool single)
    {
        IReadOnlyList<VerifiedQuantity> quantities = Case.Verify(Path.Combine(Folder, name), single);
        int layers = quantities.Count(quantity => quantity.Name.EndsWith("weight after Adam", StringComparison.Ordinal));
        Assert.Equal(2 * layers, quantities.Count(quantity => quantity.Name.StartsWith("d ", StringComparison.Ordinal)));
        Assert.Equal(3, quantities.Count(quantity => quantity.Name.StartsWith("loss before", StringComparison.Ordinal)));
        Assert.All(quantities, quantity => Assert.True(quantity.Passed, $"{quantity.Name}: {quantity.RelativeError:E2}"));
    }
}
