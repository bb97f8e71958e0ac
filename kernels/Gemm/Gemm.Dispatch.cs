using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// C = op(A) op(B), where <paramref name="transpose"/> says whether op transposes A, B or neither.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="transpose">Which operand is transposed.</param>
    /// <param name="a">[M, K], or [K, M] where it is transposed.</param>
    /// <param name="b">[K, N], or [N, K] where it is transposed.</param>
    /// <param name="product">C, [M, N]; apart from A and B.</param>
    public static void Gemm(this Compute c, Transpose transpose, Tensor a, Tensor b, Tensor product)
    {
        (int m, int n, int k) = GemmSizes(transpose, a, b, product);
        product.Resize(m);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Gemm.Cpu.Multiply(cpu.Workers, transpose, m, n, k, cpu[a], cpu[b], cpu[product]);
                break;
            case CudaCompute cuda:
                Multiply(cuda, transpose, cuda[a], cuda[b], cuda[product], m, n, k, accumulate: false);
                break;
            case ReferenceCompute r: Kernels.Gemm.Reference.Multiply(transpose, m, n, k, r[a], r[b], r[product]); break;
            default: throw c.Lacks(nameof(Gemm));
        }
    }

    /// <summary>C += op(A) op(B): each sum continues from what C holds.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="transpose">Which operand is transposed.</param>
    /// <param name="a">[M, K], or [K, M] where it is transposed.</param>
    /// <param name="b">[K, N], or [N, K] where it is transposed.</param>
    /// <param name="sum">C, [M, N], which keeps its rows; apart from A and B.</param>
    public static void GemmAdd(this Compute c, Transpose transpose, Tensor a, Tensor b, Tensor sum)
    {
        (int m, int n, int k) = GemmSizes(transpose, a, b, sum);
        sum.Expect(m, n);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Gemm.Cpu.MultiplyAdd(cpu.Workers, transpose, m, n, k, cpu[a], cpu[b], cpu[sum]);
                break;
            case CudaCompute cuda:
                Multiply(cuda, transpose, cuda[a], cuda[b], cuda[sum], m, n, k, accumulate: true);
                break;
            case ReferenceCompute r: Kernels.Gemm.Reference.MultiplyAdd(transpose, m, n, k, r[a], r[b], r[sum]); break;
            default: throw c.Lacks(nameof(GemmAdd));
        }
    }

    private static (int M, int N, int K) GemmSizes(Transpose transpose, Tensor a, Tensor b, Tensor product)
    {
        (int m, int k) = transpose == Transpose.A ? (a.Columns, a.Rows) : (a.Rows, a.Columns);
        int n = product.Columns;
        if (transpose == Transpose.B)
            b.Expect(n, k);
        else
            b.Expect(k, n);
        return (m, n, k);
    }

    // Sums are split to fill the GPU with blocks, but into parts no shorter than this.
    private const int LeastDepth = 128;

    private static CudaDim GemmGrid(int m, int n) =>
        new(CudaCompute.Cover(n, GemmLaunch.TileSide), CudaCompute.Cover(m, GemmLaunch.TileSide));

    private static readonly CudaDim gemmBlock = new(GemmLaunch.TileThreads);

    // By precision: the kernels of Transpose.None, A and B, and the one that updates a weight.
    private const int GemmUpdate = 3;
    private static readonly string[][] gemmKernels = [.. Enum.GetValues<ProductPrecision>().Select(GemmKernels)];

    private static string[] GemmKernels(ProductPrecision products)
    {
        string suffix = products == ProductPrecision.Single ? "" : $"{products}";
        return [$"Gemm_None{suffix}", $"Gemm_A{suffix}", $"Gemm_B{suffix}", $"Gemm_Update{suffix}"];
    }

    // C (+)= op(A) op(B). Split sums are added in order: the bits depend on the GPU's size, not on the run.
    private static void Multiply(
        CudaCompute cuda, Transpose transpose, CudaView a, CudaView b, CudaView c, int m, int n, int k, bool accumulate)
    {
        string kernel = gemmKernels[(int)cuda.Products][(int)transpose];
        CudaDim grid = GemmGrid(m, n);
        int splits = Math.Min(GemmLaunch.TileBlocks * cuda.Context.Gpu.Multiprocessors / Math.Max(1, grid.X * grid.Y),
            k / LeastDepth);
        if (splits <= 1)
        {
            cuda.Context.Launch(kernel, grid, gemmBlock, a, b, c, m, n, k, k, accumulate ? 1 : 0);
            return;
        }
        int depth = CudaCompute.Cover(CudaCompute.Cover(k, splits), GemmLaunch.CopyDepth) * GemmLaunch.CopyDepth;
        splits = CudaCompute.Cover(k, depth);
        long count = (long)m * n;
        CudaView parts = cuda.Scratch("partial sums", splits * count);
        cuda.Context.Launch(kernel, grid with { Z = splits }, gemmBlock, a, b, parts, m, n, k, depth, 0);
        cuda.Context.LaunchFlat("Gemm_AddSplits", count, parts, c, count, splits, accumulate ? 1 : 0);
    }
}
