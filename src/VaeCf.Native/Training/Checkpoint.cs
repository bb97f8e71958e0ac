using System.Numerics.Tensors;
using System.Security.Cryptography;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Training;

/// <summary>The result of an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Measures">
/// What the fit reports about it: means over its users of what training minimises and of its parts.
/// </param>
/// <param name="Validation">
/// The model's <see cref="ModelType.Validation"/> measure; null where the epoch was not validated.
/// </param>
public sealed record EpochSummary(int Epoch, IReadOnlyList<Measure> Measures, double? Validation)
{
    /// <summary>The measure with a name; NaN if the fit has no such measure.</summary>
    public double this[string name] =>
        Measures.FirstOrDefault(measure => measure.Name == name, new Measure(name, double.NaN)).Value;

    /// <inheritdoc/>
    public bool Equals(EpochSummary? other) =>
        other is not null && Epoch == other.Epoch && Validation == other.Validation
        && Measures.SequenceEqual(other.Measures);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, Validation, Measures.Count);
}

/// <summary>The best model so far.</summary>
/// <param name="Epoch">The epoch it was validated after.</param>
/// <param name="Validation">Its validation measure.</param>
/// <param name="Tensors">Its tensors, in the model's order.</param>
public sealed record BestModel(int Epoch, double Validation, IReadOnlyList<SavedTensor> Tensors);

/// <summary>A tensor's values in memory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Values">Its values, row-major.</param>
public sealed record SavedTensor(string Name, IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary>Its values in its shape.</summary>
    public ReadOnlyTensorSpan<float> AsTensor() => new(Values, [.. Shape.Select(length => (nint)length)]);

    /// <summary>Copies of tensors.</summary>
    internal static IReadOnlyList<SavedTensor> Copy(Compute c, IEnumerable<NamedTensor> tensors)
    {
        // Whoever disposes the owner of the tensors meanwhile waits.
        using (c.Device.Begin(c))
            return [.. tensors.Select(tensor => new SavedTensor(tensor.Name, tensor.Shape, tensor.Copy(c)))];
    }

    /// <summary>Writes saved values to the tensors that they belong to.</summary>
    /// <exception cref="ArgumentException">
    /// A tensor is missing, superfluous, or has another shape; it is named.
    /// </exception>
    internal static void Write(Compute c, IReadOnlyList<SavedTensor> saved, IReadOnlyList<NamedTensor> tensors)
    {
        Dictionary<string, SavedTensor> byName = saved.ToDictionary(tensor => tensor.Name);
        foreach (NamedTensor tensor in tensors)
        {
            if (!byName.Remove(tensor.Name, out SavedTensor? values))
                throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(saved));
            if (!values.Shape.SequenceEqual(tensor.Shape))
                throw new ArgumentException(
                    $"the checkpoint's tensor '{tensor.Name}' has the shape [{string.Join(", ", values.Shape)}]; "
                    + $"expected [{string.Join(", ", tensor.Shape)}]", nameof(saved));
            if (values.Values.Length != tensor.Value.Length)
                throw new ArgumentException($"the checkpoint's tensor '{tensor.Name}' has {values.Values.Length} "
                    + $"numbers; expected {tensor.Value.Length}", nameof(saved));
            c.Write(values.Values, tensor.Value);
        }
        if (byName.Count > 0)
            throw new ArgumentException($"the checkpoint has a tensor '{byName.Keys.First()}', which the fit lacks",
                nameof(saved));
    }
}

/// <summary>
/// The whole state of a run after a step. Resumed from it, on the same data, the run ends with the same bits as if it
/// had never stopped.
/// </summary>
public sealed record Checkpoint
{
    /// <summary>The model and its settings.</summary>
    public required Settings Settings { get; init; }

    /// <summary>A fingerprint of the data, and of the files that settings name, that the run trains on.</summary>
    public required string Data { get; init; }

    /// <summary>Where the fit stood.</summary>
    public required FitPosition Position { get; init; }

    /// <summary>The model's tensors.</summary>
    public required IReadOnlyList<SavedTensor> Model { get; init; }

    /// <summary>The fit's other tensors.</summary>
    public required IReadOnlyList<SavedTensor> State { get; init; }

    /// <summary>The fit's single numbers.</summary>
    public required IReadOnlyList<Measure> Numbers { get; init; }

    /// <summary>The best model so far; null before the first validation.</summary>
    public BestModel? Best { get; init; }

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochSummary> History { get; init; } = [];

    /// <summary>The epochs of the search for beta that the run comes after; null if it comes after none.</summary>
    public IReadOnlyList<EpochSummary>? Search { get; init; }

    /// <summary>
    /// A fingerprint of the clicks to train on and to validate by, of the items' ids, and of what the files hold that
    /// settings name: other data has another.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read.</exception>
    internal static string Fingerprint(DataSplit split, Settings settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        split.Train.AppendTo(hash);
        split.Validation?.AppendTo(hash);
        for (int item = 0; item < split.Items.Count; item++)
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(split.Items[item] + "\n"));
        // What can be read only once, such as a pipe, is left to the fit.
        foreach (string path in settings.Files)
            if (!Path.Exists(path) || AtomicFile.IsRegular(AtomicFile.RealPath(path)))
                hash.AppendData(AtomicFile.Sum(path));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
