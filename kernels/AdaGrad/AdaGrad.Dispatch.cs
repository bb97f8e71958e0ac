using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>A step of AdaGrad (Duchi et al. 2011): a += g^2, value -= rate g / sqrt(beta + a).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="gradient">Of the tensor's shape.</param>
    /// <param name="step">The step's settings.</param>
    /// <param name="value">The tensor, updated.</param>
    /// <param name="sumOfSquares">a, of its shape, updated; 0 before the first step.</param>
    public static void AdaGrad(this Compute c, Tensor gradient, AdaGradStep step, Tensor value, Tensor sumOfSquares)
    {
        value.Expect(gradient.Rows, gradient.Columns);
        sumOfSquares.Expect(gradient.Rows, gradient.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.AdaGrad.Cpu.Step(cpu.Workers, cpu[gradient], cpu[value], cpu[sumOfSquares], step);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("AdaGrad_Step", gradient.Length, cuda[gradient],
                    cuda[value], cuda[sumOfSquares], gradient.Length, (float)step.WeightDecay, (float)step.Beta,
                    (float)-step.LearningRate);
                break;
            case ReferenceCompute r:
                Kernels.AdaGrad.Reference.Step(r[gradient], r[value], r[sumOfSquares], step);
                break;
            default: throw c.Lacks(nameof(AdaGrad));
        }
    }
}
