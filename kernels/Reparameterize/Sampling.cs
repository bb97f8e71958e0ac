namespace VaeCf.Kernels;

/// <summary>How a sampled latent takes its deviation from the log-variance l, which its divergence is of.</summary>
public enum Sampling
{
    /// <summary>z = mu + eps exp(l / 2).</summary>
    HalfLogvar,
    /// <summary>
    /// z = mu + eps exp(l), as if l were the logarithm of the deviation: not the normal distribution whose divergence
    /// is in the loss, but what some programs do.
    /// </summary>
    LogSigma,
}
