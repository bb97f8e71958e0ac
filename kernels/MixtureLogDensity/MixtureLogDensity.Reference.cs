using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The log density of points under one equally weighted mixture of normals, p(z) = 1/C sum_c N(z; mean_c, exp
/// logvar_c): the VampPrior, whose components are the encoder's answers to C pseudo-inputs. Its gradient is that of the
/// loss's term -weight * log p(z). -Z/2 log 2 pi is left out: it cancels against log q. Source: Tomczak and Welling
/// 2018, equation 9.
/// </summary>
public static partial class MixtureLogDensity
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// With e[b, c] = -1/2 sum_z((z_b - mean_c)^2 / exp(logvar_c) + logvar_c): logDensity_b = log(1/C sum_c exp
        /// e[b, c]); responsibilities[b, c] = exp e[b, c] / sum over c of exp e[b, c].
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="components">C, at least 1.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="mean">C x Z.</param>
        /// <param name="logvar">C x Z.</param>
        /// <param name="responsibilities">B x C, overwritten.</param>
        /// <param name="logDensity">B, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or there is no
        /// component.</exception>
        public static void Forward(int rows, int components, int latent, ReadOnlySpan<double> z,
            ReadOnlySpan<double> mean, ReadOnlySpan<double> logvar, Span<double> responsibilities,
            Span<double> logDensity)
        {
            CheckShapes(rows, components, latent, z.Length, mean.Length, logvar.Length, responsibilities.Length,
                logDensity.Length);
            for (int b = 0; b < rows; b++)
            {
                Span<double> e = responsibilities.Slice(b * components, components);
                e.Clear();
                double max = double.NegativeInfinity, sum = 0;
                for (int c = 0; c < components; c++)
                {
                    for (int i = 0; i < latent; i++)
                    {
                        double difference = z[b * latent + i] - mean[c * latent + i], log = logvar[c * latent + i];
                        e[c] -= (difference * difference * Math.Exp(-log) + log) / 2;
                    }
                    max = Math.Max(max, e[c]);
                }
                for (int c = 0; c < components; c++)
                    sum += e[c] = Math.Exp(e[c] - max);
                for (int c = 0; c < components; c++)
                    e[c] /= sum;
                logDensity[b] = max + Math.Log(sum) - Math.Log(components);
            }
        }

        /// <summary>
        /// With r the responsibilities, d = z_b - mean_c and t = d / exp(logvar_c): dz_b += weight_b * sum_c r t;
        /// dmean_c = -sum_b weight_b r t; dlogvar_c = 1/2 sum_b weight_b r (1 - d t).
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="components">C, at least 1.</param>
        /// <param name="latent">Z.</param>
        /// <param name="z">B x Z.</param>
        /// <param name="mean">C x Z.</param>
        /// <param name="logvar">C x Z.</param>
        /// <param name="responsibilities">What <see cref="Forward"/> gave, B x C.</param>
        /// <param name="weight">Weight of each row's -log p in the loss, B.</param>
        /// <param name="dZ">Gradient of z, B x Z, added to.</param>
        /// <param name="dMean">Gradient of the means, C x Z, overwritten.</param>
        /// <param name="dLogvar">Gradient of logvar, C x Z, overwritten. The three gradients are apart from each other
        /// and from all else.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape, or there is no
        /// component.</exception>
        public static void Backward(int rows, int components, int latent, ReadOnlySpan<double> z,
            ReadOnlySpan<double> mean, ReadOnlySpan<double> logvar, ReadOnlySpan<double> responsibilities,
            ReadOnlySpan<double> weight, Span<double> dZ, Span<double> dMean, Span<double> dLogvar)
        {
            CheckShapes(rows, components, latent, z.Length, mean.Length, logvar.Length, responsibilities.Length,
                weight.Length);
            CheckShapes(rows, components, latent, dZ.Length, dMean.Length, dLogvar.Length, responsibilities.Length,
                weight.Length);
            dMean.Clear();
            dLogvar.Clear();
            for (int b = 0; b < rows; b++)
                for (int c = 0; c < components; c++)
                {
                    double share = weight[b] * responsibilities[b * components + c];
                    for (int i = 0; i < latent; i++)
                    {
                        double difference = z[b * latent + i] - mean[c * latent + i],
                            t = difference * Math.Exp(-logvar[c * latent + i]);
                        dZ[b * latent + i] += share * t;
                        dMean[c * latent + i] -= share * t;
                        dLogvar[c * latent + i] += share * (1 - difference * t) / 2;
                    }
                }
        }
    }

    private static void CheckShapes(int rows, int components, int latent, int z, int mean, int logvar,
        int responsibilities, int perRow)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(components, 1);
        Shape.Dense(nameof(z), z, rows, latent);
        Shape.Dense(nameof(mean), mean, components, latent);
        Shape.Dense(nameof(logvar), logvar, components, latent);
        Shape.Dense(nameof(responsibilities), responsibilities, rows, components);
        Shape.Dense(nameof(perRow), perRow, rows, 1);
    }
}
