using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y *= x, element by element.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="y">[B, H], multiplied.</param>
    public static void Multiply(this Compute c, Tensor x, Tensor y)
    {
        y.Expect(x.Rows, x.Columns);
        switch (c)
        {
            case CpuCompute cpu: Kernels.Multiply.Cpu.Forward(cpu.Workers, cpu[x], cpu[y]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Multiply_Forward", y.Length, cuda[x], cuda[y], y.Length);
                break;
            case ReferenceCompute r: Kernels.Multiply.Reference.Forward(r[x], r[y]); break;
            default: throw c.Lacks(nameof(Multiply));
        }
    }
}
