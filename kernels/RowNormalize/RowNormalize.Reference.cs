namespace VaeCf.Kernels;

/// <summary>
/// Scales every row of a sparse matrix to unit length, y_r = x_r / ||x_r||_2: the first step of the encoder (Liang et
/// al. 2018, the authors' code). It has no backward step: the input of the model has no gradient.
/// </summary>
public static partial class RowNormalize
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y_r = x_r / ||x_r||; a row that is empty or all zero stays as it is.</summary>
        /// <param name="rowStarts">B + 1: row r holds the values rowStarts[r] … rowStarts[r + 1] - 1.</param>
        /// <param name="x">N values.</param>
        /// <param name="y">N values, overwritten; x itself or apart from it.</param>
        public static void Forward(ReadOnlySpan<int> rowStarts, ReadOnlySpan<double> x, Span<double> y)
        {
            for (int row = 0; row + 1 < rowStarts.Length; row++)
            {
                double sum = 0;
                for (int i = rowStarts[row]; i < rowStarts[row + 1]; i++)
                    sum += x[i] * x[i];
                double norm = sum == 0 ? 1 : Math.Sqrt(sum);
                for (int i = rowStarts[row]; i < rowStarts[row + 1]; i++)
                    y[i] = x[i] / norm;
            }
        }
    }
}
