using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

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

    /// <summary>Every model but those that are made from files.</summary>
    public static IEnumerable<Settings> Models
    {
        get
        {
            Catalog.Add(Baselines.BaselineModels.All);
            return Catalog.All.Where(type => !type.Settings.Any(setting => setting is Setting<string>))
                .Select(type => !type.Defaults.Has(Autoencoders.Hidden) ? type.Defaults : Narrow(type.Defaults));
        }
    }

    private static Settings Narrow(Settings settings)
    {
        settings = settings.With(Autoencoders.Hidden, [3]).With(Autoencoders.Latent, 2)
            .With(GradientFit.EpochCount, 4);
        return settings.Has(Autoencoders.Components) ? settings.With(Autoencoders.Components, 2) : settings;
    }
}
