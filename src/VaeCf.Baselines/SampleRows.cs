using VaeCf.Native.Data;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>Rows of items with a number each, for a batch that a step makes up.</summary>
internal sealed class SampleRows(int itemCount)
{
    private readonly List<long> starts = [0];
    private readonly List<int> items = [];
    private readonly List<float> values = [];

    /// <summary>Adds a row: ascending items and what each of them counts.</summary>
    public void Add(ReadOnlySpan<int> row, ReadOnlySpan<float> counts)
    {
        items.AddRange(row);
        values.AddRange(counts);
        starts.Add(items.Count);
    }

    /// <summary>Puts all rows into a batch.</summary>
    public void Load(Compute c, ClickBatch batch) =>
        c.Load(new ClickMatrix(itemCount, [.. starts], [.. items], [.. values]),
            [.. Enumerable.Range(0, starts.Count - 1)], batch);
}
