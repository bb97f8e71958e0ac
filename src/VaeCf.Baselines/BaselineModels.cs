using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines;

/// <summary>The models of this assembly.</summary>
public static class BaselineModels
{
    /// <summary>All of them; a program that loads their files adds them to <see cref="Catalog"/>.</summary>
    public static IReadOnlyList<ModelType> All { get; } =
    [
        Popularity.Type,
        Ease.Type,
        Slim.Type,
        ItemKnn.Type,
        Wmf.Type,
        UserKnn.Type,
        ContentKnn.Type,
        Nmf.Type,
        RandomItems.Type,
        Hybrid.Type,
        Ae.Type,
        DeepCollaborative.Type,
        Cdae.Type,
        Svae.Type,
        Gmf.Type,
        Mlp.Type,
        NeuMf.Type,
        GlobalMean.Type,
        Biases.Type,
        ItemAutoRec.Type,
        UserAutoRec.Type,
        DeepRec.Type,
        Rbm.Type,
        ClickRbm.Type,
    ];
}
