namespace VaeCf.Kernels.Tests;

/// <summary>
/// A batch of clicks in compressed rows, random but fixed by its shape and a number; every third row, from the third
/// on, is empty.
/// </summary>
internal sealed class SparseBatch
{
    public SparseBatch(int rows, int columns, ulong number = 0)
    {
        Rows = rows;
        Columns = columns;
        RowStarts = new int[rows + 1];
        var sequence = new RandomSequence(new(97 + number, RandomPurpose.Shuffle, (ulong)columns), (uint)rows);
        var items = new List<int>();
        for (int row = 0; row < rows; row++)
        {
            int[] all = [.. Enumerable.Range(0, columns)];
            sequence.Shuffle<int>(all);
            if (row % 3 != 2)
                items.AddRange(all.Take(Math.Min(columns, 1 + sequence.NextBelow(40))).Order());
            RowStarts[row + 1] = items.Count;
        }
        Items = [.. items];
        Counts = [.. items.Select(_ => (float)sequence.NextBelow(4))];
    }

    public int Rows { get; }
    public int Columns { get; }
    public int[] RowStarts { get; }
    public int[] Items { get; }

    /// <summary>0 … 3.</summary>
    public float[] Counts { get; }

    /// <summary>The batch made dense.</summary>
    public double[] Dense()
    {
        var x = new double[Rows * Columns];
        for (int row = 0; row < Rows; row++)
            for (int n = RowStarts[row]; n < RowStarts[row + 1]; n++)
                x[row * Columns + Items[n]] += Counts[n];
        return x;
    }

    /// <summary>Rows and columns around the vector widths, the block of a sum, and odd primes.</summary>
    public static TheoryData<int, int> Shapes()
    {
        var data = new TheoryData<int, int>();
        foreach (int rows in (ReadOnlySpan<int>)[0, 1, 3, 7])
            foreach (int columns in (ReadOnlySpan<int>)[1, 15, 16, 17, 31, 101, 4095, 4096, 4097, 5003])
                data.Add(rows, columns);
        return data;
    }
}
