using System.Security.Cryptography;
using System.Text;

/// <summary>What the PTX of an operation is compiled from, and the line at its head that says so.</summary>
internal static class PtxSources
{
    /// <summary>
    /// The first line of an operation's PTX: a hash of its GPU and launch sources, of what all kernels share, and of
    /// the compiler's own.
    /// </summary>
    /// <param name="kernels">The folder of the kernels.</param>
    /// <param name="op">Name of the operation, with which its sources' names begin.</param>
    public static string Header(string kernels, string op)
    {
        string[] files =
        [
            .. Directory.GetFiles(kernels, $"{op}.*Gpu.cs", SearchOption.AllDirectories),
            .. Directory.GetFiles(kernels, $"{op}.Launch.cs", SearchOption.AllDirectories),
            .. Directory.GetFiles(Path.Combine(kernels, "Common"), "*.Gpu.cs"),
            .. Directory.GetFiles(Path.Combine(kernels, "Common"), "*.Launch.cs"),
            Path.Combine(kernels, "Common", "Arithmetic.cs"), Path.Combine(kernels, "Common", "SimdMath.cs"),
            Path.Combine(kernels, "Common", "Units.cs"),
            Path.Combine(kernels, "Philox", "Philox.cs"), Path.Combine(kernels, "Philox", "Philox.Launch.cs"),
            Path.Combine(kernels, "VaeCf.Kernels.Ptx", "KernelCompiler.cs"),
            Path.Combine(kernels, "VaeCf.Kernels.Ptx", "PtxModule.cs"),
        ];
        Array.Sort(files, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
            hash.AppendData(Encoding.UTF8.GetBytes(File.ReadAllText(file).ReplaceLineEndings("\n")));
        return $"// sources: {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
