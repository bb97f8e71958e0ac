using VaeCf.Native.Devices;

namespace VaeCf.Native.Recommenders;

/// <summary>A tensor with the name and the shape that it has in files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The tensor.</param>
/// <param name="IsVector">
/// Whether it has one dimension in files, its columns, rather than rows and columns; false by default.
/// </param>
public sealed record NamedTensor(string Name, Tensor Value, bool IsVector = false)
{
    // Values travel in pieces of whole rows, so that a large tensor never exists twice.
    private const int PieceLength = 1 << 20;

    /// <summary>Its dimensions in files.</summary>
    public long[] Shape => IsVector ? [Value.Columns] : [Value.Rows, Value.Columns];

    /// <summary>The tensor in pieces of whole rows.</summary>
    internal IEnumerable<Tensor> Pieces()
    {
        int rows = Math.Max(1, PieceLength / Math.Max(1, Value.Columns));
        for (int first = 0; first < Value.Rows; first += rows)
            yield return Value.Slice(first, Math.Min(rows, Value.Rows - first));
    }

    /// <summary>Its values, copied.</summary>
    internal float[] Copy(Compute c)
    {
        var values = new float[Value.Length];
        c.Read(Value, values);
        return values;
    }
}
