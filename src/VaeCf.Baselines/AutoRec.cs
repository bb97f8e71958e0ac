using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines;

/// <summary>What turns AutoRec's gradients into steps.</summary>
public enum AutoRecOptimizer
{
    /// <summary>Adam, on batches of rows.</summary>
    Adam,
    /// <summary>RProp, on all rows at once, whatever the batch size.</summary>
    RProp,
}

/// <summary>
/// AutoRec (Sedhain and others 2015): an autoencoder of rows of ratings. A row r is an item's ratings by all users
/// (I-AutoRec) or a user's of all items (U-AutoRec), 0 where there is none:
///
///     h = s(r V + mu)        f = h W' + b        loss = sum over the ratings (r - f)^2 + lambda/2 (|V|^2 + |W|^2)
///
/// V and W have a row for each column of r, so that neither input nor output is ever made dense: an update takes time
/// in the number of ratings times K.
/// </summary>
public static class AutoRec
{
    /// <summary>Hidden units, K; 500 by default.</summary>
    public static readonly Setting<int> Units =
        Setting.Width("units", "Hidden units, K.", 500, paper: Setting.Same);

    /// <summary>
    /// Strength of the L2 term on the weights, not on the biases; 100 by default, the best of 3, 10, 30, 100 and 400
    /// with 500 units on ml-latest-small. A batch of rows has its share of it.
    /// </summary>
    public static readonly Setting<double> Lambda = Setting.Number("lambda",
        "Strength of the L2 term, lambda/2 (|V|^2 + |W|^2) beside the sum of squared errors over all rows.", 100,
        paper: "the best of 0.001 to 1,000; the authors' program has what is 400 here on ML-1M");

    /// <summary>What turns gradients into steps; Adam by default.</summary>
    public static readonly Setting<AutoRecOptimizer> Optimizer = Setting.Choice("optimizer",
        "What turns gradients into steps: adam, on batches; rprop, on all rows at once.", AutoRecOptimizer.Adam,
        paper: "RProp, or L-BFGS, which is not offered");

    /// <summary>Adam's learning rate, or the first step size of RProp; 0.001 by default.</summary>
    public static readonly Setting<double> LearningRate = Setting.Positive("learning_rate",
        "Adam's learning rate, or the first step size of RProp.", 1e-3, option: "--lr");

    internal static readonly IReadOnlyList<Setting> Settings =
    [
        Units, Lambda, Optimizer, LearningRate,
        GradientFit.EpochCount, GradientFit.BatchSize.WithDefault(512), FitRun.ValidateEvery, FitRun.Patience,
        GradientFit.Seed,
    ];

    internal static readonly IReadOnlyList<SettingGrid> Grid =
        [Lambda.Over(3, 10, 30, 100, 300), LearningRate.Over(1e-3, 3e-3)];

    internal const string Paper =
        "Sedhain, Menon, Sanner, Xie 2015, AutoRec: autoencoders meet collaborative filtering (WWW 2015 companion)";
}
