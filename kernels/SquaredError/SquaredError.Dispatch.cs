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
        switch (c.Begin())
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

    /// <summary>The squared error of a dense matrix, and its gradient.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="y">[B, H].</param>
    /// <param name="target">[B, H], a constant.</param>
    /// <param name="scale">Factor of the gradient; the losses are not scaled.</param>
    /// <param name="dY">[B, H], 2 scale (y - target); may be y or the target.</param>
    /// <param name="losses">[B, 1]: the sum of (y - target)^2 over each row.</param>
    public static void DenseSquaredError(this Compute c, Tensor y, Tensor target, double scale, Tensor dY,
        Tensor losses)
    {
        target.Expect(y.Rows, y.Columns);
        dY.Reshape(y.Rows, y.Columns);
        losses.Reshape(y.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SquaredError.Cpu.Dense(cpu.Workers, y.Rows, y.Columns, cpu[y], cpu[target], (float)scale,
                    cpu[dY], cpu[losses]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("SquaredError_Dense", y.Rows, cuda[y], cuda[target], cuda[dY], cuda[losses],
                    2 * (float)scale, y.Rows, y.Columns);
                break;
            case ReferenceCompute r:
                Kernels.SquaredError.Reference.Dense(y.Rows, y.Columns, r[y], r[target], scale, r[dY], r[losses]);
                break;
            default: throw c.Lacks(nameof(DenseSquaredError));
        }
    }
}
