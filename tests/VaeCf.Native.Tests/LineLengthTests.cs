namespace VaeCf.Native.Tests;

/// <summary>Lines of C# are at most 120 columns wide.</summary>
public class LineLengthTests
{
    private const int Columns = 120;

    /// <summary>
    /// Files that are not wrapped yet, and the largest number of wider lines that each may have. No file is added and
    /// no number raised; a file that is wrapped leaves the list. The GPU's sources and what is compiled with them stay:
    /// the PTX files hold a hash of these sources, and a changed hash means that the PTX is to be compiled anew.
    /// </summary>
    private static readonly Dictionary<string, int> allowed = new()
    {
        ["kernels/Adam/Adam.Gpu.cs"] = 2,
        ["kernels/Batch/Batch.Gpu.cs"] = 14,
        ["kernels/Bias/Bias.Gpu.cs"] = 4,
        ["kernels/Common/AdamConstants.Gpu.cs"] = 1,
        ["kernels/Common/Arithmetic.cs"] = 2,
        ["kernels/Common/GpuFloat.Gpu.cs"] = 3,
        ["kernels/Common/Ptx.Gpu.cs"] = 13,
        ["kernels/Common/Reduce.Gpu.cs"] = 3,
        ["kernels/Common/RowLoss.Gpu.cs"] = 6,
        ["kernels/Common/SimdMath.cs"] = 5,
        ["kernels/Common/Threads.Gpu.cs"] = 1,
        ["kernels/Common/Tile.Gpu.cs"] = 2,
        ["kernels/CompositeLogDensity/CompositeLogDensity.Gpu.cs"] = 5,
        ["kernels/Dropout/Dropout.Gpu.cs"] = 6,
        ["kernels/Gate/Gate.Gpu.cs"] = 1,
        ["kernels/GaussianLoss/GaussianLoss.Gpu.cs"] = 3,
        ["kernels/Gemm/Gemm.Buffered.Gpu.cs"] = 13,
        ["kernels/Gemm/Gemm.Copies.Gpu.cs"] = 13,
        ["kernels/Gemm/Gemm.Gpu.cs"] = 4,
        ["kernels/Gemm/Gemm.RegisterTile.Gpu.cs"] = 3,
        ["kernels/Gemm/Gemm.Slabs.Gpu.cs"] = 18,
        ["kernels/Gemm/Gemm.Targets.Gpu.cs"] = 9,
        ["kernels/Gemm/Gemm.TensorCore.Gpu.cs"] = 33,
        ["kernels/LayerNorm/LayerNorm.Gpu.cs"] = 10,
        ["kernels/LogSoftmax/LogSoftmax.Gpu.cs"] = 4,
        ["kernels/LogisticLoss/LogisticLoss.Gpu.cs"] = 3,
        ["kernels/MixtureLogDensity/MixtureLogDensity.Gpu.cs"] = 12,
        ["kernels/NormalLogDensity/NormalLogDensity.Gpu.cs"] = 5,
        ["kernels/OutputLayer/OutputLayer.Gpu.cs"] = 19,
        ["kernels/Philox/Normal.Gpu.cs"] = 3,
        ["kernels/Philox/Philox.cs"] = 5,
        ["kernels/Reparameterize/Reparameterize.Gpu.cs"] = 4,
        ["kernels/RowNormalize/RowNormalize.Gpu.cs"] = 4,
        ["kernels/Sample/Sample.Gpu.cs"] = 5,
        ["kernels/SparseGemm/SparseGemm.Gpu.cs"] = 9,
        ["kernels/SquaredNorm/SquaredNorm.Gpu.cs"] = 2,
        ["kernels/Tanh/Tanh.Gpu.cs"] = 1,
        ["kernels/TopK/TopK.Gpu.cs"] = 9,
        ["kernels/VaeCf.Kernels.Ptx/KernelCompiler.cs"] = 5,
        ["kernels/VaeCf.Kernels.Ptx/PtxModule.cs"] = 7,
    };

    [Fact]
    public void No_line_is_wider_than_120_columns()
    {
        List<string> wide = [];
        foreach (string file in SourceFiles())
        {
            string[] lines = Repository.Lines(file);
            int[] wider = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].Length > Columns)];
            if (wider.Length > allowed.GetValueOrDefault(file))
                wide.AddRange(wider.Select(i => $"{file}:{i + 1}: {lines[i].Length} columns"));
        }
        Assert.True(wide.Count == 0, string.Join('\n', wide));
    }

    private static IEnumerable<string> SourceFiles() =>
        from folder in new[] { "bench", "kernels", "samples", "src", "tests" }
        from path in Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
        let file = Path.GetRelativePath(Repository.PathOf("."), path).Replace('\\', '/')
        where !file.Split('/').Any(part => part is "bin" or "obj")
        select file;
}
