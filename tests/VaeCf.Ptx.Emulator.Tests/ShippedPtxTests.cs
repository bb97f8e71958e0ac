namespace VaeCf.Ptx.Emulator.Tests;

public class ShippedPtxTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Repository.PathOf("kernels/ptx"), "*.ptx").Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_kernel_that_we_ship_is_understood(string file)
    {
        IReadOnlyDictionary<string, PtxProgram> kernels = PtxProgram.Load(
            File.ReadAllText(Repository.PathOf($"kernels/ptx/{file}")));

        Assert.All(kernels.Keys,
            name => Assert.StartsWith(Path.GetFileNameWithoutExtension(file) + "_", name, StringComparison.Ordinal));
        Assert.NotEmpty(kernels);
    }
}
