using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// The activation of a layer, a function of each unit's input plus a bias, and its derivative from the output alone:
/// the input need not be kept. The bias's gradient is <see cref="Bias"/>'s. Called by the autoencoders that choose
/// their units; those of one kind of unit have <see cref="Tanh"/>.
/// </summary>
public static partial class Activate
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>y[b, h] = a(y[b, h] + bias[h]).</summary>
        /// <param name="activation">a.</param>
        /// <param name="rows">B.</param>
        /// <param name="columns">H.</param>
        /// <param name="y">Y, B x H, changed in place; apart from the bias.</param>
        /// <param name="bias">H.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        /// <exception cref="ArgumentOutOfRangeException">There is no such activation.</exception>
        public static void Forward(
            Activation activation, int rows, int columns, Span<double> y, ReadOnlySpan<double> bias)
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            for (int b = 0; b < rows; b++)
                for (int h = 0; h < columns; h++)
                    y[b * columns + h] = Value(activation, y[b * columns + h] + bias[h]);
        }

        /// <summary>dx = dy a'(x), a' from y = a(x).</summary>
        /// <param name="activation">a.</param>
        /// <param name="y">What <see cref="Forward"/> gave.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dX">Gradient of x, the same length, overwritten; may be dY itself.</param>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        /// <exception cref="ArgumentOutOfRangeException">There is no such activation.</exception>
        public static void Backward(
            Activation activation, ReadOnlySpan<double> y, ReadOnlySpan<double> dY, Span<double> dX)
        {
            Shape.Dense(nameof(dY), dY.Length, 1, y.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, y.Length);
            for (int i = 0; i < y.Length; i++)
                dX[i] = dY[i] * Slope(activation, y[i]);
        }

        internal static double Value(Activation activation, double x) => activation switch
        {
            Activation.Identity => x,
            Activation.Tanh => Math.Tanh(x),
            Activation.Sigmoid => 1 / (1 + Math.Exp(-x)),
            Activation.Relu => x < 0 ? 0 : x,
            Activation.Selu => SeluUnit.Lambda * (x < 0 ? SeluUnit.Alpha * (Math.Exp(x) - 1) : x),
            _ => throw Unknown(activation),
        };

        internal static double Slope(Activation activation, double y) => activation switch
        {
            Activation.Identity => 1,
            Activation.Tanh => 1 - y * y,
            Activation.Sigmoid => y * (1 - y),
            Activation.Relu => y > 0 ? 1 : 0,
            Activation.Selu => y > 0 ? SeluUnit.Lambda : y + SeluUnit.Lambda * SeluUnit.Alpha,
            _ => throw Unknown(activation),
        };
    }

    internal static ArgumentOutOfRangeException Unknown(Activation activation) =>
        new(nameof(activation), activation, $"expected {string.Join(", ", Enum.GetNames<Activation>())}");
}
