using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>log p(z) of p = 1/C sum over c of N(mean_c, exp logvar_c).</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="mean">[C, Z].</param>
    /// <param name="logvar">[C, Z].</param>
    /// <param name="responsibilities">The share of each component in p(z), [B, C], for the gradient.</param>
    /// <param name="logDensity">log p(z), [B, 1].</param>
    public static void MixtureLogDensity(
        this Compute c, Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity)
    {
        mean.Expect(mean.Rows, z.Columns);
        logvar.Expect(mean.Rows, z.Columns);
        responsibilities.Reshape(z.Rows, mean.Rows);
        logDensity.Reshape(z.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.MixtureLogDensity.Cpu.Forward(cpu.Workers, z.Rows, mean.Rows, z.Columns,
                    cpu[z], cpu[mean], cpu[logvar], cpu[responsibilities], cpu[logDensity]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("MixtureLogDensity_Exponents", responsibilities.Length,
                    cuda[z], cuda[mean], cuda[logvar], cuda[responsibilities], z.Rows, mean.Rows, z.Columns);
                cuda.Context.Launch("MixtureLogDensity_Softmax", new(z.Rows), rowBlock,
                    cuda[responsibilities], cuda[logDensity], mean.Rows);
                break;
            case ReferenceCompute r:
                Kernels.MixtureLogDensity.Reference.Forward(z.Rows, mean.Rows, z.Columns,
                    r[z], r[mean], r[logvar], r[responsibilities], r[logDensity]);
                break;
            default: throw c.Lacks(nameof(MixtureLogDensity));
        }
    }

    /// <summary>The gradient of -weight log p(z), added to dZ and written to dMean and dLogvar.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="mean">[C, Z].</param>
    /// <param name="logvar">[C, Z].</param>
    /// <param name="responsibilities">[B, C], as <see cref="MixtureLogDensity"/> left them.</param>
    /// <param name="weight">[B, 1].</param>
    /// <param name="dZ">[B, Z], added to.</param>
    /// <param name="dMean">[C, Z].</param>
    /// <param name="dLogvar">[C, Z].</param>
    public static void MixtureLogDensityGradient(this Compute c, Tensor z, Tensor mean, Tensor logvar,
        Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        mean.Expect(mean.Rows, z.Columns);
        logvar.Expect(mean.Rows, z.Columns);
        responsibilities.Expect(z.Rows, mean.Rows);
        weight.Expect(z.Rows, 1);
        dZ.Expect(z.Rows, z.Columns);
        dMean.Reshape(mean.Rows, z.Columns);
        dLogvar.Reshape(mean.Rows, z.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.MixtureLogDensity.Cpu.Backward(cpu.Workers, z.Rows, mean.Rows, z.Columns,
                    cpu[z], cpu[mean], cpu[logvar], cpu[responsibilities], cpu[weight],
                    cpu[dZ], cpu[dMean], cpu[dLogvar]);
                break;
            case CudaCompute cuda:
                ReadOnlySpan<CudaArgument> given =
                    [cuda[z], cuda[mean], cuda[logvar], cuda[responsibilities], cuda[weight]];
                ReadOnlySpan<CudaArgument> sizes = [z.Rows, mean.Rows, z.Columns];
                cuda.Context.LaunchFlat("MixtureLogDensity_BackwardRows", z.Length, [.. given, cuda[dZ], .. sizes]);
                cuda.Context.LaunchFlat("MixtureLogDensity_BackwardComponents", mean.Length,
                    [.. given, cuda[dMean], cuda[dLogvar], .. sizes]);
                break;
            case ReferenceCompute r:
                Kernels.MixtureLogDensity.Reference.Backward(z.Rows, mean.Rows, z.Columns, r[z], r[mean], r[logvar],
                    r[responsibilities], r[weight], r[dZ], r[dMean], r[dLogvar]);
                break;
            default: throw c.Lacks(nameof(MixtureLogDensityGradient));
        }
    }
}
