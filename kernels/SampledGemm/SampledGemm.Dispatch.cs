using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>A B^T at the batch's clicks: what a factorisation, or an output layer, predicts there.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="a">A, [B, H].</param>
    /// <param name="b">B, [I, H].</param>
    /// <param name="product">[N, 1], in the order of the batch's clicks.</param>
    public static void SampledGemm(this Compute c, ClickBatch batch, Tensor a, Tensor b, Tensor product)
    {
        a.Expect(batch.UserCount, b.Columns);
        b.Expect(batch.ItemCount, a.Columns);
        product.Reshape(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SampledGemm.Cpu.Multiply(cpu.Workers, a.Columns, cpu[batch].RowStarts, cpu[batch].Items, cpu[a],
                    cpu[b], cpu[product]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("SampledGemm_Multiply", batch.ClickCount, cuda[batch].Rows, cuda[batch].Items, cuda[a],
                    cuda[b], cuda[product], a.Columns, batch.ClickCount);
                break;
            case ReferenceCompute r:
                Kernels.SampledGemm.Reference.Multiply(a.Columns, r[batch].RowStarts, r[batch].Items, r[a], r[b],
                    r[product]);
                break;
            default: throw c.Lacks(nameof(SampledGemm));
        }
    }
}
