using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// z = mu + epsilon exp(logvar / 2), and kl = KL(N(mu, exp logvar) || N(0, 1)) = -1/2 sum (1 + logvar - mu^2 - exp
    /// logvar).
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="head">[mu | logvar], [B, 2Z].</param>
    /// <param name="epsilon">Standard normal noise, [B, Z].</param>
    /// <param name="z">[B, Z].</param>
    /// <param name="kl">[B, 1].</param>
    /// <param name="sampling">The deviation: exp(logvar / 2), by default, or exp(logvar).</param>
    public static void Reparameterize(this Compute c, Tensor head, Tensor epsilon, Tensor z, Tensor kl,
        Sampling sampling = Sampling.HalfLogvar)
    {
        head.Expect(head.Rows, 2 * z.Columns);
        epsilon.Expect(head.Rows, z.Columns);
        z.Resize(head.Rows);
        kl.Reshape(head.Rows, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Reparameterize.Cpu.Forward(cpu.Workers, z.Rows, z.Columns, cpu[head], cpu[epsilon], cpu[z],
                    cpu[kl], sampling);
                break;
            case CudaCompute cuda:
                cuda.LaunchRows("Reparameterize_Forward", z.Rows,
                    cuda[head], cuda[epsilon], cuda[z], cuda[kl], z.Rows, z.Columns,
                    Kernels.Reparameterize.PowerOf(sampling));
                break;
            case ReferenceCompute r:
                Kernels.Reparameterize.Reference.Forward(z.Rows, z.Columns, r[head], r[epsilon], r[z], r[kl],
                    sampling);
                break;
            default: throw c.Lacks(nameof(Reparameterize));
        }
    }

    /// <summary>
    /// dmu = dZ + klScale mu; dlogvar = dZ epsilon exp(logvar / 2) / 2 + klScale (exp(logvar) - 1) / 2: through
    /// z, and through klScale times the KL.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="head">[mu | logvar], [B, 2Z].</param>
    /// <param name="epsilon">Standard normal noise, [B, Z].</param>
    /// <param name="dZ">[B, Z].</param>
    /// <param name="klScale">Factor of each user's KL in what is minimised.</param>
    /// <param name="dHead">[dmu | dlogvar], [B, 2Z].</param>
    public static void ReparameterizeGradient(this Compute c, Tensor head, Tensor epsilon, Tensor dZ, double klScale,
        Tensor dHead)
    {
        head.Expect(dZ.Rows, 2 * dZ.Columns);
        epsilon.Expect(dZ.Rows, dZ.Columns);
        dHead.Reshape(head.Rows, head.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Reparameterize.Cpu.Backward(
                    cpu.Workers, dZ.Rows, dZ.Columns, cpu[head], cpu[epsilon], cpu[dZ], (float)klScale, cpu[dHead]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Reparameterize_Backward", dZ.Length,
                    cuda[head], cuda[epsilon], cuda[dZ], cuda[dHead], (float)klScale, dZ.Rows, dZ.Columns);
                break;
            case ReferenceCompute r:
                Kernels.Reparameterize.Reference.Backward(
                    dZ.Rows, dZ.Columns, r[head], r[epsilon], r[dZ], klScale, r[dHead]);
                break;
            default: throw c.Lacks(nameof(ReparameterizeGradient));
        }
    }

    /// <summary>
    /// <see cref="ReparameterizeGradient"/> with a factor of the KL for each row, for a deviation of either kind.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="head">[mu | logvar], [B, 2Z].</param>
    /// <param name="epsilon">Standard normal noise, [B, Z].</param>
    /// <param name="dZ">[B, Z].</param>
    /// <param name="klScale">Factor of all rows' KL in what is minimised.</param>
    /// <param name="klWeights">Another factor of each row's, [B, 1].</param>
    /// <param name="sampling">What <see cref="Reparameterize"/> was given.</param>
    /// <param name="dHead">[dmu | dlogvar], [B, 2Z].</param>
    public static void WeightedReparameterizeGradient(this Compute c, Tensor head, Tensor epsilon, Tensor dZ,
        double klScale, Tensor klWeights, Sampling sampling, Tensor dHead)
    {
        head.Expect(dZ.Rows, 2 * dZ.Columns);
        epsilon.Expect(dZ.Rows, dZ.Columns);
        klWeights.Expect(dZ.Rows, 1);
        dHead.Reshape(head.Rows, head.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Reparameterize.Cpu.Backward(cpu.Workers, dZ.Rows, dZ.Columns, cpu[head], cpu[epsilon],
                    cpu[dZ], (float)klScale, cpu[dHead], cpu[klWeights], sampling);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Reparameterize_BackwardWeighted", dZ.Length, cuda[head], cuda[epsilon],
                    cuda[dZ], cuda[klWeights], cuda[dHead], (float)klScale, dZ.Rows, dZ.Columns,
                    Kernels.Reparameterize.PowerOf(sampling));
                break;
            case ReferenceCompute r:
                Kernels.Reparameterize.Reference.Backward(dZ.Rows, dZ.Columns, r[head], r[epsilon], r[dZ], klScale,
                    r[dHead], r[klWeights], sampling);
                break;
            default: throw c.Lacks(nameof(WeightedReparameterizeGradient));
        }
    }

    /// <summary>z = mu, the left half of head.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="head">[mu | logvar], [B, 2Z].</param>
    /// <param name="z">[B, Z].</param>
    public static void Mean(this Compute c, Tensor head, Tensor z)
    {
        head.Expect(head.Rows, 2 * z.Columns);
        z.Resize(head.Rows);
        switch (c.Begin())
        {
            case CpuCompute cpu: LeftHalf<float>(cpu[head], z.Columns, cpu[z]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Reparameterize_Mean", z.Length, cuda[head], cuda[z], z.Rows, z.Columns);
                break;
            case ReferenceCompute r: LeftHalf<double>(r[head], z.Columns, r[z]); break;
            default: throw c.Lacks(nameof(Mean));
        }
    }

    private static void LeftHalf<T>(ReadOnlySpan<T> head, int columns, Span<T> z)
    {
        for (int at = 0; at < z.Length; at += columns)
            head.Slice(2 * at, columns).CopyTo(z[at..]);
    }
}
