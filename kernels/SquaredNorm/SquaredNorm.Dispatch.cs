using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>The sum of the squares of a tensor's elements.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">Any shape.</param>
    public static double SquaredNorm(this Compute c, Tensor x) => c.Begin() switch
    {
        CpuCompute cpu => Kernels.SquaredNorm.Cpu.Sum(cpu.Workers, cpu[x]),
        CudaCompute cuda => SquaredNorm(cuda, x),
        ReferenceCompute r => Kernels.SquaredNorm.Reference.Sum(r[x]),
        _ => throw c.Lacks(nameof(SquaredNorm)),
    };

    // Sums of parts, which the host adds in order.
    private static double SquaredNorm(CudaCompute cuda, Tensor x)
    {
        var sums = new float[CudaCompute.Cover(x.Length, SquaredNormLaunch.Elements)];
        CudaView parts = cuda.Scratch("partial sums", sums.Length);
        cuda.LaunchRows("SquaredNorm_Blocks", sums.Length, cuda[x], parts, x.Length);
        cuda.Context.Download<float>(parts.Address, sums);
        double sum = 0;
        foreach (float part in sums)
            sum += part;
        return sum;
    }
}
