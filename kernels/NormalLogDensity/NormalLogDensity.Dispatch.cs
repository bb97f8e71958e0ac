using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>log p(z) = -1/2 sum ((z - mean)^2 / exp(logvar) + logvar) of p = N(mean, exp logvar).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="mean">[B, Z].</param>
    /// <param name="logvar">[B, Z].</param>
    /// <param name="logDensity">log p(z), [B, 1].</param>
    public static void NormalLogDensity(this Compute c, Tensor z, Tensor mean, Tensor logvar, Tensor logDensity)
    {
        mean.Expect(z.Rows, z.Columns);
        logvar.Expect(z.Rows, z.Columns);
        logDensity.Reshape(z.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.NormalLogDensity.Cpu.Forward(
                    cpu.Workers, z.Rows, z.Columns, cpu[z], cpu[mean], cpu[logvar], cpu[logDensity]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("NormalLogDensity_Forward", z.Rows,
                    cuda[z], cuda[mean], cuda[logvar], cuda[logDensity], z.Rows, z.Columns);
                break;
            case ReferenceCompute r:
                Kernels.NormalLogDensity.Reference.Forward(z.Rows, z.Columns, r[z], r[mean], r[logvar], r[logDensity]);
                break;
            default: throw c.Lacks(nameof(NormalLogDensity));
        }
    }

    /// <summary>The gradient of -weight log p(z), added to dZ and written to dMean and dLogvar.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="mean">[B, Z].</param>
    /// <param name="logvar">[B, Z].</param>
    /// <param name="weight">[B, 1].</param>
    /// <param name="dZ">[B, Z], added to.</param>
    /// <param name="dMean">[B, Z].</param>
    /// <param name="dLogvar">[B, Z].</param>
    public static void NormalLogDensityGradient(
        this Compute c, Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        mean.Expect(z.Rows, z.Columns);
        logvar.Expect(z.Rows, z.Columns);
        weight.Expect(z.Rows, 1);
        dZ.Expect(z.Rows, z.Columns);
        dMean.Reshape(z.Rows, z.Columns);
        dLogvar.Reshape(z.Rows, z.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.NormalLogDensity.Cpu.Backward(cpu.Workers, z.Rows, z.Columns,
                    cpu[z], cpu[mean], cpu[logvar], cpu[weight], cpu[dZ], cpu[dMean], cpu[dLogvar]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("NormalLogDensity_Backward", z.Length,
                    cuda[z], cuda[mean], cuda[logvar], cuda[weight], cuda[dZ], cuda[dMean], cuda[dLogvar],
                    z.Rows, z.Columns);
                break;
            case ReferenceCompute r:
                Kernels.NormalLogDensity.Reference.Backward(z.Rows, z.Columns,
                    r[z], r[mean], r[logvar], r[weight], r[dZ], r[dMean], r[dLogvar]);
                break;
            default: throw c.Lacks(nameof(NormalLogDensityGradient));
        }
    }
}
