using VaeCf.Kernels.Common;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y_bh += bias_h: a bias is added to each row.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="bias">[1, H].</param>
    /// <param name="y">[B, H], added to.</param>
    public static void AddBias(this Compute c, Tensor bias, Tensor y)
    {
        bias.Expect(1, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Bias.Cpu.Add(cpu.Workers, y.Rows, y.Columns, cpu[y], cpu[bias]); break;
            case CudaCompute cuda: AddBias(cuda, cuda[bias], cuda[y], y.Rows, y.Columns); break;
            case ReferenceCompute r: Kernels.Bias.Reference.Add(y.Rows, y.Columns, r[y], r[bias]); break;
            default: throw c.Lacks(nameof(AddBias));
        }
    }

    private static void AddBias(CudaCompute cuda, CudaView bias, CudaView y, int rows, int columns) =>
        cuda.Context.LaunchElements("Bias_Add", rows, columns, bias, y, columns);

    /// <summary>y_n += the bias of the item of click n, for a y that is there at the batch's clicks alone.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="bias">[1, I].</param>
    /// <param name="values">y at the clicks, [N, 1], in their order; added to.</param>
    public static void AddSparseBias(this Compute c, ClickBatch batch, Tensor bias, Tensor values)
    {
        bias.Expect(1, batch.ItemCount);
        values.Expect(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Bias.Cpu.SparseAdd(cpu.Workers, cpu[batch].Items, cpu[values], cpu[bias]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Bias_SparseAdd", batch.ClickCount, cuda[batch].Items, cuda[values],
                    cuda[bias], (long)batch.ClickCount);
                break;
            case ReferenceCompute r: Kernels.Bias.Reference.SparseAdd(r[batch].Items, r[values], r[bias]); break;
            default: throw c.Lacks(nameof(AddSparseBias));
        }
    }

    /// <summary>dBias_h = sum over b of dY_bh.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dBias">[1, H].</param>
    public static void BiasGradient(this Compute c, Tensor dY, Tensor dBias)
    {
        dBias.Expect(1, dY.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Bias.Cpu.Gradient(cpu.Workers, dY.Rows, dY.Columns, cpu[dY], cpu[dBias]);
                break;
            case CudaCompute cuda:
                LaunchColumns(cuda, "Bias_Gradient", dY.Columns, cuda[dY], cuda[dBias], dY.Rows, dY.Columns);
                break;
            case ReferenceCompute r: Kernels.Bias.Reference.Gradient(dY.Rows, dY.Columns, r[dY], r[dBias]); break;
            default: throw c.Lacks(nameof(BiasGradient));
        }
    }

    /// <summary>dBias_i = the sum of dY at item i, for a dY that is 0 but at the batch's clicks.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">Where dY is not 0.</param>
    /// <param name="values">dY there, [N, 1], in the order of the batch's clicks.</param>
    /// <param name="dBias">[1, I].</param>
    public static void SparseBiasGradient(this Compute c, ClickBatch batch, Tensor values, Tensor dBias)
    {
        values.Expect(batch.ClickCount, 1);
        dBias.Expect(1, batch.ItemCount);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Bias.Cpu.SparseGradient(cpu.Workers, cpu[batch].ByItem, cpu[values], cpu[dBias]);
                break;
            case CudaCompute cuda:
                cuda[batch].Index();
                cuda.Context.LaunchFlat("Bias_SparseGradient", batch.ItemCount, cuda[batch].ItemStarts,
                    cuda[batch].ItemClicks, cuda[values], cuda[dBias], (long)batch.ItemCount);
                break;
            case ReferenceCompute r: Kernels.Bias.Reference.SparseGradient(r[batch].Items, r[values], r[dBias]); break;
            default: throw c.Lacks(nameof(SparseBiasGradient));
        }
    }

    // A kernel that sums down columns: a block has some columns, and lanes that share the rows.
    private static void LaunchColumns(CudaCompute cuda, string kernel, int columns,
        params ReadOnlySpan<CudaArgument> arguments) =>
        cuda.Context.Launch(kernel, new(CudaCompute.Cover(columns, Reduce.Columns)),
            new(Reduce.Columns, Reduce.MostColumnLanes), arguments);
}
