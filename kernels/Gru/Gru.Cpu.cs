using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gru
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Units worth a part of their own: some 5 us of work, three functions for each unit.
        private const int UnitsPerPart = 2_048;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Forward(Workers workers, int rows, int units, ReadOnlySpan<float> inputBias,
            ReadOnlySpan<float> stateBias, ReadOnlySpan<float> state, Span<float> gates, Span<float> projected,
            Span<float> next)
        {
            CheckShapes(rows, units, state.Length, gates.Length, projected.Length, next.Length);
            Shape.Dense(nameof(inputBias), inputBias.Length, 3, units);
            Shape.Dense(nameof(stateBias), stateBias.Length, 3, units);
            fixed (float* pInput = inputBias, pBias = stateBias, pState = state, pGates = gates,
                pProjected = projected, pNext = next)
                VectorWidth.Run(workers, rows, UnitsPerPart / Math.Max(units, 1),
                    new ForwardRows(units, pInput, pBias, pState, pGates, pProjected, pNext));
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Backward(Workers workers, int rows, int units, ReadOnlySpan<float> state,
            ReadOnlySpan<float> dNext, Span<float> gates, Span<float> projected, Span<float> dState)
        {
            CheckShapes(rows, units, state.Length, gates.Length, projected.Length, dNext.Length);
            Shape.Dense(nameof(dState), dState.Length, rows, units);
            fixed (float* pState = state, pdNext = dNext, pGates = gates, pProjected = projected, pdState = dState)
                VectorWidth.Run(workers, rows, UnitsPerPart / Math.Max(units, 1),
                    new BackwardRows(units, pState, pdNext, pGates, pProjected, pdState));
        }

        private readonly struct ForwardRows(int units, float* inputBias, float* stateBias, float* state, float* gates,
            float* projected, float* next) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (long b = from; b < to; b++)
                    new VectorWidth.Elementwise<ForwardRow>(new(units, inputBias, stateBias, state + b * units,
                        gates + 3 * b * units, projected + 3 * b * units, next + b * units)).Invoke<V>(0, units);
            }
        }

        private readonly struct ForwardRow(int units, float* inputBias, float* stateBias, float* state, float* gates,
            float* projected, float* next) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                int update = i + units, last = update + units;
                V r = SimdMath.Sigmoid(Input<V>(i) + Projected<V>(i));
                V u = SimdMath.Sigmoid(Input<V>(update) + Projected<V>(update));
                V p = Projected<V>(last), n = SimdMath.Tanh(V.FusedMultiplyAdd(r, p, Input<V>(last)));
                V.Store(r, gates + i);
                V.Store(u, gates + update);
                V.Store(n, gates + last);
                V.Store(p, projected + last);
                V.Store(V.FusedMultiplyAdd(u, V.Load(state + i) - n, n), next + i);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private V Input<V>(int i) where V : unmanaged, ISimd<V> => V.Load(gates + i) + V.Load(inputBias + i);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private V Projected<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Load(projected + i) + V.Load(stateBias + i);
        }

        private readonly struct BackwardRows(int units, float* state, float* dNext, float* gates, float* projected,
            float* dState) : IVectorKernel
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (long b = from; b < to; b++)
                    new VectorWidth.Elementwise<BackwardRow>(new(units, state + b * units, dNext + b * units,
                        gates + 3 * b * units, projected + 3 * b * units, dState + b * units)).Invoke<V>(0, units);
            }
        }

        private readonly struct BackwardRow(int units, float* state, float* dNext, float* gates, float* projected,
            float* dState) : IElementwiseKernel
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V>
            {
                int update = i + units, last = update + units;
                V one = V.Broadcast(1), d = V.Load(dNext + i);
                V r = V.Load(gates + i), u = V.Load(gates + update), n = V.Load(gates + last);
                V dN = d * (one - u) * TanhUnit.Slope(n), dU = d * (V.Load(state + i) - n) * SigmoidUnit.Slope(u);
                V dR = dN * V.Load(projected + last) * SigmoidUnit.Slope(r);
                V.Store(dR, gates + i);
                V.Store(dU, gates + update);
                V.Store(dN, gates + last);
                V.Store(dR, projected + i);
                V.Store(dU, projected + update);
                V.Store(dN * r, projected + last);
                V.Store(V.FusedMultiplyAdd(d, u, V.Load(dState + i)), dState + i);
            }
        }
    }
}
