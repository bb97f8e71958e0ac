using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gru
{
    /// <summary>One thread for each unit of each row; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>
        /// gates [rows, 3 units]: in x, out [r | u | n]; projected [rows, 3 units]: in g, out p in its last third; next
        /// [rows, units] = (1 - u) n + u state. Grid (rows, ceil(units / 128)), block 128.
        /// </summary>
        public static void Forward(ArrayView<float> inputBias, ArrayView<float> stateBias, ArrayView<float> state,
            ArrayView<float> gates, ArrayView<float> projected, ArrayView<float> next, int units)
        {
            int i = Grid.IdxY * Group.DimX + Group.IdxX;
            if (i >= units)
                return;
            long at = (long)Grid.IdxX * units + i, reset = at + 2L * Grid.IdxX * units, update = reset + units,
                last = update + units;
            float r = SimdMath.Sigmoid(new GpuFloat(
                gates[reset] + inputBias[i] + (projected[reset] + stateBias[i]))).V;
            float u = SimdMath.Sigmoid(new GpuFloat(
                gates[update] + inputBias[units + i] + (projected[update] + stateBias[units + i]))).V;
            float p = projected[last] + stateBias[2 * units + i];
            float n = SimdMath.Tanh(new GpuFloat(Ptx.Fma(r, p, gates[last] + inputBias[2 * units + i]))).V;
            gates[reset] = r;
            gates[update] = u;
            gates[last] = n;
            projected[last] = p;
            next[at] = Ptx.Fma(u, state[at] - n, n);
        }

        /// <summary>
        /// gates: in [r | u | n], out dx; projected: in p in its last third, out dg; dState [rows, units] += dNext u.
        /// Grid (rows, ceil(units / 128)), block 128.
        /// </summary>
        public static void Backward(ArrayView<float> state, ArrayView<float> dNext, ArrayView<float> gates,
            ArrayView<float> projected, ArrayView<float> dState, int units)
        {
            int i = Grid.IdxY * Group.DimX + Group.IdxX;
            if (i >= units)
                return;
            long at = (long)Grid.IdxX * units + i, reset = at + 2L * Grid.IdxX * units, update = reset + units,
                last = update + units;
            float r = gates[reset], u = gates[update], n = gates[last], d = dNext[at];
            float dN = d * (1 - u) * TanhUnit.Slope(new GpuFloat(n)).V;
            float dU = d * (state[at] - n) * SigmoidUnit.Slope(new GpuFloat(u)).V;
            float dR = dN * projected[last] * SigmoidUnit.Slope(new GpuFloat(r)).V;
            gates[reset] = dR;
            gates[update] = dU;
            gates[last] = dN;
            projected[reset] = dR;
            projected[update] = dU;
            projected[last] = dN * r;
            dState[at] = Ptx.Fma(d, u, dState[at]);
        }
    }
}
