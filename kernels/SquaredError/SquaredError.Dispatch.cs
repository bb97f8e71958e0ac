using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>The squared error of predicted ratings, and its gradient in their place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The ratings, as counts of the clicks.</param>
    /// <param name="bias">Bias of each item's output, [I, 1].</param>
    /// <param name="predictions">
    /// [N, 1] in the order of the batch's clicks: p, without the bias; then its gradient, 2 (p + bias - x).
    /// </param>
    /// <param name="losses">[B, 1]: the sum of (p + bias - x)^2 over each user's ratings.</param>
    public static void SquaredError(this Compute c, ClickBatch batch, Tensor bias, Tensor predictions, Tensor losses)
    {
        bias.Expect(batch.ItemCount, 1);
        predictions.Expect(batch.ClickCount, 1);
        losses.Reshape(batch.UserCount, 1);
        switch (c)
        {
            case CpuCompute cpu:
                Kernels.SquaredError.Cpu.Loss(cpu.Workers, cpu[batch].RowStarts, cpu[batch].Items, cpu[batch].Counts,
                    cpu[bias], cpu[predictions], cpu[losses]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("SquaredError_Loss", batch.UserCount, cuda[batch].RowStarts, cuda[batch].Items,
                    cuda[batch].Counts, cuda[bias], cuda[predictions], cuda[losses], batch.UserCount);
                break;
            case ReferenceCompute r:
                Kernels.SquaredError.Reference.Loss(r[batch].RowStarts, r[batch].Items, r[batch].CountsAsDoubles(),
                    r[bias], r[predictions], r[losses]);
                break;
            default: throw c.Lacks(nameof(SquaredError));
        }
    }
}
