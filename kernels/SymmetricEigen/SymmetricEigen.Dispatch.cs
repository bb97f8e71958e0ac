namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A = Q diag(values) Q^T: the eigenvalues and eigenvectors of a symmetric matrix. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="a">A, [N, N].</param>
    /// <param name="vectors">Q, [N, N]: an eigenvector a column, of length 1 and of either sign; apart from A.</param>
    /// <param name="values">The eigenvalues, ascending, [1, N].</param>
    /// <param name="cancellationToken">Ends it between two rows; the outputs are then undefined.</param>
    /// <exception cref="ArithmeticException">A holds a number that is not finite.</exception>
    public static void SymmetricEigen(this Compute c, Tensor a, Tensor vectors, Tensor values,
        CancellationToken cancellationToken = default)
    {
        a.Expect(a.Rows, a.Rows);
        vectors.Reshape(a.Rows, a.Rows);
        values.Reshape(1, a.Rows);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SymmetricEigen.Cpu.Solve(a.Rows, cpu[a], cpu[vectors], cpu[values], cancellationToken);
                break;
            case ReferenceCompute r: Kernels.SymmetricEigen.Reference.Solve(a.Rows, r[a], r[vectors], r[values]); break;
            default: throw c.Lacks(nameof(SymmetricEigen));
        }
    }
}
