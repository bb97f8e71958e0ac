namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// Each row's ridge regression on the rows of Y that it clicked: (diag(d + ridge_u) + sum of w_n y_n y_n^T) x_u =
    /// sum of t_n y_n over its clicks n. A full matrix in place of diag(d) becomes one in the basis of its
    /// eigenvectors, see <see cref="SymmetricEigen"/>. A row depends on its own clicks alone, not on the batch. Not on
    /// a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks; their counts are not used.</param>
    /// <param name="weights">w of each click, above 0, [N, 1].</param>
    /// <param name="targets">t of each click, [N, 1].</param>
    /// <param name="diagonal">d, [1, K].</param>
    /// <param name="ridge">What each row adds to d, [B, 1]; the sums must be above 0.</param>
    /// <param name="y">Y, [I, K].</param>
    /// <param name="x">X, [B, K]; zeros for a row without clicks. Apart from Y.</param>
    /// <exception cref="ArithmeticException">
    /// The matrix of a row is not positive definite, or not finite; the message names the row.
    /// </exception>
    public static void NormalEquations(this Compute c, ClickBatch batch, Tensor weights, Tensor targets,
        Tensor diagonal, Tensor ridge, Tensor y, Tensor x)
    {
        weights.Expect(batch.ClickCount, 1);
        targets.Expect(batch.ClickCount, 1);
        diagonal.Expect(1, y.Columns);
        ridge.Expect(batch.UserCount, 1);
        y.Expect(batch.ItemCount, y.Columns);
        x.Reshape(batch.UserCount, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.NormalEquations.Cpu.Solve(cpu.Workers, batch.UserCount, batch.ItemCount, y.Columns,
                    cpu[batch].RowStarts, cpu[batch].Items, cpu[weights], cpu[targets], cpu[diagonal], cpu[ridge],
                    cpu[y], cpu[x]);
                break;
            case ReferenceCompute r:
                Kernels.NormalEquations.Reference.Solve(batch.UserCount, batch.ItemCount, y.Columns,
                    r[batch].RowStarts, r[batch].Items, r[weights], r[targets], r[diagonal], r[ridge], r[y], r[x]);
                break;
            default: throw c.Lacks(nameof(NormalEquations));
        }
    }
}
