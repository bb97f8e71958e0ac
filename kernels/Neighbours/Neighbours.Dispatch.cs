using VaeCf.Kernels;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// For each item the k items most similar to it, by the users of a batch who clicked both. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="similarity">How similar two items are.</param>
    /// <param name="shrink">Added to the similarity's denominator, 0 or more.</param>
    /// <param name="neighbours">
    /// [I, k]: the items, the most similar first, of equals the lower index; -1 where an item has fewer.
    /// </param>
    /// <param name="similarities">[I, k]: how similar they are; 0 beside -1.</param>
    /// <param name="progress">Receives the share that is done.</param>
    /// <param name="cancellationToken">Ends it between two groups of items; the output is then undefined.</param>
    public static void Neighbours(this Compute c, ClickBatch batch, ItemSimilarity similarity, double shrink,
        Tensor neighbours, Tensor similarities, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        neighbours.Expect(batch.ItemCount, neighbours.Columns);
        similarities.Expect(batch.ItemCount, neighbours.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Neighbours.Cpu.Find(cpu.Workers, cpu[batch].ByItem, cpu[batch].RowStarts, cpu[batch].Items,
                    cpu[batch].Counts, similarity, shrink, neighbours.Columns, cpu[neighbours], cpu[similarities],
                    progress, cancellationToken);
                break;
            case ReferenceCompute r:
                Kernels.Neighbours.Reference.Find(batch.UserCount, batch.ItemCount, r[batch].RowStarts,
                    r[batch].Items, r[batch].CountsAsDoubles(), similarity, shrink, neighbours.Columns, r[neighbours],
                    r[similarities]);
                break;
            default: throw c.Lacks(nameof(Neighbours));
        }
    }
}
