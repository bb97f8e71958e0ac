using System.Text.Json;
using VaeCf.Native.Devices;

namespace VaeCf.Native.Verification;

/// <summary>
/// Checks this library against a case that another framework computed: a model's step, or ranking metrics.
/// </summary>
public static class Case
{
    /// <summary>Allowed relative error in double precision.</summary>
    public const double DoubleTolerance = 1e-9;

    /// <summary>Allowed relative error in single precision.</summary>
    public const double FloatTolerance = 1e-4;

    /// <summary>Recomputes every quantity of a case: losses, gradients, Adam's steps; or the metrics.</summary>
    /// <param name="path">JSON file.</param>
    /// <param name="single">
    /// Whether to use the single-precision kernels of this CPU rather than the double-precision reference, the default.
    /// Metrics are always in double precision.
    /// </param>
    /// <exception cref="InputException">The file is not a case of a known kind.</exception>
    public static IReadOnlyList<VerifiedQuantity> Verify(string path, bool single = false)
    {
        if (CaseFile.Read(path, root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("scores", out _)))
            return RankingCase.Verify(path);
        using Device device = single ? Device.Cpu() : Device.Reference();
        using Compute compute = device.Open();
        double tolerance = single ? FloatTolerance : DoubleTolerance;
        return CaseFile.Read(path, root => CaseFile.Member(root, "config").TryGetProperty("model", out _)
            ? FamilyCase.Verify(root, compute, tolerance)
            : ModelCase.Verify(root, compute, tolerance));
    }
}
