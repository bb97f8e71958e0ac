using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>A mask of 1 with probability keep, else 0, drawn per row and column.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="keep">The probability of a 1, in (0, 1].</param>
    /// <param name="mask">Any shape, which it keeps.</param>
    public static void DropoutMask(this Compute c, RandomStream stream, double keep, Tensor mask)
    {
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Dropout.Cpu.DenseMask(cpu.Workers, stream, keep, mask.Rows, mask.Columns, cpu[mask]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Dropout_DenseMask", mask.Rows,
                    CudaCompute.Cover(mask.Columns, PhiloxLaunch.Words),
                    cuda[mask], stream.Seed, stream.Step, KeptWords(keep), (uint)stream.Purpose, mask.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Dropout.Reference.DenseMask(stream, keep, mask.Rows, mask.Columns, r[mask]);
                break;
            default: throw c.Lacks(nameof(DropoutMask));
        }
    }

    /// <summary>values = values mask / keep, in place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="mask">0 and 1.</param>
    /// <param name="keep">The probability of a 1, in (0, 1].</param>
    /// <param name="values">Of the mask's shape.</param>
    public static void Dropout(this Compute c, Tensor mask, double keep, Tensor values)
    {
        values.Expect(mask.Rows, mask.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Dropout.Cpu.Apply(cpu.Workers, cpu[values], cpu[mask], (float)keep, cpu[values]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Dropout_Apply", values.Length, cuda[values], cuda[mask], (float)keep,
                    values.Length);
                break;
            case ReferenceCompute r: Kernels.Dropout.Reference.Apply(r[values], r[mask], keep, r[values]); break;
            default: throw c.Lacks(nameof(Dropout));
        }
    }

    /// <summary>
    /// Each click's count, then mask / keep: inverted dropout of clicks that are not normalised. The mask, 1 with
    /// probability keep, else 0, is drawn per user and item, as <see cref="NormalizeRowsDropout"/> draws it.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="keep">The probability that a click survives, in (0, 1]; 1 gives the counts.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="values">[N, 1].</param>
    public static void ClickDropout(this Compute c, RandomStream stream, double keep, ClickBatch batch, Tensor values)
    {
        values.Reshape(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                cpu[batch].Counts.CopyTo(cpu[values]);
                if (keep != 1)
                    Kernels.Dropout.Cpu.Clicks(cpu.Workers, stream, keep, cpu[batch].RowStarts, cpu[batch].Users,
                        cpu[batch].Items, cpu[values]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Dropout_Clicks", batch.ClickCount, cuda[batch].Counts, cuda[values],
                    cuda[batch].Users, cuda[batch].Rows, cuda[batch].Items, stream.Seed, stream.Step, KeptWords(keep),
                    (uint)stream.Purpose, (float)keep, (long)batch.ClickCount);
                break;
            case ReferenceCompute r:
                r[batch].CountsAsDoubles().CopyTo(r[values]);
                Kernels.Dropout.Reference.Clicks(stream, keep, r[batch].RowStarts, r[batch].Users, r[batch].Items,
                    r[values]);
                break;
            default: throw c.Lacks(nameof(ClickDropout));
        }
    }

    // Random words below it keep an element.
    private static ulong KeptWords(double keep) => (ulong)Math.Ceiling(keep * (1L << 32));
}
