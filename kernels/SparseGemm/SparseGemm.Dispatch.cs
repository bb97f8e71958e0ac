using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y = x W for the batch's sparse x, which is never made dense.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">Where x is not 0.</param>
    /// <param name="values">x there, [N, 1], in the order of the batch's clicks.</param>
    /// <param name="w">W, [I, H].</param>
    /// <param name="y">[B, H].</param>
    public static void SparseGemm(this Compute c, ClickBatch batch, Tensor values, Tensor w, Tensor y)
    {
        values.Expect(batch.ClickCount, 1);
        w.Expect(batch.ItemCount, y.Columns);
        y.Resize(batch.UserCount);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SparseGemm.Cpu.Gather(cpu.Workers, y.Rows, y.Columns, cpu[batch].RowStarts, cpu[batch].Items,
                    cpu[values], cpu.ClickedRows(batch, w), cpu[y]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("SparseGemm_Gather", y.Rows, y.Columns,
                    cuda[batch].RowStarts, cuda[batch].Items, cuda[values], cuda[w], cuda[y], y.Columns);
                break;
            case ReferenceCompute r:
                Kernels.SparseGemm.Reference.Gather(
                    y.Rows, y.Columns, r[batch].RowStarts, r[batch].Items, r[values], r[w], r[y]);
                break;
            default: throw c.Lacks(nameof(SparseGemm));
        }
    }

    /// <summary>dW = x^T dY for the batch's sparse x.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">Where x is not 0.</param>
    /// <param name="values">x there, [N, 1], in the order of the batch's clicks.</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dW">[I, H].</param>
    public static void SparseGemmGradient(this Compute c, ClickBatch batch, Tensor values, Tensor dY, Tensor dW)
    {
        values.Expect(batch.ClickCount, 1);
        dY.Expect(batch.UserCount, dW.Columns);
        dW.Expect(batch.ItemCount, dY.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SparseGemm.Cpu.Scatter(cpu.Workers, cpu[batch].ByItem, dW.Columns, cpu[values], cpu[dY],
                    cpu[dW]);
                break;
            case CudaCompute cuda:
                cuda[batch].Index();
                cuda.Context.LaunchElements("SparseGemm_Scatter", dW.Rows, dW.Columns, cuda[batch].ItemStarts,
                    cuda[batch].ItemClicks, cuda[batch].ItemRows, cuda[values], cuda[dY], cuda[dW], dW.Columns);
                break;
            case ReferenceCompute r:
                Kernels.SparseGemm.Reference.Scatter(
                    dY.Rows, dW.Columns, r[batch].RowStarts, r[batch].Items, r[values], r[dY], r[dW]);
                break;
            default: throw c.Lacks(nameof(SparseGemmGradient));
        }
    }

    /// <summary>
    /// <see cref="SparseGemmGradient"/>, then <see cref="Adam"/>'s step on W by dW, which never exists as a whole.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">Where x is not 0.</param>
    /// <param name="values">x there, [N, 1], in the order of the batch's clicks.</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="w">W, [I, H], updated.</param>
    public static void SparseGemmUpdate(this Compute c, ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w)
    {
        values.Expect(batch.ClickCount, 1);
        dY.Expect(batch.UserCount, w.Value.Columns);
        w.Expect(batch.ItemCount, dY.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                RowwiseWeight rows = cpu.Rowwise(w);
                Kernels.SparseGemm.Cpu.Update(
                    cpu.Workers, cpu[batch].ByItem, dY.Columns, cpu[values], cpu[dY], rows.Spans, rows.Backlog, w.Step);
                break;
            case CudaCompute cuda:
                cuda[batch].Index();
                cuda.Context.LaunchElements("SparseGemm_Update", w.Value.Rows, dY.Columns, cuda[batch].ItemStarts,
                    cuda[batch].ItemClicks, cuda[batch].ItemRows, cuda[values], cuda[dY],
                    cuda[w.Value], cuda[w.M], cuda[w.V], dY.Columns, AdamConstants(w.Step));
                break;
            case ReferenceCompute r:
                using (Tensor dW = r.Allocate(w.Value.Rows, w.Value.Columns))
                {
                    r.SparseGemmGradient(batch, values, dY, dW);
                    r.Adam(dW, w);
                }
                break;
            default: throw c.Lacks(nameof(SparseGemmUpdate));
        }
    }

    /// <summary>
    /// <see cref="SparseGemmGradient"/>, then <see cref="Adam"/>'s step on the rows of W whose item has a click in the
    /// batch; the other rows and their moments stay as they are. This "lazy" Adam costs what the batch has, whatever
    /// the size of W, and is another optimiser than <see cref="SparseGemmUpdate"/>, in which every row moves.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">Where x is not 0.</param>
    /// <param name="values">x there, [N, 1], in the order of the batch's clicks.</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="w">W, [I, H], updated.</param>
    public static void SparseGemmUpdateClicked(this Compute c, ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w)
    {
        values.Expect(batch.ClickCount, 1);
        dY.Expect(batch.UserCount, w.Value.Columns);
        w.Expect(batch.ItemCount, dY.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SparseGemm.Cpu.UpdateClicked(
                    cpu.Workers, cpu[batch].ByItem, dY.Columns, cpu[values], cpu[dY], cpu[w], w.Step);
                break;
            case CudaCompute cuda:
                cuda[batch].Index();
                cuda.Context.LaunchElements("SparseGemm_UpdateClicked", w.Value.Rows, dY.Columns,
                    cuda[batch].ItemStarts, cuda[batch].ItemClicks, cuda[batch].ItemRows, cuda[values], cuda[dY],
                    cuda[w.Value], cuda[w.M], cuda[w.V], dY.Columns, AdamConstants(w.Step));
                break;
            case ReferenceCompute r:
                Kernels.SparseGemm.Reference.UpdateClicked(dY.Rows, dY.Columns, r[batch].RowStarts, r[batch].Items,
                    r[values], r[dY], new(r[w.Value], r[w.M], r[w.V]), w.Step);
                break;
            default: throw c.Lacks(nameof(SparseGemmUpdateClicked));
        }
    }
}
