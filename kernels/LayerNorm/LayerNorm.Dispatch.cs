using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// y = weight (x - mean) / deviation + bias, with each row's own mean and deviation, sqrt(variance + epsilon).
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="weight">[1, H].</param>
    /// <param name="bias">[1, H].</param>
    /// <param name="epsilon">Keeps the deviation from being 0.</param>
    /// <param name="y">[B, H].</param>
    /// <param name="statistics">[B, 2]: mean and 1 / deviation of each row, for the gradient.</param>
    public static void LayerNorm(this Compute c, Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y,
        Tensor statistics)
    {
        weight.Expect(1, x.Columns);
        bias.Expect(1, x.Columns);
        y.Reshape(x.Rows, x.Columns);
        statistics.Reshape(x.Rows, 2);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.LayerNorm.Cpu.Forward(cpu.Workers, x.Rows, x.Columns,
                    cpu[x], cpu[weight], cpu[bias], (float)epsilon, cpu[y], cpu[statistics]);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("LayerNorm_Forward", x.Rows,
                    cuda[x], cuda[weight], cuda[bias], cuda[y], cuda[statistics], (float)epsilon, x.Rows, x.Columns);
                break;
            case ReferenceCompute r:
                Kernels.LayerNorm.Reference.Forward(x.Rows, x.Columns, r[x], r[weight], r[bias], epsilon, r[y],
                    r[statistics]);
                break;
            default: throw c.Lacks(nameof(LayerNorm));
        }
    }

    /// <summary>
    /// dX = (dN - avg(dN) - n avg(dN n)) / deviation for the normalised n = (x - mean) / deviation and dN = dY weight;
    /// dWeight = sum over rows of dY n; dBias = sum over rows of dY.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="weight">[1, H].</param>
    /// <param name="statistics">[B, 2], as <see cref="LayerNorm"/> left them.</param>
    /// <param name="dY">[B, H].</param>
    /// <param name="dX">[B, H]; may be dY.</param>
    /// <param name="dWeight">[1, H].</param>
    /// <param name="dBias">[1, H].</param>
    public static void LayerNormGradient(
        this Compute c, Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias)
    {
        weight.Expect(1, x.Columns);
        statistics.Expect(x.Rows, 2);
        dY.Expect(x.Rows, x.Columns);
        dX.Reshape(x.Rows, x.Columns);
        dWeight.Expect(1, x.Columns);
        dBias.Expect(1, x.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.LayerNorm.Cpu.Backward(cpu.Workers, x.Rows, x.Columns,
                    cpu[x], cpu[weight], cpu[statistics], cpu[dY], cpu[dX], cpu[dWeight], cpu[dBias]);
                break;
            case CudaCompute cuda:
                LaunchColumns(cuda, "LayerNorm_BackwardColumns", x.Columns,
                    cuda[x], cuda[statistics], cuda[dY], cuda[dWeight], cuda[dBias], x.Rows, x.Columns);
                cuda.LaunchRows("LayerNorm_BackwardRows", x.Rows,
                    cuda[x], cuda[weight], cuda[statistics], cuda[dY], cuda[dX], x.Rows, x.Columns);
                break;
            case ReferenceCompute r:
                Kernels.LayerNorm.Reference.Backward(x.Rows, x.Columns,
                    r[x], r[weight], r[statistics], r[dY], r[dX], r[dWeight], r[dBias]);
                break;
            default: throw c.Lacks(nameof(LayerNormGradient));
        }
    }
}
