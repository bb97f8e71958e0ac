using VaeCf.Kernels;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>What models beyond Mult-VAE and Mult-DAE ask for: gates, LayerNorm, the densities of flexible priors.</summary>
internal sealed partial class CudaCompute
{
    /// <summary>A structure of the kernels of the composite density: log(share) - logvar / 2 of its three normals, and 1 / variance of the wide one.</summary>
    internal static CudaArgument CompositeConstants => (ReadOnlySpan<float>)
    [
        Kernels.CompositeLogDensity.Cpu.StandardLog, Kernels.CompositeLogDensity.Cpu.OldLog, Kernels.CompositeLogDensity.Cpu.WideLog, Kernels.CompositeLogDensity.Cpu.WidePrecision,
    ];

    // Sixteen threads a row.
    private void LaunchRows(string kernel, long rows, params ReadOnlySpan<CudaArgument> arguments) =>
        context.Launch(kernel, new(Cover(rows, RowsPerBlock)), new(RowThreads), arguments);

    public void Add(Tensor x, Tensor y) => context.LaunchFlat("Add_Forward", y.Length, View(x), View(y), y.Length);

    public void Gate(Tensor a, Tensor g, Tensor y)
    {
        y.Resize(a.Rows);
        context.LaunchFlat("Gate_Forward", y.Length, View(a), View(g), View(y), y.Length);
    }

    public void GateGradient(Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG)
    {
        dA.Resize(a.Rows);
        dG.Resize(a.Rows);
        context.LaunchFlat("Gate_Backward", a.Length, View(a), View(g), View(dY), View(dA), View(dG), a.Length);
    }

    public void Swish(Tensor x, Tensor y)
    {
        y.Resize(x.Rows);
        context.LaunchFlat("Swish_Forward", x.Length, View(x), View(y), x.Length);
    }

    public void SwishGradient(Tensor x, Tensor dY, Tensor dX)
    {
        dX.Resize(x.Rows);
        context.LaunchFlat("Swish_Backward", x.Length, View(x), View(dY), View(dX), x.Length);
    }

    public void LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
    {
        y.Resize(x.Rows);
        statistics.Resize(x.Rows);
        LaunchRows("LayerNorm_Forward", x.Rows, View(x), View(weight), View(bias), View(y), View(statistics), (float)epsilon, x.Rows, x.Columns);
    }

    public void LayerNormGradient(Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias)
    {
        dX.Resize(x.Rows);
        context.Launch("LayerNorm_BackwardColumns", new(Cover(x.Columns, BiasColumns)), new(BiasColumns, BiasLanes),
            View(x), View(statistics), View(dY), View(dWeight), View(dBias), x.Rows, x.Columns);
        LaunchRows("LayerNorm_BackwardRows", x.Rows, View(x), View(weight), View(statistics), View(dY), View(dX), x.Rows, x.Columns);
    }

    public void Clamp(Tensor x, double low, double high, Tensor y)
    {
        y.Resize(x.Rows);
        context.LaunchFlat("Clamp_Forward", x.Length, View(x), View(y), (float)low, (float)high, x.Length);
    }

    public void ClampGradient(Tensor x, double low, double high, Tensor dY) =>
        context.LaunchFlat("Clamp_Backward", x.Length, View(x), View(dY), (float)low, (float)high, x.Length);

    public void DropoutMask(RandomStream stream, double keep, Tensor mask) =>
        context.LaunchElements("Dropout_DenseMask", mask.Rows, Cover(mask.Columns, WordsOfBlock),
            View(mask), stream.Seed, stream.Step, Threshold(keep), (uint)stream.Purpose, mask.Columns);

    public void ClicksPerUser(ClickBatch batch, double scale, Tensor perUser)
    {
        CudaBatch on = On(batch);
        perUser.Resize(on.UserCount);
        LaunchRows("Batch_Totals", on.UserCount, on.RowStarts, on.Counts, View(perUser), (float)scale, on.UserCount);
    }

    public void Sample(Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity)
    {
        z.Resize(mean.Rows);
        logDensity.Resize(mean.Rows);
        LaunchRows("Sample_Forward", z.Rows, View(mean), View(logvar), View(epsilon), View(z), View(logDensity), z.Rows, z.Columns);
    }

    public void SampleGradient(Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(dZ.Rows);
        dLogvar.Resize(dZ.Rows);
        context.LaunchFlat("Sample_Backward", dZ.Length, View(logvar), View(epsilon), View(dZ), View(weight), View(dMean), View(dLogvar), dZ.Rows, dZ.Columns);
    }

    public void NormalLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        LaunchRows("NormalLogDensity_Forward", z.Rows, View(z), View(mean), View(logvar), View(logDensity), z.Rows, z.Columns);
    }

    public void NormalLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(z.Rows);
        dLogvar.Resize(z.Rows);
        context.LaunchFlat("NormalLogDensity_Backward", z.Length,
            View(z), View(mean), View(logvar), View(weight), View(dZ), View(dMean), View(dLogvar), z.Rows, z.Columns);
    }

    public void MixtureLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity)
    {
        responsibilities.Resize(z.Rows);
        logDensity.Resize(z.Rows);
        LaunchRows("MixtureLogDensity_Exponents", responsibilities.Length, View(z), View(mean), View(logvar), View(responsibilities), z.Rows, mean.Rows, z.Columns);
        context.Launch("MixtureLogDensity_Softmax", new(z.Rows), new(LossThreads), View(responsibilities), View(logDensity), mean.Rows);
    }

    public void MixtureLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(mean.Rows);
        dLogvar.Resize(mean.Rows);
        ReadOnlySpan<CudaArgument> given = [View(z), View(mean), View(logvar), View(responsibilities), View(weight)], sizes = [z.Rows, mean.Rows, z.Columns];
        context.LaunchFlat("MixtureLogDensity_BackwardRows", z.Length, [.. given, View(dZ), .. sizes]);
        context.LaunchFlat("MixtureLogDensity_BackwardComponents", mean.Length, [.. given, View(dMean), View(dLogvar), .. sizes]);
    }

    public void CompositeLogDensity(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        LaunchRows("CompositeLogDensity_Forward", z.Rows, View(z), View(oldMean), View(oldLogvar), View(logDensity), z.Rows, z.Columns, CompositeConstants);
    }

    public void CompositeLogDensityGradient(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ) =>
        context.LaunchFlat("CompositeLogDensity_Backward", z.Length, View(z), View(oldMean), View(oldLogvar), View(weight), View(dZ), z.Rows, z.Columns, CompositeConstants);
}
