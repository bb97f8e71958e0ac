using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// z = mean + epsilon exp(logvar / 2), and log q(z) = -1/2 sum (epsilon^2 + logvar) of q = N(mean, exp logvar).
    /// Every log density of these operations leaves out its -Z/2 log 2 pi.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="mean">[B, Z].</param>
    /// <param name="logvar">[B, Z].</param>
    /// <param name="epsilon">Standard normal noise, [B, Z].</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="logDensity">log q(z), [B, 1].</param>
    public static void Sample(this Compute c, Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity)
    {
        logvar.Expect(mean.Rows, mean.Columns);
        epsilon.Expect(mean.Rows, mean.Columns);
        z.Reshape(mean.Rows, mean.Columns);
        logDensity.Reshape(mean.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Sample.Cpu.Forward(
                    cpu.Workers, z.Rows, z.Columns, cpu[mean], cpu[logvar], cpu[epsilon], cpu[z], cpu[logDensity]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("Sample_Forward", z.Rows,
                    cuda[mean], cuda[logvar], cuda[epsilon], cuda[z], cuda[logDensity], z.Rows, z.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Sample.Reference.Forward(z.Rows, z.Columns, r[mean], r[logvar], r[epsilon], r[z],
                    r[logDensity]);
                break;
            default: throw c.Lacks(nameof(Sample));
        }
    }

    /// <summary>
    /// dMean = dZ; dLogvar = dZ epsilon exp(logvar / 2) / 2 - weight / 2: through z, and through weight times log q(z).
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="logvar">[B, Z].</param>
    /// <param name="epsilon">Standard normal noise, [B, Z].</param>
    /// <param name="dZ">[B, Z].</param>
    /// <param name="weight">Factor of each user's log q(z) in what is minimised, [B, 1].</param>
    /// <param name="dMean">[B, Z]; may be dZ.</param>
    /// <param name="dLogvar">[B, Z].</param>
    public static void SampleGradient(
        this Compute c, Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar)
    {
        logvar.Expect(dZ.Rows, dZ.Columns);
        epsilon.Expect(dZ.Rows, dZ.Columns);
        weight.Expect(dZ.Rows, 1);
        dMean.Reshape(dZ.Rows, dZ.Columns);
        dLogvar.Reshape(dZ.Rows, dZ.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Sample.Cpu.Backward(cpu.Workers, dZ.Rows, dZ.Columns,
                    cpu[logvar], cpu[epsilon], cpu[dZ], cpu[weight], cpu[dMean], cpu[dLogvar]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Sample_Backward", dZ.Length,
                    cuda[logvar], cuda[epsilon], cuda[dZ], cuda[weight], cuda[dMean], cuda[dLogvar],
                    dZ.Rows, dZ.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Sample.Reference.Backward(dZ.Rows, dZ.Columns,
                    r[logvar], r[epsilon], r[dZ], r[weight], r[dMean], r[dLogvar]);
                break;
            default: throw c.Lacks(nameof(SampleGradient));
        }
    }
}
