using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// log p(z) = sum over dimensions of the log of three normals mixed: 0.15 N(0, 1), 0.75 N(oldMean, exp oldLogvar),
    /// 0.10 N(0, e^10).
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="oldMean">[B, Z].</param>
    /// <param name="oldLogvar">[B, Z].</param>
    /// <param name="logDensity">log p(z), [B, 1].</param>
    public static void CompositeLogDensity(this Compute c, Tensor z, Tensor oldMean, Tensor oldLogvar,
        Tensor logDensity)
    {
        oldMean.Expect(z.Rows, z.Columns);
        oldLogvar.Expect(z.Rows, z.Columns);
        logDensity.Reshape(z.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.CompositeLogDensity.Cpu.Forward(
                    cpu.Workers, z.Rows, z.Columns, cpu[z], cpu[oldMean], cpu[oldLogvar], cpu[logDensity]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("CompositeLogDensity_Forward", z.Rows,
                    cuda[z], cuda[oldMean], cuda[oldLogvar], cuda[logDensity], z.Rows, z.Columns, CompositeConstants);
                break;
            case ReferenceCompute r:
                Kernels.CompositeLogDensity.Reference.Forward(
                    z.Rows, z.Columns, r[z], r[oldMean], r[oldLogvar], r[logDensity]);
                break;
            default: throw c.Lacks(nameof(CompositeLogDensity));
        }
    }

    /// <summary>The gradient of -weight log p(z), added to dZ. The old mean and logvar are constants.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="oldMean">[B, Z].</param>
    /// <param name="oldLogvar">[B, Z].</param>
    /// <param name="weight">[B, 1].</param>
    /// <param name="dZ">[B, Z], added to.</param>
    public static void CompositeLogDensityGradient(
        this Compute c, Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ)
    {
        oldMean.Expect(z.Rows, z.Columns);
        oldLogvar.Expect(z.Rows, z.Columns);
        weight.Expect(z.Rows, 1);
        dZ.Expect(z.Rows, z.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.CompositeLogDensity.Cpu.Backward(
                    cpu.Workers, z.Rows, z.Columns, cpu[z], cpu[oldMean], cpu[oldLogvar], cpu[weight], cpu[dZ]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("CompositeLogDensity_Backward", z.Length,
                    cuda[z], cuda[oldMean], cuda[oldLogvar], cuda[weight], cuda[dZ],
                    z.Rows, z.Columns, CompositeConstants);
                break;
            case ReferenceCompute r:
                Kernels.CompositeLogDensity.Reference.Backward(
                    z.Rows, z.Columns, r[z], r[oldMean], r[oldLogvar], r[weight], r[dZ]);
                break;
            default: throw c.Lacks(nameof(CompositeLogDensityGradient));
        }
    }

    /// <summary>
    /// The kernels' structure of constants: log(share) - logvar / 2 of the three normals, and 1 / variance of the wide
    /// one.
    /// </summary>
    internal static CudaArgument CompositeConstants => (ReadOnlySpan<float>)
    [
        Kernels.CompositeLogDensity.Cpu.StandardLog, Kernels.CompositeLogDensity.Cpu.OldLog,
        Kernels.CompositeLogDensity.Cpu.WideLog, Kernels.CompositeLogDensity.Cpu.WidePrecision,
    ];
}
