using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A step of RProp (Riedmiller and Braun 1993): each element has a step size, which grows while its gradient keeps
    /// its sign.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="gradient">Of the tensor's shape.</param>
    /// <param name="step">The step's settings.</param>
    /// <param name="value">The tensor, updated.</param>
    /// <param name="stepSize">Step sizes, of its shape, updated; 0 before the first step.</param>
    /// <param name="lastGradient">
    /// The gradient of the step before, of its shape, updated; 0 before the first step.
    /// </param>
    public static void RProp(this Compute c, Tensor gradient, RPropStep step, Tensor value, Tensor stepSize,
        Tensor lastGradient)
    {
        value.Expect(gradient.Rows, gradient.Columns);
        stepSize.Expect(gradient.Rows, gradient.Columns);
        lastGradient.Expect(gradient.Rows, gradient.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.RProp.Cpu.Step(cpu.Workers, cpu[gradient], cpu[value], cpu[stepSize], cpu[lastGradient], step);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("RProp_Step", gradient.Length, cuda[gradient], cuda[value], cuda[stepSize],
                    cuda[lastGradient], gradient.Length, (float)step.WeightDecay, (float)step.InitialStep,
                    (float)step.Increase, (float)step.Decrease, (float)step.Least, (float)step.Largest);
                break;
            case ReferenceCompute r:
                Kernels.RProp.Reference.Step(r[gradient], r[value], r[stepSize], r[lastGradient], step);
                break;
            default: throw c.Lacks(nameof(RProp));
        }
    }
}
