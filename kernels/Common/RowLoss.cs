namespace VaeCf.Kernels.Common;

/// <summary>The clicks of one user: items, without repeats, and their counts.</summary>
internal readonly unsafe struct Clicks(int count, int* items, float* counts)
{
    public int Count => count;
    public int Item(int k) => items[k];
    public float Value(int k) => counts[k];
}

/// <summary>A loss of one user's logits against the user's clicks.</summary>
internal unsafe interface IRowLoss
{
    /// <summary>The loss; the logits are replaced by the scaled gradient.</summary>
    double Row<V>(float* logits, int columns, Clicks clicks) where V : unmanaged, ISimd<V>;
}

/// <summary>
/// Runs a loss over the users of a batch. Each row is finished while it is in cache; threads cut users.
/// </summary>
internal static unsafe class RowLoss
{
    // Items whose terms are summed in float, 256 to a lane, before the sum goes on in double.
    private const int Block = 4_096;

    /// <summary>
    /// logits [rows, columns]: in F, out dF; clicks in compressed rows; loss [rows], overwritten; all apart.
    /// </summary>
    public static void Run<TLoss>(Workers workers, int rows, int columns, Span<float> logits,
        ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> items, ReadOnlySpan<float> counts, Span<float> loss,
        TLoss kernel)
        where TLoss : struct, IRowLoss
    {
        Shape.Loss(rows, columns, logits.Length, rowStarts, items, counts.Length, loss.Length);
        fixed (float* f = logits, x = counts, l = loss)
        fixed (int* starts = rowStarts, clicked = items)
            VectorWidth.Run(workers, rows, 1, new Kernel<TLoss>(columns, f, starts, clicked, x, l, kernel));
    }

    /// <summary>
    /// The sum of the terms 0 … count - 1 in a fixed order: each block in float on 16 lanes, the blocks in double.
    /// </summary>
    public static double Sum<V, TTerm>(int count, TTerm term)
        where V : unmanaged, ISimd<V>
        where TTerm : struct, ILaneTerm
    {
        double sum = 0;
        for (int start = 0; start < count; start += Block)
            sum += LaneReduction.Sum<V, Shifted<TTerm>>(Math.Min(Block, count - start), new(term, start));
        return sum;
    }

    private readonly struct Shifted<TTerm>(TTerm term, int start) : ILaneTerm
        where TTerm : struct, ILaneTerm
    {
        public V At<V>(int i) where V : unmanaged, ISimd<V> => term.At<V>(start + i);
    }

    private readonly struct Kernel<TLoss>(int columns, float* logits, int* rowStarts, int* items, float* counts,
        float* loss, TLoss kernel) : IVectorKernel
        where TLoss : struct, IRowLoss
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            for (int b = from; b < to; b++)
            {
                int start = rowStarts[b];
                loss[b] = (float)kernel.Row<V>(logits + (long)b * columns, columns,
                    new(rowStarts[b + 1] - start, items + start, counts + start));
            }
        }
    }
}
