using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y += x, where a tensor feeds two readers or a sum.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="y">[B, H], added to.</param>
    public static void Add(this Compute c, Tensor x, Tensor y)
    {
        y.Expect(x.Rows, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Add.Cpu.Forward(cpu.Workers, cpu[x], cpu[y]); break;
            case CudaCompute cuda: cuda.Context.LaunchFlat("Add_Forward", y.Length, cuda[x], cuda[y], y.Length); break;
            case ReferenceCompute r: Kernels.Add.Reference.Forward(r[x], r[y]); break;
            default: throw c.Lacks(nameof(Add));
        }
    }
}
