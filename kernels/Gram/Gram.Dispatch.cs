namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A = X^T X + ridge I, X the counts of a batch: what the users of two items have in common. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="ridge">Added to the diagonal, 0 or more.</param>
    /// <param name="gram">A, [I, I], both halves.</param>
    /// <param name="cancellationToken">Ends it between some rows; A is then undefined.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The ridge is negative, or there are more than 46,340 items.
    /// </exception>
    public static void Gram(this Compute c, ClickBatch batch, double ridge, Tensor gram,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ridge);
        gram.Expect(batch.ItemCount, batch.ItemCount);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Span<float> a = cpu[gram];
                Kernels.Gram.Cpu.Multiply(cpu.Workers, batch.UserCount, batch.ItemCount, cpu[batch].RowStarts,
                    cpu[batch].Items, cpu[batch].Counts, a, cancellationToken);
                for (int item = 0; item < gram.Rows; item++)
                    a[item * (gram.Rows + 1)] += (float)ridge;
                break;
            case ReferenceCompute r:
                Span<double> exact = r[gram];
                Kernels.Gram.Reference.Multiply(batch.UserCount, batch.ItemCount, r[batch].RowStarts, r[batch].Items,
                    r[batch].CountsAsDoubles(), exact);
                for (int item = 0; item < gram.Rows; item++)
                    exact[item * (gram.Rows + 1)] += ridge;
                break;
            default: throw c.Lacks(nameof(Gram));
        }
    }
}
