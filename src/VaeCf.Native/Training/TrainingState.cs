using VaeCf.Native.Devices;

namespace VaeCf.Native.Training;

/// <summary>What an epoch came to.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Beta">Weight of the KL in its last update.</param>
/// <param name="Loss">Mean over its users, as every mean here, of what training minimises.</param>
/// <param name="Reconstruction">Mean negative log-likelihood.</param>
/// <param name="Kl">Mean KL, not weighted; RecVAE's times the user's clicks, as its loss has it.</param>
/// <param name="ValidationNdcg">NDCG@100 on the validation users; null where the epoch was not validated.</param>
public sealed record EpochSummary(int Epoch, double Beta, double Loss, double Reconstruction, double Kl, double? ValidationNdcg);

/// <summary>The best model so far.</summary>
/// <param name="Epoch">The epoch it was validated after.</param>
/// <param name="ValidationNdcg">Its NDCG@100.</param>
/// <param name="Weights">Its parameters, in the model's order.</param>
public sealed record BestModel(int Epoch, double ValidationNdcg, float[][] Weights);

/// <summary>
/// All that a training run is at a step: from it, the data and the options, the run goes on to the same bits as if it
/// had never stopped.
/// </summary>
public sealed record TrainingState
{
    /// <summary>Updates made.</summary>
    public long Step { get; init; }

    /// <summary>Epochs finished.</summary>
    public int Epoch { get; init; }

    /// <summary>Users of the running epoch that were trained on.</summary>
    public int Position { get; init; }

    /// <summary>The running epoch's order of the users.</summary>
    public required int[] Permutation { get; init; }

    /// <summary>Sums of loss, reconstruction and KL over those users.</summary>
    public (double Loss, double Reconstruction, double Kl) Sums { get; init; }

    /// <summary>Parameters, in the model's order.</summary>
    public required float[][] Weights { get; init; }

    /// <summary>Adam's first moments, in the same order.</summary>
    public required float[][] FirstMoments { get; init; }

    /// <summary>Adam's second moments.</summary>
    public required float[][] SecondMoments { get; init; }

    /// <summary>The copy of the encoder that RecVAE's prior is made of; of other models none.</summary>
    public float[][] Frozen { get; init; } = [];

    /// <summary>The best model so far; null before the first validation.</summary>
    public BestModel? Best { get; init; }

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<EpochSummary> History { get; init; } = [];

    internal static float[][] Read(Compute c, IEnumerable<Tensor> tensors) => [.. tensors.Select(tensor =>
    {
        var values = new float[tensor.Length];
        c.Read(tensor, values);
        return values;
    })];

    internal static void Write(Compute c, float[][] values, IEnumerable<Tensor> tensors)
    {
        foreach ((float[] source, Tensor target) in values.Zip(tensors))
            c.Write(source, target);
    }
}
