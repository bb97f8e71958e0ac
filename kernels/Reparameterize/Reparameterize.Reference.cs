namespace VaeCf.Kernels;

/// <summary>
/// The sampled latent of a variational encoder, z = mu + eps * exp(logvar / 2), and the divergence of N(mu,
/// exp(logvar)) from N(0, 1) per user. Called between encoder and decoder in training; prediction uses mu alone. It
/// draws no noise itself. Source: Kingma and Welling 2014, section 2.4 and appendix B.
/// </summary>
public static partial class Reparameterize
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>z = mu + eps * exp(logvar / 2); kl_b = -1/2 sum(1 + logvar - mu^2 - exp(logvar)).</summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="head">[mu | logvar], B x 2Z.</param>
        /// <param name="eps">Noise, B x Z.</param>
        /// <param name="z">The sample, B x Z, overwritten; may be eps itself.</param>
        /// <param name="kl">B, overwritten, in nats.</param>
        /// <param name="sampling">The deviation: by default as above.</param>
        public static void Forward(int rows, int latent, ReadOnlySpan<double> head, ReadOnlySpan<double> eps,
            Span<double> z, Span<double> kl, Sampling sampling = Sampling.HalfLogvar)
        {
            double power = PowerOf(sampling);
            for (int b = 0; b < rows; b++)
            {
                kl[b] = 0;
                for (int k = 0; k < latent; k++)
                {
                    double mu = head[b * 2 * latent + k], logvar = head[b * 2 * latent + latent + k];
                    z[b * latent + k] = mu + eps[b * latent + k] * Math.Exp(power * logvar);
                    kl[b] -= (1 + logvar - mu * mu - Math.Exp(logvar)) / 2;
                }
            }
        }

        /// <summary>
        /// dmu = dz + k_b mu; dlogvar = dz eps exp(logvar / 2) / 2 + k_b (exp(logvar) - 1) / 2, with k_b = klScale
        /// klWeight_b.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="latent">Z.</param>
        /// <param name="head">[mu | logvar], B x 2Z.</param>
        /// <param name="eps">Noise, B x Z.</param>
        /// <param name="dZ">Gradient of z, B x Z.</param>
        /// <param name="klScale">Weight of each kl_b in the loss: beta / B.</param>
        /// <param name="klWeights">B: a factor more of each kl_b; or empty: 1.</param>
        /// <param name="sampling">What <see cref="Forward"/> was given.</param>
        /// <param name="dHead">[dmu | dlogvar], B x 2Z, overwritten; may be head itself.</param>
        public static void Backward(int rows, int latent, ReadOnlySpan<double> head, ReadOnlySpan<double> eps,
            ReadOnlySpan<double> dZ, double klScale, Span<double> dHead, ReadOnlySpan<double> klWeights = default,
            Sampling sampling = Sampling.HalfLogvar)
        {
            double power = PowerOf(sampling);
            for (int b = 0; b < rows; b++)
            {
                double scale = klWeights.IsEmpty ? klScale : klScale * klWeights[b];
                for (int k = 0; k < latent; k++)
                {
                    int atMu = b * 2 * latent + k, atLogvar = atMu + latent;
                    double mu = head[atMu], logvar = head[atLogvar], d = dZ[b * latent + k];
                    dHead[atMu] = d + scale * mu;
                    dHead[atLogvar] = d * eps[b * latent + k] * Math.Exp(power * logvar) * power
                        + scale * (Math.Exp(logvar) - 1) / 2;
                }
            }
        }
    }

    // p of the deviation exp(p l).
    internal static float PowerOf(Sampling sampling) => sampling switch
    {
        Sampling.HalfLogvar => 0.5f,
        Sampling.LogSigma => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(sampling), sampling,
            $"expected {string.Join(" or ", Enum.GetNames<Sampling>())}"),
    };
}
