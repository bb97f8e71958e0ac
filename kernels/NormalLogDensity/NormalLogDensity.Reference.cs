using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The log density of a point under a normal distribution of its own, p = N(mean, exp logvar): the prior p(z1 | z2) of
/// the hierarchical model. Its gradient is that of the loss's term -weight * log p(z). -Z/2 log 2 pi is left out: it
/// cancels against log q.
/// </summary>
public static partial class NormalLogDensity
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>logDensity_b = -1/2 sum((z - mean)^2 / exp(logvar) + logvar).</summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="mean">B x Z.</param>
        /// <param name="logvar">B x Z.</param>
        /// <param name="logDensity">B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int latent, ReadOnlySpan<double> z, ReadOnlySpan<double> mean,
            ReadOnlySpan<double> logvar, Span<double> logDensity)
        {
            CheckShapes(rows, latent, z.Length, mean.Length, logvar.Length, logDensity.Length);
            for (int b = 0; b < rows; b++)
            {
                logDensity[b] = 0;
                for (int i = b * latent; i < (b + 1) * latent; i++)
                    logDensity[b] -= ((z[i] - mean[i]) * (z[i] - mean[i]) * Math.Exp(-logvar[i]) + logvar[i]) / 2;
            }
        }

        /// <summary>
        /// With t = (z - mean) / exp(logvar): dz += weight_b * t; dmean = -weight_b * t; dlogvar = weight_b / 2 * (1 -
        /// (z - mean) * t).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="mean">B x Z.</param>
        /// <param name="logvar">B x Z.</param>
        /// <param name="weight">Weight of each row's -log p in the loss, B.</param>
        /// <param name="dZ">Gradient of z, B x Z, added to.</param>
        /// <param name="dMean">Gradient of the mean, B x Z, overwritten.</param>
        /// <param name="dLogvar">Gradient of logvar, B x Z, overwritten. The three gradients are apart from each other
        /// and from all else.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(int rows, int latent, ReadOnlySpan<double> z, ReadOnlySpan<double> mean,
            ReadOnlySpan<double> logvar, ReadOnlySpan<double> weight, Span<double> dZ, Span<double> dMean,
            Span<double> dLogvar)
        {
            CheckShapes(rows, latent, z.Length, mean.Length, logvar.Length, weight.Length);
            CheckShapes(rows, latent, dZ.Length, dMean.Length, dLogvar.Length, weight.Length);
            for (int b = 0; b < rows; b++)
                for (int i = b * latent; i < (b + 1) * latent; i++)
                {
                    double difference = z[i] - mean[i], t = difference * Math.Exp(-logvar[i]);
                    dZ[i] += weight[b] * t;
                    dMean[i] = -weight[b] * t;
                    dLogvar[i] = weight[b] / 2 * (1 - difference * t);
                }
        }
    }

    private static void CheckShapes(int rows, int latent, int z, int mean, int logvar, int perRow)
    {
        Shape.Dense(nameof(z), z, rows, latent);
        Shape.Dense(nameof(mean), mean, rows, latent);
        Shape.Dense(nameof(logvar), logvar, rows, latent);
        Shape.Dense(nameof(perRow), perRow, rows, 1);
    }
}
