namespace VaeCf.Cli.Tests;

/// <summary>A model trained once for the tests that use one, and the folder it was trained on.</summary>
public sealed class TrainedModel : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainedModel()
    {
        Split = TinySplit.Write(folder);
        Path = folder["model.safetensors"];
        Assert.Equal(0, TinySplit.Train(Split, Path, "40", "--keep", "0.8").ExitCode);
    }

    public string Path { get; }

    public string Split { get; }

    public void Dispose() => folder.Dispose();
}
