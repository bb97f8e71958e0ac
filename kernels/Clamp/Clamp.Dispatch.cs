using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y = min(max(x, low), high).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="low">The least y.</param>
    /// <param name="high">The greatest y.</param>
    /// <param name="y">[B, H]; may be x.</param>
    public static void Clamp(this Compute c, Tensor x, double low, double high, Tensor y)
    {
        y.Reshape(x.Rows, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Clamp.Cpu.Forward(cpu.Workers, cpu[x], (float)low, (float)high, cpu[y]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Clamp_Forward", x.Length, cuda[x], cuda[y], (float)low, (float)high, x.Length);
                break;
            case ReferenceCompute r: Kernels.Clamp.Reference.Forward(r[x], low, high, r[y]); break;
            default: throw c.Lacks(nameof(Clamp));
        }
    }

    /// <summary>dY = dY where low &lt; x &lt; high, else 0, in place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H], from before <see cref="Clamp"/> or after.</param>
    /// <param name="low">The least y.</param>
    /// <param name="high">The greatest y.</param>
    /// <param name="dY">[B, H]: the gradient of y, then of x.</param>
    public static void ClampGradient(this Compute c, Tensor x, double low, double high, Tensor dY)
    {
        dY.Expect(x.Rows, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Clamp.Cpu.Backward(cpu.Workers, cpu[x], (float)low, (float)high, cpu[dY]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Clamp_Backward", x.Length, cuda[x], cuda[dY], (float)low, (float)high,
                    x.Length);
                break;
            case ReferenceCompute r: Kernels.Clamp.Reference.Backward(r[x], low, high, r[dY]); break;
            default: throw c.Lacks(nameof(ClampGradient));
        }
    }
}
