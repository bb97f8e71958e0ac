using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>Each user's counts over their Euclidean norm.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="values">[N, 1].</param>
    public static void NormalizeRows(this Compute c, ClickBatch batch, Tensor values)
    {
        values.Reshape(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.RowNormalize.Cpu.Forward(cpu.Workers, cpu[batch].RowStarts, cpu[batch].Counts, cpu[values]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("RowNormalize_Forward", batch.UserCount,
                    cuda[batch].RowStarts, cuda[batch].Counts, cuda[values], batch.UserCount);
                break;
            case ReferenceCompute r:
                Kernels.RowNormalize.Reference.Forward(r[batch].RowStarts, r[batch].CountsAsDoubles(), r[values]);
                break;
            default: throw c.Lacks(nameof(NormalizeRows));
        }
    }

    /// <summary>
    /// <see cref="NormalizeRows"/>, then values mask / keep. The mask, 1 with probability keep, else 0, is drawn per
    /// user and item: it depends on neither the batch nor the device.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="keep">The probability that a click survives, in (0, 1].</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="values">[N, 1].</param>
    public static void NormalizeRowsDropout(this Compute c, RandomStream stream, double keep, ClickBatch batch,
        Tensor values)
    {
        values.Reshape(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                cpu.NormalizeRows(batch, values);
                Kernels.Dropout.Cpu.Clicks(
                    cpu.Workers, stream, keep, cpu[batch].RowStarts, cpu[batch].Users, cpu[batch].Items, cpu[values]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("RowNormalize_Dropout", batch.UserCount,
                    cuda[batch].RowStarts, cuda[batch].Counts, cuda[values], cuda[batch].Users, cuda[batch].Items,
                    stream.Seed, stream.Step, KeptWords(keep), (uint)stream.Purpose, (float)keep, batch.UserCount);
                break;
            case ReferenceCompute r:
                r.NormalizeRows(batch, values);
                Kernels.Dropout.Reference.Clicks(stream, keep, r[batch].RowStarts, r[batch].Users, r[batch].Items,
                    r[values]);
                break;
            default: throw c.Lacks(nameof(NormalizeRowsDropout));
        }
    }
}
