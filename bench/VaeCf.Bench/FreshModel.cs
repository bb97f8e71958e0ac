using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>A folder that is deleted in the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("vaecf-bench-");

    public string this[string file] => Path.Combine(folder.FullName, file);

    public void Dispose() => folder.Delete(recursive: true);
}

/// <summary>A model of the paper's shape with its initial weights: as fast as a trained one.</summary>
internal static class FreshModel
{
    public static void Save(string path, int items)
    {
        var split = new DataSplit(new Vocabulary([.. Enumerable.Range(0, items).Select(item => (long)item)]), new ClickMatrix(items, [0, 1], [0]), null, null);
        using Device device = Device.Cpu();
        using var trainer = new Trainer(split, new ModelConfig(), device: device);
        // Stopped before its first update.
        using Model model = trainer.Run(cancellationToken: new CancellationToken(canceled: true));
        model.Save(path);
    }
}
