using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>A step of gradient descent with momentum: v = momentum v + g, value -= rate v.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="gradient">Of the tensor's shape.</param>
    /// <param name="step">The step's settings.</param>
    /// <param name="value">The tensor, updated.</param>
    /// <param name="velocity">v, of its shape, updated; 0 before the first step.</param>
    public static void Sgd(this Compute c, Tensor gradient, SgdStep step, Tensor value, Tensor velocity)
    {
        value.Expect(gradient.Rows, gradient.Columns);
        velocity.Expect(gradient.Rows, gradient.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Sgd.Cpu.Step(cpu.Workers, cpu[gradient], cpu[value], cpu[velocity], step);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Sgd_Step", gradient.Length, cuda[gradient], cuda[value], cuda[velocity],
                    gradient.Length, (float)step.WeightDecay, (float)step.Momentum, (float)-step.LearningRate);
                break;
            case ReferenceCompute r: Kernels.Sgd.Reference.Step(r[gradient], r[value], r[velocity], step); break;
            default: throw c.Lacks(nameof(Sgd));
        }
    }
}
