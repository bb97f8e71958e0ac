using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y_bh = tanh(y_bh + bias_h), in place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="bias">[1, H].</param>
    /// <param name="y">[B, H].</param>
    public static void AddBiasTanh(this Compute c, Tensor bias, Tensor y)
    {
        bias.Expect(1, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Tanh.Cpu.Forward(cpu.Workers, y.Rows, y.Columns, cpu[y], cpu[bias]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Tanh_Forward", y.Rows, y.Columns, cuda[bias], cuda[y], y.Columns);
                break;
            case ReferenceCompute r: Kernels.Tanh.Reference.Forward(y.Rows, y.Columns, r[y], r[bias]); break;
            default: throw c.Lacks(nameof(AddBiasTanh));
        }
    }

    /// <summary>dY = dY (1 - y^2), in place: the gradient of the argument of the tanh that gave y.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="y">[B, H], what the tanh gave.</param>
    /// <param name="dY">[B, H]: the gradient of y, then of the tanh's argument.</param>
    public static void TanhGradient(this Compute c, Tensor y, Tensor dY)
    {
        dY.Expect(y.Rows, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Tanh.Cpu.Backward(cpu.Workers, cpu[y], cpu[dY], cpu[dY]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Tanh_Backward", y.Length, cuda[y], cuda[dY], y.Length);
                break;
            case ReferenceCompute r: Kernels.Tanh.Reference.Backward(r[y], r[dY], r[dY]); break;
            default: throw c.Lacks(nameof(TanhGradient));
        }
    }
}
