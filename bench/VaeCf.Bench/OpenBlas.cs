using System.Runtime.InteropServices;
using VaeCf.Kernels;

namespace VaeCf.Bench;

/// <summary>OpenBLAS's single-precision product, where the library is installed.</summary>
internal static unsafe class OpenBlas
{
    private const int RowMajor = 101, NoTrans = 111, Trans = 112;

    private static readonly nint library = Find();

    /// <summary>
    /// How it describes its version and this CPU, and <see cref="Settings"/>; null if it is not installed.
    /// </summary>
    public static string? Description => library == 0 ? null
        : Marshal.PtrToStringAnsi(
            (nint)((delegate* unmanaged<byte*>)NativeLibrary.GetExport(library, "openblas_get_config"))()) + Settings;

    /// <summary>Its settings in the environment, which may slow it down.</summary>
    public static string Settings { get; } = Machine.Variables("OPENBLAS_") is { Length: > 0 } settings
        ? $"; in the environment: {settings}" : "";

    /// <summary>C = op(A) op(B), as <see cref="Gemm.Cpu.Multiply"/>.</summary>
    public static void Multiply(int threads, Transpose transpose, int m, int n, int k, float* a, float* b, float* c)
    {
        ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads"))(threads);
        var sgemm = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*,
            int, void>)NativeLibrary.GetExport(library, "cblas_sgemm");
        sgemm(RowMajor, transpose == Transpose.A ? Trans : NoTrans, transpose == Transpose.B ? Trans : NoTrans, m, n, k,
            1, a, transpose == Transpose.A ? m : k, b, transpose == Transpose.B ? k : n, 0, c, n);
    }

    private static nint Find()
    {
        foreach (string name in (ReadOnlySpan<string>)["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib",
            "libopenblas.dll"])
            if (NativeLibrary.TryLoad(name, out nint handle))
                return handle;
        return 0;
    }
}
