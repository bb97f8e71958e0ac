using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Verification;

/// <summary>Reads the arrays of a step that a network has made, and holds its gradients to slopes.</summary>
/// <param name="network">The network, after Forward, Loss and Backward on a batch.</param>
/// <param name="c">Its device.</param>
/// <param name="batch">The batch.</param>
/// <param name="beta">The weight of the KL term.</param>
internal sealed class StepTracer(Autoencoder network, ReferenceCompute c, ClickBatch batch, double beta)
{
    private readonly Stage[] stages = [.. network.Stages(batch)];

    // A gradient, and how to move a number of what it is the gradient of: where that begins, and what comes after.
    private sealed record Gradient(TracedArray Array, Tensor? Moved, int FirstColumn, Action Rest);

    /// <summary>The arrays of the forward pass but for the logits, which are their gradient by now.</summary>
    public IEnumerable<TracedArray> Forward() => stages.Where(stage => stage.Value != network.Logits)
        .SelectMany(stage => Parts("", stage.Name, stage.Value).Select(part => part.Array));

    /// <summary>
    /// The noise: of a mask that is drawn where the clicks are read, and not kept, what it left of them shows it.
    /// </summary>
    public IEnumerable<TracedArray> Noise()
    {
        var read = new Queue<Stage>(stages.Where(stage => stage.Name.StartsWith("x~", StringComparison.Ordinal)));
        return network.Noises.Select(noise => noise is not ClickMask ? Of(noise.Role, noise.Values)
            : new TracedArray(noise.Role, batch.ClickCount, 1,
                [.. network.ValuesOf(read.Dequeue().Value).Select(value => value == 0 ? 0.0 : 1)]));
    }

    /// <summary>
    /// The gradients, last layer first, each with its largest numbers held to slopes. Leaves the network as it was.
    /// </summary>
    public IReadOnlyList<TracedArray> Gradients(int checks)
    {
        // All of them first: a slope goes through the forward pass and the loss again.
        Gradient[] gradients = [.. stages.Reverse().SelectMany(GradientsOf)];
        return [.. gradients.Select(one => one.Array with { Checks = [.. Check(one, checks)] })];
    }

    /// <summary>The parameters as they are.</summary>
    public static IReadOnlyList<TracedArray> ParametersOf(Autoencoder network) => [.. network.Parameters
        .Select(p => new TracedArray(p.Name, p.Value.Rows, p.Value.Columns, network.ValuesOf(p.Value)))];

    private IEnumerable<Gradient> GradientsOf(Stage stage)
    {
        Tensor? moved = stage.Rest is not null ? stage.Value : stage.Value.Rows == 1 ? stage.Bias?.Value : null;
        if (stage.Gradient is not null)
            foreach ((TracedArray array, int first) in Parts("d ", stage.GradientOf, stage.Gradient))
                yield return new(array, moved, first, stage.Rest ?? Again);
        foreach (Parameter p in stage.Parameters)
            yield return new(new($"d {p.Name}", p.Value.Rows, p.Value.Columns, network.WholeGradient(p)), p.Value, 0,
                Again);
    }

    private IEnumerable<SlopeCheck> Check(Gradient gradient, int checks)
    {
        (TracedArray array, Tensor? moved, int firstColumn, Action rest) = gradient;
        if (moved is null || checks == 0)
            yield break;
        Again();
        foreach (int entry in Enumerable.Range(0, array.Values.Count)
            .OrderByDescending(entry => Math.Abs(array.Values[entry])).Take(checks).Order())
        {
            int place = entry / array.Columns * moved.Columns + firstColumn + entry % array.Columns;
            yield return new(entry, array.Values[entry], Slope(moved, place, rest));
        }
    }

    private double Slope(Tensor moved, int place, Action rest)
    {
        double value = c[moved][place];
        // Two central differences, of steps H and 2 H, whose errors in H squared cancel (Richardson).
        double slope = (4 * Central(TracedStep.H) - Central(2 * TracedStep.H)) / 3;
        At(value);
        return slope;

        double Central(double h) => (At(value + h) - At(value - h)) / (2 * h);

        double At(double number)
        {
            c[moved][place] = number;
            rest();
            network.Loss(batch);
            return network.Terms().Total(beta);
        }
    }

    private void Again() => network.Forward(batch);

    private TracedArray Of(string name, Tensor tensor) =>
        new(name, tensor.Rows, tensor.Columns, network.ValuesOf(tensor));

    // An array that is two side by side is two arrays.
    private IEnumerable<(TracedArray Array, int FirstColumn)> Parts(string prefix, string names, Tensor tensor)
    {
        string[] parts = names.Split('|');
        TracedArray whole = Of(names, tensor);
        int columns = whole.Columns / parts.Length;
        return parts.Select((name, part) => (new TracedArray(prefix + name, whole.Rows, columns,
            [.. whole.Values.Where((_, place) => place % whole.Columns / columns == part)]), part * columns));
    }
}
