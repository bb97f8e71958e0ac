namespace VaeCf.Kernels;

/// <summary>How similar two items are, from the users who clicked both.</summary>
public enum ItemSimilarity
{
    /// <summary>G_ij / (sqrt(G_ii G_jj) + shrink), G = X'X.</summary>
    Cosine,
    /// <summary>G_ij / (G_ii + G_jj - G_ij + shrink).</summary>
    Jaccard,
}
