using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// A sample z = mean + eps * exp(logvar / 2) of q = N(mean, exp logvar), and log q(z) of that very sample: the
/// encoder's half of a KL that is estimated by one sample, log q(z) - log p(z). Where the KL has a closed form
/// <see cref="Reparameterize"/> is used instead. Along the sample (z - mean)^2 / exp logvar = eps^2, so log q depends
/// on logvar alone. As in the other log densities, -Z/2 log 2 pi is left out: it cancels.
/// </summary>
public static partial class Sample
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>z = mean + eps * exp(logvar / 2); logDensity_b = -1/2 sum(eps^2 + logvar).</summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="mean">B x Z.</param>
        /// <param name="logvar">B x Z.</param>
        /// <param name="eps">Noise, B x Z.</param>
        /// <param name="z">B x Z, overwritten; apart from the noise.</param>
        /// <param name="logDensity">B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int latent, ReadOnlySpan<double> mean, ReadOnlySpan<double> logvar,
            ReadOnlySpan<double> eps, Span<double> z, Span<double> logDensity)
        {
            CheckShapes(rows, latent, mean.Length, logvar.Length, eps.Length, z.Length, logDensity.Length);
            for (int b = 0; b < rows; b++)
            {
                logDensity[b] = 0;
                for (int i = b * latent; i < (b + 1) * latent; i++)
                {
                    z[i] = mean[i] + eps[i] * Math.Exp(logvar[i] / 2);
                    logDensity[b] -= (eps[i] * eps[i] + logvar[i]) / 2;
                }
            }
        }

        /// <summary>dmean = dz; dlogvar = dz * eps * exp(logvar / 2) / 2 - weight_b / 2.</summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="logvar">B x Z.</param>
        /// <param name="eps">Noise, B x Z.</param>
        /// <param name="dZ">Gradient of z, B x Z.</param>
        /// <param name="weight">Weight of each row's log density in the loss, B.</param>
        /// <param name="dMean">Gradient of the mean, B x Z, overwritten; may be dZ itself.</param>
        /// <param name="dLogvar">Gradient of logvar, B x Z, overwritten; apart from dMean.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(int rows, int latent, ReadOnlySpan<double> logvar, ReadOnlySpan<double> eps,
            ReadOnlySpan<double> dZ, ReadOnlySpan<double> weight, Span<double> dMean, Span<double> dLogvar)
        {
            CheckShapes(rows, latent, dMean.Length, logvar.Length, eps.Length, dZ.Length, weight.Length);
            Shape.Dense(nameof(dLogvar), dLogvar.Length, rows, latent);
            for (int b = 0; b < rows; b++)
                for (int i = b * latent; i < (b + 1) * latent; i++)
                {
                    double d = dZ[i];
                    dMean[i] = d;
                    dLogvar[i] = d * eps[i] * Math.Exp(logvar[i] / 2) / 2 - weight[b] / 2;
                }
        }
    }

    private static void CheckShapes(int rows, int latent, int mean, int logvar, int eps, int z, int perRow)
    {
        Shape.Dense(nameof(mean), mean, rows, latent);
        Shape.Dense(nameof(logvar), logvar, rows, latent);
        Shape.Dense(nameof(eps), eps, rows, latent);
        Shape.Dense(nameof(z), z, rows, latent);
        Shape.Dense(nameof(perRow), perRow, rows, 1);
    }
}
