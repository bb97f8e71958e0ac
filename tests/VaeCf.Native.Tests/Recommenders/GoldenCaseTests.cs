using System.Text.Json;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>Loss, every gradient and Adam's steps against another framework's autograd in double precision.</summary>
public class GoldenCaseTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "fixtures", "golden");

    public static TheoryData<string> Cases() => [.. Names];

    private static IEnumerable<string> Names =>
        Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path))
            .Where(name => !name.EndsWith("-metrics.json", StringComparison.Ordinal)).Order();

    [Theory, MemberData(nameof(Cases))]
    public void The_reference_agrees_to_1e9(string name) => Check(name, single: false);

    [Theory, MemberData(nameof(Cases))]
    public void The_processor_agrees_to_1e4(string name) => Check(name, single: true);

    [Fact]
    public void Every_case_is_here() =>
        Assert.Equal(["gated-multvae.json", "gaussian-dae.json", "gaussian-vae.json", "hvamp-1layer-gated.json",
            "hvamp-1layer.json", "hvamp-2layer-gated.json", "hvamp-2layer.json", "logistic-dae.json",
            "logistic-vae.json", "multdae-no-hidden.json", "multdae.json", "multvae-no-hidden.json",
            "multvae-two-hidden.json", "multvae.json", "recvae.json", "vamp-gated.json", "vamp.json"], Names);

    private static void Check(string name, bool single)
    {
        IReadOnlyList<VerifiedQuantity> quantities = Case.Verify(Path.Combine(Folder, name), single).Quantities;
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name)));
        JsonElement expected = file.RootElement.GetProperty("expected");
        Assert.Equal(expected.GetProperty("gradients").EnumerateObject()
            .Select(gradient => $"d {gradient.Name}").Order(), quantities.Select(quantity => quantity.Name)
            .Where(quantity => quantity.StartsWith("d ", StringComparison.Ordinal)).Order());
        int steps = expected.TryGetProperty("adam_losses", out JsonElement losses) ? losses.GetArrayLength() : 0;
        Assert.Equal(
            steps, quantities.Count(quantity => quantity.Name.StartsWith("loss before", StringComparison.Ordinal)));
        // A denoising case repeats its z as mu, and a KL of 0.
        string[] repeated = name.Contains("dae") ? ["mu", "kl_per_user"] : [];
        Assert.All(expected.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object
            && !repeated.Append("gradients").Append("parameters_after_adam").Contains(member.Name)),
            member => Assert.Contains(quantities, quantity => quantity.Name == member.Name));
        Assert.All(quantities,
            quantity => Assert.True(quantity.Passed, $"{quantity.Name}: {quantity.RelativeError:E2}"));
    }
}
