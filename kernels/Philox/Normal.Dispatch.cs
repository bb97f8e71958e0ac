using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// Standard normal numbers, drawn per user and column: they depend on neither the batch nor the device.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="stream">The random numbers.</param>
    /// <param name="batch">The users.</param>
    /// <param name="output">[B, Z].</param>
    public static void Normal(this Compute c, RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Resize(batch.UserCount);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Normal.Cpu.Fill(cpu.Workers, stream, cpu[batch].Users, output.Columns, cpu[output]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Normal_Fill", output.Rows,
                    CudaCompute.Cover(output.Columns, PhiloxLaunch.Words),
                    cuda[batch].Users, cuda[output], stream.Seed, stream.Step, (uint)stream.Purpose, output.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Normal.Reference.Fill(stream, r[batch].Users, output.Columns, r[output]);
                break;
            default: throw c.Lacks(nameof(Normal));
        }
    }
}
