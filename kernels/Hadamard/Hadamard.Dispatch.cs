using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y = a b, element by element.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">[B, H].</param>
    /// <param name="b">[B, H].</param>
    /// <param name="y">[B, H].</param>
    public static void Hadamard(this Compute c, Tensor a, Tensor b, Tensor y)
    {
        b.Expect(a.Rows, a.Columns);
        y.Reshape(a.Rows, a.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Kernels.Hadamard.Cpu.Forward(cpu.Workers, cpu[a], cpu[b], cpu[y]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Hadamard_Forward", y.Length, cuda[a], cuda[b], cuda[y], y.Length);
                break;
            case ReferenceCompute r: Kernels.Hadamard.Reference.Forward(r[a], r[b], r[y]); break;
            default: throw c.Lacks(nameof(Hadamard));
        }
    }

    /// <summary>dA = dY b; dB = dY a, element by element.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">[B, H].</param>
    /// <param name="b">[B, H].</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dA">[B, H]; may be dY.</param>
    /// <param name="dB">[B, H].</param>
    public static void HadamardGradient(this Compute c, Tensor a, Tensor b, Tensor dY, Tensor dA, Tensor dB)
    {
        b.Expect(a.Rows, a.Columns);
        dY.Expect(a.Rows, a.Columns);
        dA.Reshape(a.Rows, a.Columns);
        dB.Reshape(a.Rows, a.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Hadamard.Cpu.Backward(cpu.Workers, cpu[a], cpu[b], cpu[dY], cpu[dA], cpu[dB]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Hadamard_Backward", a.Length, cuda[a], cuda[b], cuda[dY], cuda[dA], cuda[dB],
                    a.Length);
                break;
            case ReferenceCompute r: Kernels.Hadamard.Reference.Backward(r[a], r[b], r[dY], r[dA], r[dB]); break;
            default: throw c.Lacks(nameof(HadamardGradient));
        }
    }
}
