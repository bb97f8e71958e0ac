using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The log density of a point under RecVAE's composite prior: in each dimension a mixture of a standard normal, the
/// encoder's own posterior as it was an epoch ago (a frozen copy, which has no gradient) and a wide normal. Its
/// gradient is that of the loss's term -weight * log p(z). Per dimension -1/2 log 2 pi is left out: it cancels against
/// log q. Source: Shenbin et al. 2020, section 3.3; shares and width from the authors' code.
/// </summary>
public static partial class CompositeLogDensity
{
    private const double StandardShare = 0.15, OldShare = 0.75, WideShare = 0.1, WideLogvar = 10;

    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// logDensity_b = sum_z log(0.15 N(z; 0, 1) + 0.75 N(z; oldMean, exp oldLogvar) + 0.1 N(z; 0, e^10)).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="oldMean">B x Z.</param>
        /// <param name="oldLogvar">B x Z.</param>
        /// <param name="logDensity">B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int latent, ReadOnlySpan<double> z, ReadOnlySpan<double> oldMean,
            ReadOnlySpan<double> oldLogvar, Span<double> logDensity)
        {
            CheckShapes(rows, latent, z.Length, oldMean.Length, oldLogvar.Length, logDensity.Length);
            for (int b = 0; b < rows; b++)
            {
                logDensity[b] = 0;
                for (int i = b * latent; i < (b + 1) * latent; i++)
                    logDensity[b] += Density(z[i], oldMean[i], oldLogvar[i]).Log;
            }
        }

        /// <summary>dz -= weight_b * d log p(z) / dz.</summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="oldMean">B x Z.</param>
        /// <param name="oldLogvar">B x Z.</param>
        /// <param name="weight">Weight of each row's -log p in the loss, B.</param>
        /// <param name="dZ">Gradient of z, B x Z, added to; apart from all else.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(int rows, int latent, ReadOnlySpan<double> z, ReadOnlySpan<double> oldMean,
            ReadOnlySpan<double> oldLogvar, ReadOnlySpan<double> weight, Span<double> dZ)
        {
            CheckShapes(rows, latent, z.Length, oldMean.Length, oldLogvar.Length, weight.Length);
            Shape.Dense(nameof(dZ), dZ.Length, rows, latent);
            for (int b = 0; b < rows; b++)
                for (int i = b * latent; i < (b + 1) * latent; i++)
                    dZ[i] -= weight[b] * Density(z[i], oldMean[i], oldLogvar[i]).Slope;
        }

        /// <summary>
        /// log p of one dimension and its derivative, the mean of the three densities' own derivatives, each weighted
        /// by its part in p.
        /// </summary>
        private static (double Log, double Slope) Density(double z, double oldMean, double oldLogvar)
        {
            ReadOnlySpan<(double Share, double Mean, double Logvar)> normals =
                [(StandardShare, 0, 0), (OldShare, oldMean, oldLogvar), (WideShare, 0, WideLogvar)];
            double max = double.NegativeInfinity, sum = 0, slope = 0;
            foreach ((double share, double mean, double logvar) in normals)
                max = Math.Max(max, Log(share, mean, logvar));
            foreach ((double share, double mean, double logvar) in normals)
            {
                double part = Math.Exp(Log(share, mean, logvar) - max);
                sum += part;
                slope -= part * (z - mean) * Math.Exp(-logvar);
            }
            return (max + Math.Log(sum), slope / sum);

            double Log(double share, double mean, double logvar) =>
                Math.Log(share) - ((z - mean) * (z - mean) * Math.Exp(-logvar) + logvar) / 2;
        }
    }

    private static void CheckShapes(int rows, int latent, int z, int oldMean, int oldLogvar, int perRow)
    {
        Shape.Dense(nameof(z), z, rows, latent);
        Shape.Dense(nameof(oldMean), oldMean, rows, latent);
        Shape.Dense(nameof(oldLogvar), oldLogvar, rows, latent);
        Shape.Dense(nameof(perRow), perRow, rows, 1);
    }
}
