using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// Layer normalisation: every row brought to mean 0 and variance 1, then scaled and shifted per column. Called after
/// each hidden layer of RecVAE's encoder, with epsilon 0.1. The variance is the biased one, over H. Source: Ba, Kiros,
/// Hinton 2016, section 3.
/// </summary>
public static partial class LayerNorm
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y[b, h] = weight[h] * (x[b, h] - mean_b) / sqrt(variance_b + epsilon) + bias[h].</summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="x">B x H.</param>
        /// <param name="weight">H.</param>
        /// <param name="bias">H.</param>
        /// <param name="epsilon">Added to the variance.</param>
        /// <param name="y">B x H, overwritten; may be x itself, where no gradient is wanted.</param>
        /// <param name="statistics">B x 2, overwritten: mean and 1 / sqrt(variance + epsilon) of each row.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int columns, ReadOnlySpan<double> x, ReadOnlySpan<double> weight,
            ReadOnlySpan<double> bias, double epsilon, Span<double> y, Span<double> statistics)
        {
            CheckShapes(rows, columns, x.Length, y.Length, weight.Length, bias.Length, statistics.Length);
            for (int b = 0; b < rows; b++)
            {
                double mean = 0, variance = 0;
                for (int h = 0; h < columns; h++)
                    mean += x[b * columns + h] / columns;
                for (int h = 0; h < columns; h++)
                    variance += (x[b * columns + h] - mean) * (x[b * columns + h] - mean) / columns;
                double inverse = 1 / Math.Sqrt(variance + epsilon);
                for (int h = 0; h < columns; h++)
                    y[b * columns + h] = weight[h] * (x[b * columns + h] - mean) * inverse + bias[h];
                (statistics[2 * b], statistics[2 * b + 1]) = (mean, inverse);
            }
        }

        /// <summary>
        /// With n = (x - mean) / deviation and dn = dy * weight: dx = (dn - avg(dn) - n * avg(dn * n)) / deviation,
        /// averages over the row; dweight[h] = sum over b of dy * n; dbias[h] = sum over b of dy.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="x">What <see cref="Forward"/> was given, B x H.</param>
        /// <param name="weight">H.</param>
        /// <param name="statistics">What <see cref="Forward"/> gave, B x 2.</param>
        /// <param name="dY">Gradient of y, B x H.</param>
        /// <param name="dX">Gradient of x, B x H, overwritten; may be dY itself.</param>
        /// <param name="dWeight">Gradient of the weight, H, overwritten.</param>
        /// <param name="dBias">Gradient of the bias, H, overwritten.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(int rows, int columns, ReadOnlySpan<double> x, ReadOnlySpan<double> weight,
            ReadOnlySpan<double> statistics, ReadOnlySpan<double> dY, Span<double> dX, Span<double> dWeight,
            Span<double> dBias)
        {
            CheckShapes(rows, columns, x.Length, dX.Length, weight.Length, dBias.Length, statistics.Length);
            Shape.Dense(nameof(dY), dY.Length, rows, columns);
            Shape.Dense(nameof(dWeight), dWeight.Length, 1, columns);
            dWeight.Clear();
            dBias.Clear();
            for (int b = 0; b < rows; b++)
            {
                double mean = statistics[2 * b], inverse = statistics[2 * b + 1], average = 0, averageByN = 0;
                for (int h = 0; h < columns; h++)
                {
                    double n = (x[b * columns + h] - mean) * inverse, d = dY[b * columns + h];
                    dWeight[h] += d * n;
                    dBias[h] += d;
                    average += d * weight[h] / columns;
                    averageByN += d * weight[h] * n / columns;
                }
                for (int h = 0; h < columns; h++)
                {
                    double n = (x[b * columns + h] - mean) * inverse;
                    dX[b * columns + h] = (dY[b * columns + h] * weight[h] - average - n * averageByN) * inverse;
                }
            }
        }
    }

    private static void CheckShapes(int rows, int columns, int x, int y, int weight, int bias, int statistics)
    {
        Shape.Dense(nameof(x), x, rows, columns);
        Shape.Dense(nameof(y), y, rows, columns);
        Shape.Dense(nameof(weight), weight, 1, columns);
        Shape.Dense(nameof(bias), bias, 1, columns);
        Shape.Dense(nameof(statistics), statistics, rows, 2);
    }
}
