using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>
/// <see cref="SparseWeights"/> as tensors of a file: the number of weights in each row, [I], then of each weight, row
/// by row, its item and its value, [N, 1]. float32 holds every index below 2^24.
/// </summary>
internal sealed class WeightTensors : IDisposable
{
    public const string Counts = "counts", Items = "items", Values = "values";

    private readonly string prefix;
    private readonly Tensor counts, items, values;

    /// <summary>Of no weights.</summary>
    public WeightTensors(Compute c, int itemCount, string prefix = "") =>
        (this.prefix, counts, items, values) =
            (prefix, c.Allocate(1, itemCount), c.Allocate(0, 1), c.Allocate(0, 1));

    /// <summary>Those of a model's data.</summary>
    public WeightTensors(ModelData data, Compute c)
    {
        prefix = "";
        counts = data.Take(c, Counts, data.Items.Count);
        int length = RowStarts(c)[^1];
        items = data.Take(c, Items, length, 1);
        values = data.Take(c, Values, length, 1);
    }

    public IReadOnlyList<NamedTensor> Named => [new(prefix + Counts, counts, IsVector: true),
        new(prefix + Items, items), new(prefix + Values, values)];

    /// <summary>Room for saved tensors of the same names, if they are among these.</summary>
    /// <returns>Whether they are.</returns>
    public bool MakeRoom(IReadOnlyList<SavedTensor> saved)
    {
        if (saved.FirstOrDefault(tensor => tensor.Name == prefix + Items) is not { } of)
            return false;
        items.Resize(of.Values.Length);
        values.Resize(of.Values.Length);
        return true;
    }

    public void Write(Compute c, SparseWeights weights)
    {
        items.Resize(weights.Items.Length);
        values.Resize(weights.Values.Length);
        var numbers = new float[weights.Items.Length];
        for (int n = 0; n < numbers.Length; n++)
            numbers[n] = weights.Items[n];
        c.Write(numbers, items);
        c.Write(weights.Values, values);
        c.Write([.. Enumerable.Range(0, weights.ItemCount)
            .Select(row => (float)(weights.RowStarts[row + 1] - weights.RowStarts[row]))], counts);
    }

    /// <exception cref="InputException">They are no weights.</exception>
    public SparseWeights Read(Compute c)
    {
        int[] starts = RowStarts(c), targets = new int[items.Length];
        float[] numbers = new float[items.Length], weights = new float[items.Length];
        c.Read(items, numbers.AsSpan());
        c.Read(values, weights.AsSpan());
        for (int n = 0; n < numbers.Length; n++)
            targets[n] = Whole(numbers[n], Items, counts.Columns - 1);
        try
        {
            return new SparseWeights(starts, targets, weights);
        }
        catch (ArgumentException e)
        {
            throw InputException.About($"the model: tensor '{prefix + Items}'", e);
        }
    }

    /// <summary>A row's weights, by item.</summary>
    public void Row(Compute c, int row, Span<float> scores)
    {
        int[] starts = RowStarts(c);
        int first = starts[row], count = starts[row + 1] - first;
        float[] numbers = new float[count], weights = new float[count];
        c.Read(items.Slice(first, count), numbers.AsSpan());
        c.Read(values.Slice(first, count), weights.AsSpan());
        for (int n = 0; n < count; n++)
            scores[(int)numbers[n]] = weights[n];
    }

    private int[] RowStarts(Compute c)
    {
        var numbers = new float[counts.Columns];
        c.Read(counts, numbers.AsSpan());
        var starts = new int[numbers.Length + 1];
        for (int row = 0; row < numbers.Length; row++)
        {
            long end = (long)starts[row] + Whole(numbers[row], Counts, counts.Columns);
            starts[row + 1] = end <= int.MaxValue ? (int)end : throw new InputException(
                $"the model: found more than {int.MaxValue} weights by tensor '{prefix + Counts}'; expected fewer");
        }
        return starts;
    }

    private int Whole(float number, string name, int most) =>
        number >= 0 && number <= most && number == MathF.Floor(number) ? (int)number : throw new InputException(
            $"the model: found {number} in tensor '{prefix + name}'; expected whole numbers from 0 to {most}");

    public void Dispose()
    {
        counts.Dispose();
        items.Dispose();
        values.Dispose();
    }
}
