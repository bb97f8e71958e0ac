using System.Runtime.InteropServices;
using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Bench;

/// <summary>cuBLAS's single-precision product, where the library is installed.</summary>
internal sealed unsafe class CuBlas : IDisposable
{
    // cublasOperation_t and cublasMath_t
    private const int NoTranspose = 0, Transposed = 1, DefaultMath = 0, Tf32Math = 3;

    private static readonly nint library = Find();

    private readonly nint handle;

    /// <summary>A handle that queues work on the stream of our own kernels.</summary>
    public CuBlas(CudaContext gpu)
    {
        nint created;
        Check("cublasCreate_v2", ((delegate* unmanaged<nint*, int>)Export("cublasCreate_v2"))(&created));
        handle = created;
        Check("cublasSetStream_v2",
            ((delegate* unmanaged<nint, nint, int>)Export("cublasSetStream_v2"))(handle, gpu.Stream));
    }

    /// <summary>Whether the library is installed.</summary>
    public static bool IsInstalled => library != 0;

    /// <summary>Queues C = op(A) op(B), row-major: column-major it is C^T = op(B)^T op(A)^T.</summary>
    public void Multiply(bool tf32, Transpose transpose, int m, int n, int k, CudaView a, CudaView b, CudaView c)
    {
        Check("cublasSetMathMode",
            ((delegate* unmanaged<nint, int, int>)Export("cublasSetMathMode"))(handle, tf32 ? Tf32Math : DefaultMath));
        float one = 1, zero = 0;
        var sgemm = (delegate* unmanaged<nint, int, int, int, int, int, float*, ulong, int, ulong, int, float*, ulong,
            int, int>)Export("cublasSgemm_v2");
        Check("cublasSgemm_v2", sgemm(handle, transpose == Transpose.B ? Transposed : NoTranspose,
            transpose == Transpose.A ? Transposed : NoTranspose, n, m, k, &one, b.Address,
            transpose == Transpose.B ? k : n, a.Address, transpose == Transpose.A ? m : k, &zero, c.Address, n));
    }

    private static void Check(string call, int status)
    {
        if (status != 0)
            throw new InvalidOperationException($"{call}: status {status}");
    }

    private static nint Export(string name) => NativeLibrary.GetExport(library, name);

    private static nint Find()
    {
        foreach (string name in (ReadOnlySpan<string>)["libcublas.so.13", "libcublas.so.12", "libcublas.so.11",
            "cublas64_13.dll", "cublas64_12.dll"])
            if (NativeLibrary.TryLoad(name, out nint found))
                return found;
        return 0;
    }

    public void Dispose() => Check(
        "cublasDestroy_v2", ((delegate* unmanaged<nint, int>)Export("cublasDestroy_v2"))(handle));
}
