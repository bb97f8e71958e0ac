using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>A folder that is deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("vaecf-bench-");

    public string this[string file] => Path.Combine(folder.FullName, file);

    public void Dispose() => folder.Delete(recursive: true);
}

/// <summary>A Mult-VAE of the paper's shape with its initial weights: as fast as a trained one.</summary>
internal static class FreshModel
{
    /// <summary>Its settings, which are the paper's.</summary>
    public static Settings Settings => MultVae.Type.Defaults;

    /// <summary>Its hidden units, H.</summary>
    public static int Hidden => Settings.Get(Autoencoders.Hidden)[0];

    /// <summary>Items with the ids 0 …</summary>
    public static Vocabulary Items(int count) => new([.. Enumerable.Range(0, count).Select(item => (long)item)]);

    public static void Save(string path, int items)
    {
        var split = new DataSplit(Items(items), new ClickMatrix(items, [0, 1], [0]), null, null);
        using Device device = Device.Cpu();
        using var run = new FitRun(split, Settings, device);
        using Recommender model = run.Fit.ToRecommender(
            new ModelInfo(Epoch: 0, Validation: null, split.Train.UserCount, TrainedOnCounts: false));
        model.Save(path);
    }
}
