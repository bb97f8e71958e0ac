using System.Collections.Concurrent;
using System.Text.Json;
using VaeCf.Native.Devices;

namespace VaeCf.Native.Verification;

/// <summary>
/// Checks this library against a case that another framework computed: a model's step, or the
/// metrics of rankings or of predicted ratings.
/// </summary>
public static class Case
{
    /// <summary>Allowed relative error in double precision.</summary>
    public const double DoubleTolerance = 1e-9;

    /// <summary>Allowed relative error in single precision.</summary>
    public const double FloatTolerance = 1e-4;

    private static readonly ConcurrentDictionary<string,
        Func<JsonElement, Device, IReadOnlyDictionary<string, double[]>>> others = new();

    /// <summary>Makes the cases of a model from outside of this library known.</summary>
    /// <param name="model">The name that the case's <c>config</c> has for the model.</param>
    /// <param name="recompute">
    /// Gives, of the file's root and on a device, the numbers of each quantity that the case's <c>expected</c> may
    /// hold, by its name and row by row. One of several, such as a gradient, has both names: <c>gradients w</c>.
    /// </param>
    public static void Add(string model,
        Func<JsonElement, Device, IReadOnlyDictionary<string, double[]>> recompute) => others[model] = recompute;

    /// <summary>Recomputes every quantity of a case: losses, gradients, Adam's steps; or the metrics.</summary>
    /// <param name="path">JSON file.</param>
    /// <param name="single">
    /// Whether to use the single-precision kernels of this CPU rather than the double-precision reference, the default.
    /// Metrics are always in double precision.
    /// </param>
    /// <exception cref="InputException">The file is not a case of a known kind.</exception>
    public static VerifiedCase Verify(string path, bool single = false)
    {
        if (CaseFile.Read(path, root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("scores", out _)))
            return new(RankingCase.Verify(path), null, []);
        if (CaseFile.Read(path, RatingCase.IsOne))
            return new(CaseFile.Read(path, RatingCase.Verify), null, []);
        if (CaseFile.Read(path, SampledCase.IsOne))
            return new(CaseFile.Read(path, SampledCase.Verify), null, []);
        using Device device = single ? Device.Cpu() : Device.Reference();
        using Compute compute = device.Open();
        double tolerance = single ? FloatTolerance : DoubleTolerance;
        List<string> operations = [];
        device.Began = operations.Add;
        IReadOnlyList<VerifiedQuantity> quantities = CaseFile.Read(path, root =>
        {
            if (!CaseFile.Member(root, "config").TryGetProperty("model", out JsonElement model))
                return ModelCase.Verify(root, compute, tolerance);
            return others.TryGetValue(model.GetString()!, out var recompute)
                ? Compare(CaseFile.Member(root, "expected"), recompute(root, device), tolerance)
                : FamilyCase.Verify(root, compute, tolerance);
        });
        return new(quantities, device.Description, [.. operations.Distinct()]);
    }

    private static IReadOnlyList<VerifiedQuantity> Compare(JsonElement expected,
        IReadOnlyDictionary<string, double[]> actual, double tolerance) => [.. Quantities(expected, "").Select(
            one => VerifiedQuantity.Compare(one.Name, [.. Numbers(one.Value)], actual.TryGetValue(one.Name,
                out double[]? values) ? values : throw new KeyNotFoundException(
                    $"'expected' names '{one.Name}', which is no known quantity"), tolerance))];

    // Those of an object that is no tensor are named after both: "gradients layer.0.weight".
    private static IEnumerable<(string Name, JsonElement Value)> Quantities(JsonElement expected, string prefix) =>
        expected.EnumerateObject().SelectMany(one =>
            one.Value.ValueKind == JsonValueKind.Object && !one.Value.TryGetProperty("shape", out _)
                ? Quantities(one.Value, $"{prefix}{one.Name} ") : [($"{prefix}{one.Name}", one.Value)]);

    // Of a tensor, a list, a list of lists, or in a list several by name, in the file's order.
    private static IEnumerable<double> Numbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when !value.TryGetProperty("shape", out _) =>
            value.EnumerateObject().SelectMany(one => Numbers(one.Value)),
        JsonValueKind.Object => CaseFile.Tensor(value).Data,
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Numbers),
        _ => [value.GetDouble()],
    };
}
