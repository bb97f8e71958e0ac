using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y = x s(x), s the sigmoid.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="y">[B, H].</param>
    public static void Swish(this Compute c, Tensor x, Tensor y)
    {
        y.Reshape(x.Rows, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Swish.Cpu.Forward(cpu.Workers, cpu[x], cpu[y]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Swish_Forward", y.Length, cuda[x], cuda[y], y.Length);
                break;
            case ReferenceCompute r: Kernels.Swish.Reference.Forward(r[x], r[y]); break;
            default: throw c.Lacks(nameof(Swish));
        }
    }

    /// <summary>dX = dY s(x) (1 + x (1 - s(x))).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dX">[B, H]; may be dY.</param>
    public static void SwishGradient(this Compute c, Tensor x, Tensor dY, Tensor dX)
    {
        dY.Expect(x.Rows, x.Columns);
        dX.Reshape(x.Rows, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Swish.Cpu.Backward(cpu.Workers, cpu[x], cpu[dY], cpu[dX]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Swish_Backward", x.Length, cuda[x], cuda[dY], cuda[dX], x.Length);
                break;
            case ReferenceCompute r: Kernels.Swish.Reference.Backward(r[x], r[dY], r[dX]); break;
            default: throw c.Lacks(nameof(SwishGradient));
        }
    }
}
