using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A step of Adam (Kingma and Ba 2015, algorithm 1): with g = scale gradient + decay w, the moments m and v move
    /// towards g and g^2, and w -= rate mhat / (sqrt(vhat) + epsilon).
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="gradient">Of the tensor's shape.</param>
    /// <param name="update">Settings, and the tensor and its moments, which are updated.</param>
    public static void Adam(this Compute c, Tensor gradient, AdamUpdate update)
    {
        update.Expect(gradient.Rows, gradient.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Adam.Cpu.Step(cpu.Workers, cpu[gradient], cpu[update.Value], cpu[update.M], cpu[update.V],
                    update.Step);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Adam_Step", gradient.Length, cuda[gradient],
                    cuda[update.Value], cuda[update.M], cuda[update.V], gradient.Length, AdamConstants(update.Step));
                break;
            case ReferenceCompute r:
                Kernels.Adam.Reference.Step(r[gradient], r[update.Value], r[update.M], r[update.V], update.Step);
                break;
            default: throw c.Lacks(nameof(Adam));
        }
    }

    // The kernels' structure of that name, with the CPU's roundings.
    private static CudaArgument AdamConstants(in AdamStep step) => (ReadOnlySpan<float>)
    [
        (float)step.WeightDecay, (float)step.Epsilon,
        (float)step.Beta1, (float)(1 - step.Beta1), (float)step.Beta2, (float)(1 - step.Beta2),
        (float)(-step.LearningRate * step.Correction1), (float)step.Correction2, (float)step.GradientScale,
    ];
}
