using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Endurance.Fuzz;

/// <summary>A few clicks, and a model of every kind that is trained on them: files of a few kilobytes.</summary>
internal static class SmallData
{
    /// <summary>What everything runs on: the watch looks at one thread.</summary>
    public static Device Device { get; } = Device.Cpu(threads: 1);

    public static ClickData Clicks { get; } = ClickData.From(
        from user in Enumerable.Range(0, 12)
        from item in Enumerable.Range(0, 6)
        select ($"{user}", $"{(user + item * item) % 13}"));

    public static DataSplit Split { get; } = Splits.StrongGeneralization(Clicks, new() { HeldOutUsers = 2 }).Split;

    private static readonly DataSplit rated = Splits.Ratings(Rated()).Split;

    /// <summary>What a model is trained on: clicks, or ratings if it predicts them.</summary>
    public static DataSplit SplitFor(ModelType type) => type.PredictsRatings ? rated : Split;

    private static ClickData Rated()
    {
        var ratings = new ClickBuilder(new ReadOptions { KeepCounts = true });
        foreach (int user in Enumerable.Range(0, 12))
            foreach (int item in Enumerable.Range(0, 6))
                ratings.Add($"{user}", $"{(user + item * item) % 13}", 1 + (user + item) % 5);
        return ratings.Build();
    }

    /// <summary>Every model but those that are made from files.</summary>
    public static IEnumerable<Settings> Models
    {
        get
        {
            Catalog.Add(Baselines.BaselineModels.All);
            return Catalog.All.Where(type => !type.Settings.Any(setting => setting is Setting<string>))
                .Select(type => Narrow(type.Defaults));
        }
    }

    private static readonly (string Setting, string Value)[] narrow =
    [
        ("hidden", "3"), ("widths", "3"), ("latent", "2"), ("components", "2"), ("factors", "3"), ("units", "3"),
        ("embedding", "3"), ("state", "3"),
        ("epochs", "4"),
    ];

    private static Settings Narrow(Settings settings) =>
        narrow.Where(one => settings.Type.Find(one.Setting) is not null)
            .Aggregate(settings, (narrowed, one) => narrowed.With(one.Setting, one.Value));
}
