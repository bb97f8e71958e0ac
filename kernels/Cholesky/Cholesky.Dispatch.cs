using VaeCf.Kernels;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A = L L^T: the lower half of a symmetric positive definite matrix becomes its Cholesky factor. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">A, [N, N]: its lower half is read, and becomes L.</param>
    /// <param name="progress">Receives the share that is done.</param>
    /// <param name="cancellationToken">Ends it between two blocks; a is then undefined.</param>
    /// <exception cref="ArithmeticException">
    /// The matrix is not positive definite; the message names the pivot.
    /// </exception>
    public static void CholeskyFactor(this Compute c, Tensor a, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        a.Expect(a.Rows, a.Rows);
        switch (c.Begin())
        {
            case CpuCompute cpu: Cholesky.Cpu.Factor(cpu.Workers, a.Rows, cpu[a], progress, cancellationToken); break;
            case ReferenceCompute r: Cholesky.Reference.Factor(a.Rows, r[a]); break;
            default: throw c.Lacks(nameof(CholeskyFactor));
        }
    }

    /// <summary>P = (L L^T)^-1, both halves, from the factor L in the lower half. Not on a GPU.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">L, as <see cref="CholeskyFactor"/> leaves it; then P, [N, N].</param>
    /// <param name="progress">Receives the share that is done.</param>
    /// <param name="cancellationToken">Ends it between two blocks; a is then undefined.</param>
    public static void CholeskyInverse(this Compute c, Tensor a, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        a.Expect(a.Rows, a.Rows);
        switch (c.Begin())
        {
            case CpuCompute cpu: Cholesky.Cpu.Inverse(cpu.Workers, a.Rows, cpu[a], progress, cancellationToken); break;
            case ReferenceCompute r: Cholesky.Reference.Inverse(a.Rows, r[a]); break;
            default: throw c.Lacks(nameof(CholeskyInverse));
        }
    }
}
