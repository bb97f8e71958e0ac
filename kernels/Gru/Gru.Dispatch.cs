using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// A step of a gated recurrent unit: h' = (1 - u) n + u h, r = s(x_r + g_r), u = s(x_u + g_u), n = tanh(x_n + r
    /// g_n), where x and g have their biases added first, and columns [reset | update | candidate].
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="inputBias">Bias of x, [1, 3H].</param>
    /// <param name="stateBias">Bias of g, [1, 3H].</param>
    /// <param name="state">h, [B, H].</param>
    /// <param name="gates">x, [B, 3H]: the products of the input; then [r | u | n].</param>
    /// <param name="projected">g, [B, 3H]: the products of the state; then their last third with its bias.</param>
    /// <param name="next">h', [B, H].</param>
    public static void Gru(this Compute c, Tensor inputBias, Tensor stateBias, Tensor state, Tensor gates,
        Tensor projected, Tensor next)
    {
        int units = state.Columns;
        ExpectGru(state, gates, projected);
        inputBias.Expect(1, 3 * units);
        stateBias.Expect(1, 3 * units);
        next.Reshape(state.Rows, units);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Gru.Cpu.Forward(cpu.Workers, state.Rows, units, cpu[inputBias], cpu[stateBias], cpu[state],
                    cpu[gates], cpu[projected], cpu[next]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Gru_Forward", state.Rows, units, cuda[inputBias], cuda[stateBias],
                    cuda[state], cuda[gates], cuda[projected], cuda[next], units);
                break;
            case ReferenceCompute r:
                Kernels.Gru.Reference.Forward(state.Rows, units, r[inputBias], r[stateBias], r[state], r[gates],
                    r[projected], r[next]);
                break;
            default: throw c.Lacks(nameof(Gru));
        }
    }

    /// <summary>
    /// The gradients of <see cref="Gru"/> by x and by g, biases included, and what of dh goes by u h alone: the rest,
    /// dg V' for g = h V, is another product's.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="state">h, [B, H].</param>
    /// <param name="dNext">dh', [B, H].</param>
    /// <param name="gates">[r | u | n], [B, 3H]; then dx.</param>
    /// <param name="projected">What <see cref="Gru"/> left, [B, 3H]; then dg.</param>
    /// <param name="dState">dh, [B, H], to which dh' u is added.</param>
    public static void AddGruGradient(this Compute c, Tensor state, Tensor dNext, Tensor gates, Tensor projected,
        Tensor dState)
    {
        int units = state.Columns;
        ExpectGru(state, gates, projected);
        dNext.Expect(state.Rows, units);
        dState.Expect(state.Rows, units);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.Gru.Cpu.Backward(cpu.Workers, state.Rows, units, cpu[state], cpu[dNext], cpu[gates],
                    cpu[projected], cpu[dState]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements("Gru_Backward", state.Rows, units, cuda[state], cuda[dNext], cuda[gates],
                    cuda[projected], cuda[dState], units);
                break;
            case ReferenceCompute r:
                Kernels.Gru.Reference.Backward(state.Rows, units, r[state], r[dNext], r[gates], r[projected],
                    r[dState]);
                break;
            default: throw c.Lacks(nameof(AddGruGradient));
        }
    }

    private static void ExpectGru(Tensor state, Tensor gates, Tensor projected)
    {
        gates.Expect(state.Rows, 3 * state.Columns);
        projected.Expect(state.Rows, 3 * state.Columns);
    }
}
