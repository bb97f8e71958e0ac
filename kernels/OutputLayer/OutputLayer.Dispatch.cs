using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>Each user's loss given its logits f, which become scale times their gradient.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks x.</param>
    /// <param name="loss">Likelihood and scale.</param>
    /// <param name="logits">f, [B, I]; then df.</param>
    /// <param name="losses">[B, 1], not scaled.</param>
    public static void Loss(this Compute c, ClickBatch batch, OutputLoss loss, Tensor logits, Tensor losses)
    {
        logits.Expect(batch.UserCount, batch.ItemCount);
        losses.Reshape(batch.UserCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.OutputLayer.Cpu.Loss(cpu.Workers, logits.Rows, logits.Columns, cpu[logits],
                    cpu[batch].RowStarts, cpu[batch].Items, cpu[batch].Counts, loss, cpu[losses]);
                break;
            case CudaCompute cuda: Loss(cuda, cuda[batch], loss, cuda[logits], cuda[losses]); break;
            case ReferenceCompute r:
                Kernels.OutputLayer.Reference.Loss(logits.Rows, logits.Columns, r[logits],
                    r[batch].RowStarts, r[batch].Items, r[batch].CountsAsDoubles(), loss, r[losses]);
                break;
            default: throw c.Lacks(nameof(Loss));
        }
    }

    /// <summary>
    /// A training step of the output layer f = x W^T + b: its loss, dX = df W with W from before the update, and
    /// <see cref="Adam"/>'s steps on W by df^T x and on b. Where they are large, neither the logits nor dW ever exist
    /// as a whole.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="loss">Likelihood and scale.</param>
    /// <param name="w">W, [I, H], updated.</param>
    /// <param name="b">b, [1, I], updated.</param>
    /// <param name="losses">[B, 1], not scaled.</param>
    /// <param name="dX">[B, H]; apart from x.</param>
    /// <param name="counts">
    /// What each click counts in place of the batch's own counts, [N, 1], 0 or more, in the batch's order: for rows
    /// whose loss, that of the multinomial likelihood, has a weight, which is then a factor of the row's counts. Null,
    /// the default: as the batch has it.
    /// </param>
    public static void TrainOutputLayer(
        this Compute c, ClickBatch batch, Tensor x, OutputLoss loss, AdamUpdate w, AdamUpdate b,
        Tensor losses, Tensor dX, Tensor? counts = null)
    {
        counts?.Expect(batch.ClickCount, 1);
        x.Expect(batch.UserCount, dX.Columns);
        w.Expect(batch.ItemCount, x.Columns);
        b.Expect(1, batch.ItemCount);
        losses.Reshape(x.Rows, 1);
        dX.Resize(x.Rows);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.OutputLayer.Cpu.Train(cpu.Workers, cpu.Workspace, x.Rows, x.Columns, w.Value.Rows,
                    cpu[x], cpu[w], cpu[b], cpu[batch].ByItem, counts is null ? cpu[batch].Counts : cpu[counts],
                    loss, w.Step, b.Step, cpu[losses], cpu[dX]);
                break;
            case CudaCompute cuda:
                Train(cuda, cuda[batch], counts is null ? cuda[batch].Counts : cuda[counts], x, loss, w, b,
                    cuda[losses], cuda[dX]);
                break;
            case ReferenceCompute r:
                Kernels.OutputLayer.Reference.Train(x.Rows, x.Columns, w.Value.Rows, r[x], r[w], r[b],
                    r[batch].RowStarts, r[batch].Items, counts is null ? r[batch].CountsAsDoubles() : r[counts],
                    loss, w.Step, b.Step, r[losses], r[dX]);
                break;
            default: throw c.Lacks(nameof(TrainOutputLayer));
        }
    }

    /// <summary>
    /// For each user, the k items with the highest logits f = x W^T + b among those that it may get. No B x I matrix is
    /// held.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The users' clicks.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="w">W, [I, H].</param>
    /// <param name="b">b, [1, I].</param>
    /// <param name="k">Items per user; at most 1,024 on a GPU.</param>
    /// <param name="filter">Which items may be ranked.</param>
    /// <param name="items">
    /// Receives B x k items, best first; of equals, the lower index comes first; -1 where fewer are left.
    /// </param>
    /// <param name="scores">Receives their logits, NaN beside -1; or empty.</param>
    /// <exception cref="DeviceException"><paramref name="k"/> is more than a GPU can rank.</exception>
    public static void Rank(this Compute c, ClickBatch batch, Tensor x, Tensor w, Tensor b, int k, RankFilter filter,
        Span<int> items, Span<float> scores)
    {
        x.Expect(batch.UserCount, w.Columns);
        w.Expect(batch.ItemCount, x.Columns);
        b.Expect(1, batch.ItemCount);
        ExpectRoom(x.Rows, w.Rows, k, filter, items, scores);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.OutputLayer.Cpu.Rank(cpu.Workers, cpu.Workspace, x.Rows, x.Columns, w.Rows, cpu[x], cpu[w],
                    cpu[b], filter.SeenToo ? [] : cpu[batch].RowStarts, filter.SeenToo ? [] : cpu[batch].Items,
                    filter.Forbidden.Span, k, items, scores);
                break;
            case CudaCompute cuda: Rank(cuda, cuda[batch], x, w, b, k, filter, items, scores); break;
            case ReferenceCompute r:
                var logits = new double[scores.Length];
                Kernels.OutputLayer.Reference.Rank(x.Rows, x.Columns, w.Rows, r[x], r[w], r[b],
                    filter.SeenToo ? [] : r[batch].RowStarts, filter.SeenToo ? [] : r[batch].Items,
                    filter.Forbidden.Span, k, items, logits);
                Round(logits, scores);
                break;
            default: throw c.Lacks(nameof(Rank));
        }
    }
}
