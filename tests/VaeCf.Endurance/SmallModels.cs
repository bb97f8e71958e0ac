using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Endurance;

/// <summary>The clicks and the models of the long tests: small, so that much happens in a minute.</summary>
internal static class SmallModels
{
    private const int Users = 400, Items = 120, Groups = 6;

    /// <summary>Every model of the catalog, the baselines among them, but for those that are made from files.</summary>
    public static IReadOnlyList<ModelType> Types { get; } = AllTypes();

    /// <summary>
    /// Clicks of users of a few tastes, each with items of its own, or their ratings; the same for the same seed.
    /// </summary>
    public static ClickData Clicks(int seed, bool rated = false)
    {
        var random = new Random(seed);
        var clicks = new ClickBuilder(new ReadOptions { KeepCounts = rated });
        for (int user = 0; user < Users; user++)
            foreach (int item in Enumerable.Range(0, 12).Select(_ => random.Next(2 * Items / Groups)).Distinct())
                clicks.Add($"u{user}", $"i{user % Groups * (Items / Groups) + item}", 1 + item % 5);
        return clicks.Build();
    }

    /// <summary>What a model is trained on: clicks with held-out users, or ratings if it predicts them.</summary>
    public static DataSplit Split(ModelType type, int seed) => type.PredictsRatings
        ? Splits.Ratings(Clicks(seed, rated: true)).Split : Splits.StrongGeneralization(Clicks(seed)).Split;

    /// <summary>What makes a model of the type small, as text.</summary>
    public static IEnumerable<(Setting Setting, string Value)> Shape(ModelType type, int epochs)
    {
        (Setting Setting, string)[] small =
        [
            (Autoencoders.Hidden, type == HVamp.Type || type == RecVae.Type ? "24,24" : "24"),
            (Autoencoders.Latent, "8"), (Autoencoders.Components, "7"), (GradientFit.BatchSize, "50"),
            (Svae.Embedding, "16"), (Svae.State, "16"), (Ae.Widths, "24"), (Wmf.Factors, "8"), (AutoRec.Units, "8"),
            (GradientFit.EpochCount, $"{epochs}"), (FitRun.Patience, "0"),
            (FitRun.ValidateEvery, "1"),
        ];
        return small.Where(one => type.Defaults.Has(one.Setting));
    }

    /// <summary>Settings of a small model of the type.</summary>
    public static Settings Of(ModelType type, int epochs) => Shape(type, epochs)
        .Aggregate(type.Defaults, (settings, one) => settings.With(one.Setting.Name, one.Value));

    private static IReadOnlyList<ModelType> AllTypes()
    {
        Catalog.Add(BaselineModels.All);
        return [.. Catalog.All.Where(type => !type.Settings.Any(setting => setting is Setting<string>))];
    }
}
