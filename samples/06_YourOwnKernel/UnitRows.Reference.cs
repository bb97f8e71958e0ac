namespace YourOwnKernel;

/// <summary>
/// Scales each row of a matrix to length 1, y_b = x_b / |x_b|, as a model does that compares vectors by their cosine.
/// A row of zeros stays a row of zeros, and passes no gradient back.
/// </summary>
public static partial class UnitRows
{
    /// <summary>The specification: double precision and plain loops. Read this one first.</summary>
    public static class Reference
    {
        /// <summary>y_b = x_b / |x_b|. y may be x.</summary>
        public static void Forward(int rows, int columns, ReadOnlySpan<double> x, Span<double> y)
        {
            Check(rows, columns, x.Length, y.Length);
            for (int b = 0; b < rows; b++)
            {
                double length = Math.Sqrt(Dot(x.Slice(b * columns, columns), x.Slice(b * columns, columns)));
                for (int h = b * columns; h < (b + 1) * columns; h++)
                    y[h] = length == 0 ? 0 : x[h] / length;
            }
        }

        /// <summary>dx_b = (dy_b - y_b (y_b . dy_b)) / |x_b|. dX may be dY.</summary>
        // With n = |x|: dn/dx_h = x_h / n = y_h, so dy_k/dx_h = (1 if k = h, else 0) / n - x_k y_h / n^2. Multiply by
        // dY_k and sum over k: dX_h = (dY_h - y_h (y . dY)) / n. What lies along x falls away: it changes |x| only.
        public static void Backward(
            int rows, int columns, ReadOnlySpan<double> x, ReadOnlySpan<double> dY, Span<double> dX)
        {
            Check(rows, columns, x.Length, dY.Length, dX.Length);
            for (int b = 0; b < rows; b++)
            {
                ReadOnlySpan<double> row = x.Slice(b * columns, columns);
                double length = Math.Sqrt(Dot(row, row)), dot = Dot(row, dY.Slice(b * columns, columns));
                for (int h = b * columns; h < (b + 1) * columns; h++)
                    dX[h] = length == 0 ? 0 : (dY[h] - x[h] * dot / (length * length)) / length;
            }
        }

        private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        {
            double sum = 0;
            for (int i = 0; i < a.Length; i++)
                sum += a[i] * b[i];
            return sum;
        }
    }

    // The fast version works with pointers, which check nothing: so the entry does.
    private static void Check(int rows, int columns, params ReadOnlySpan<int> lengths)
    {
        foreach (int length in lengths)
            if (length != (long)rows * columns)
                throw new ArgumentException($"{length} numbers, expected {rows} x {columns}");
    }
}
