using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y = a s(g), s the sigmoid: the values a, gated by g.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">[B, H].</param>
    /// <param name="g">[B, H].</param>
    /// <param name="y">[B, H].</param>
    public static void Gate(this Compute c, Tensor a, Tensor g, Tensor y)
    {
        g.Expect(a.Rows, a.Columns);
        y.Reshape(a.Rows, a.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Gate.Cpu.Forward(cpu.Workers, cpu[a], cpu[g], cpu[y]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gate_Forward", y.Length, cuda[a], cuda[g], cuda[y], y.Length);
                break;
            case ReferenceCompute r: Kernels.Gate.Reference.Forward(r[a], r[g], r[y]); break;
            default: throw c.Lacks(nameof(Gate));
        }
    }

    /// <summary>dA = dY s(g); dG = dY a s(g) (1 - s(g)).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">[B, H].</param>
    /// <param name="g">[B, H].</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dA">[B, H]; may be dY.</param>
    /// <param name="dG">[B, H].</param>
    public static void GateGradient(this Compute c, Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG)
    {
        g.Expect(a.Rows, a.Columns);
        dY.Expect(a.Rows, a.Columns);
        dA.Reshape(a.Rows, a.Columns);
        dG.Reshape(a.Rows, a.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Gate.Cpu.Backward(cpu.Workers, cpu[a], cpu[g], cpu[dY], cpu[dA], cpu[dG]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gate_Backward", a.Length, cuda[a], cuda[g], cuda[dY], cuda[dA], cuda[dG],
                    a.Length);
                break;
            case ReferenceCompute r: Kernels.Gate.Reference.Backward(r[a], r[g], r[dY], r[dA], r[dG]); break;
            default: throw c.Lacks(nameof(GateGradient));
        }
    }
}
