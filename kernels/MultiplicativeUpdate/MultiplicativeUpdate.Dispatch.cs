namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>w *= rising / (falling + l1 + l2 w + epsilon): a step of non-negative factorisation.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="rising">The part of the gradient that makes w rise, at least 0.</param>
    /// <param name="falling">The part that makes it fall, at least 0; the same shape.</param>
    /// <param name="l1">Strength of an L1 term.</param>
    /// <param name="l2">Strength of an L2 term.</param>
    /// <param name="epsilon">Keeps the denominator above 0.</param>
    /// <param name="w">The weights, at least 0, updated; the same shape, apart from the others.</param>
    public static void MultiplicativeUpdate(this Compute c, Tensor rising, Tensor falling, double l1, double l2,
        double epsilon, Tensor w)
    {
        rising.Expect(w.Rows, w.Columns);
        falling.Expect(w.Rows, w.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.MultiplicativeUpdate.Cpu.Step(cpu.Workers, cpu[rising], cpu[falling], (float)l1, (float)l2,
                    (float)epsilon, cpu[w]);
                break;
            case ReferenceCompute r:
                Kernels.MultiplicativeUpdate.Reference.Step(r[rising], r[falling], l1, l2, epsilon, r[w]);
                break;
            default: throw c.Lacks(nameof(MultiplicativeUpdate));
        }
    }
}
