using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// Uniform numbers in [0, 1), drawn per user and column: they depend on neither the batch nor the device.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="batch">The users.</param>
    /// <param name="output">[B, H].</param>
    public static void Uniform(this Compute c, RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Resize(batch.UserCount);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Uniform.Cpu.Fill(cpu.Workers, stream, cpu[batch].Users, output.Columns, cpu[output]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Uniform_Fill", output.Rows,
                    CudaCompute.Cover(output.Columns, PhiloxLaunch.Words),
                    cuda[batch].Users, cuda[output], stream.Seed, stream.Step, (uint)stream.Purpose, output.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Uniform.Reference.Fill(stream, r[batch].Users, output.Columns, r[output]);
                break;
            default: throw c.Lacks(nameof(Uniform));
        }
    }

    /// <summary>A uniform number in [0, 1) for each click, drawn per user and item.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="output">[N, 1], in the order of the batch's clicks.</param>
    public static void ClickUniform(this Compute c, RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Reshape(batch.ClickCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Uniform.Cpu.AtClicks(cpu.Workers, stream, cpu[batch].RowStarts, cpu[batch].Users,
                    cpu[batch].Items, cpu[output]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Uniform_AtClicks", batch.ClickCount, cuda[batch].Users, cuda[batch].Rows,
                    cuda[batch].Items, cuda[output], stream.Seed, stream.Step, (uint)stream.Purpose,
                    (long)batch.ClickCount);
                break;
            case ReferenceCompute r:
                Kernels.Uniform.Reference.AtClicks(stream, r[batch].RowStarts, r[batch].Users, r[batch].Items,
                    r[output]);
                break;
            default: throw c.Lacks(nameof(ClickUniform));
        }
    }
}
