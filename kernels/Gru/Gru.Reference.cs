using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

/// <summary>
/// One step of a gated recurrent unit, from the products that the caller made: x = e W of the step's input and g = h V
/// of the state before it, columns [reset | update | candidate] in both. The reset gate multiplies the projected state,
/// its bias included. Called once for each step of a sequence, by models that read histories in order. It makes no
/// product and knows of no time. Source: Cho et al. 2014, equations 5 to 8, in the form of Chung et al. 2014 with the
/// reset gate after the product, as cuDNN and PyTorch have it.
/// </summary>
public static partial class Gru
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// r = s(x_r + b_r + g_r + c_r), u = s(x_u + b_u + g_u + c_u), p = g_n + c_n, n = tanh(x_n + b_n + r p),
        /// h' = (1 - u) n + u h, with b the input's bias and c the state's.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="units">H.</param>
        /// <param name="inputBias">b, 3H.</param>
        /// <param name="stateBias">c, 3H.</param>
        /// <param name="state">h, B x H.</param>
        /// <param name="gates">x, B x 3H; then [r | u | n].</param>
        /// <param name="projected">g, B x 3H; then p in its last third, and the rest as it was.</param>
        /// <param name="next">h', B x H, overwritten; may be the state itself.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Forward(int rows, int units, ReadOnlySpan<double> inputBias, ReadOnlySpan<double> stateBias,
            ReadOnlySpan<double> state, Span<double> gates, Span<double> projected, Span<double> next)
        {
            CheckShapes(rows, units, state.Length, gates.Length, projected.Length, next.Length);
            Shape.Dense(nameof(inputBias), inputBias.Length, 3, units);
            Shape.Dense(nameof(stateBias), stateBias.Length, 3, units);
            for (int b = 0; b < rows; b++)
                for (int i = 0; i < units; i++)
                {
                    int at = b * units + i, reset = b * 3 * units + i, update = reset + units, last = update + units;
                    double r = Sigmoid(gates[reset] + inputBias[i] + projected[reset] + stateBias[i]);
                    double u = Sigmoid(
                        gates[update] + inputBias[units + i] + projected[update] + stateBias[units + i]);
                    double p = projected[last] + stateBias[2 * units + i];
                    double n = Math.Tanh(gates[last] + inputBias[2 * units + i] + r * p);
                    (gates[reset], gates[update], gates[last], projected[last]) = (r, u, n, p);
                    next[at] = (1 - u) * n + u * state[at];
                }
        }

        /// <summary>
        /// With d = dh': dn = d (1 - u) (1 - n^2), du = d (h - n) u (1 - u), dr = dn p r (1 - r), those of what the
        /// functions were given; dx = [dr | du | dn], dg = [dr | du | dn r], dh += d u. The rest of dh goes by way of
        /// g, and is the caller's: dh += dg V'.
        /// </summary>
        /// <param name="rows">B.</param>
        /// <param name="units">H.</param>
        /// <param name="state">h, B x H.</param>
        /// <param name="dNext">dh', B x H.</param>
        /// <param name="gates">[r | u | n], B x 3H; then dx.</param>
        /// <param name="projected">p in its last third, B x 3H; then dg.</param>
        /// <param name="dState">dh, B x H, added to; apart from all else.</param>
        /// <exception cref="ArgumentException">The length of a span does not match its shape.</exception>
        public static void Backward(int rows, int units, ReadOnlySpan<double> state, ReadOnlySpan<double> dNext,
            Span<double> gates, Span<double> projected, Span<double> dState)
        {
            CheckShapes(rows, units, state.Length, gates.Length, projected.Length, dNext.Length);
            Shape.Dense(nameof(dState), dState.Length, rows, units);
            for (int b = 0; b < rows; b++)
                for (int i = 0; i < units; i++)
                {
                    int at = b * units + i, reset = b * 3 * units + i, update = reset + units, last = update + units;
                    double r = gates[reset], u = gates[update], n = gates[last], p = projected[last], d = dNext[at];
                    double dN = d * (1 - u) * (1 - n * n), dU = d * (state[at] - n) * u * (1 - u),
                        dR = dN * p * r * (1 - r);
                    (gates[reset], gates[update], gates[last]) = (dR, dU, dN);
                    (projected[reset], projected[update], projected[last]) = (dR, dU, dN * r);
                    dState[at] += d * u;
                }
        }

        private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    private static void CheckShapes(int rows, int units, int state, int gates, int projected, int next)
    {
        Shape.Dense(nameof(state), state, rows, units);
        Shape.Dense(nameof(gates), gates, rows, checked(3 * units));
        Shape.Dense(nameof(projected), projected, rows, 3 * units);
        Shape.Dense(nameof(next), next, rows, units);
    }
}
