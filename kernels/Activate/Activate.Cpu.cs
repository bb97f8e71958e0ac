using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Activate
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements worth a part of their own: some 5 us of work.
        private const int ElementsPerPart = 8_192;

        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Forward(Workers workers, Activation activation, int rows, int columns, Span<float> y,
            ReadOnlySpan<float> bias)
        {
            switch (activation)
            {
                case Activation.Identity: Bias.Cpu.Add(workers, rows, columns, y, bias); break;
                case Activation.Tanh: Forward<TanhUnit>(workers, rows, columns, y, bias); break;
                case Activation.Sigmoid: Forward<SigmoidUnit>(workers, rows, columns, y, bias); break;
                case Activation.Relu: Forward<ReluUnit>(workers, rows, columns, y, bias); break;
                case Activation.Selu: Forward<SeluUnit>(workers, rows, columns, y, bias); break;
                default: throw Unknown(activation);
            }
        }

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dX">Gradient of x, the same length, overwritten; dY itself or apart from it.</param>
        public static void Backward(Workers workers, Activation activation, ReadOnlySpan<float> y,
            ReadOnlySpan<float> dY, Span<float> dX)
        {
            switch (activation)
            {
                case Activation.Identity: Backward<IdentityUnit>(workers, y, dY, dX); break;
                case Activation.Tanh: Backward<TanhUnit>(workers, y, dY, dX); break;
                case Activation.Sigmoid: Backward<SigmoidUnit>(workers, y, dY, dX); break;
                case Activation.Relu: Backward<ReluUnit>(workers, y, dY, dX); break;
                case Activation.Selu: Backward<SeluUnit>(workers, y, dY, dX); break;
                default: throw Unknown(activation);
            }
        }

        internal static void Forward<TUnit>(Workers workers, int rows, int columns, Span<float> y,
            ReadOnlySpan<float> bias) where TUnit : struct, IUnit
        {
            Shape.Dense(nameof(y), y.Length, rows, columns);
            Shape.Dense(nameof(bias), bias.Length, 1, columns);
            fixed (float* pY = y, pBias = bias)
                VectorWidth.Run(workers, rows, ElementsPerPart / Math.Max(columns, 1),
                    new ForwardKernel<TUnit>(columns, pY, pBias));
        }

        internal static void Backward<TUnit>(Workers workers, ReadOnlySpan<float> y, ReadOnlySpan<float> dY,
            Span<float> dX) where TUnit : struct, IUnit
        {
            Shape.Dense(nameof(dY), dY.Length, 1, y.Length);
            Shape.Dense(nameof(dX), dX.Length, 1, y.Length);
            fixed (float* pY = y, pdY = dY, pdX = dX)
                VectorWidth.RunElementwise(
                    workers, y.Length, ElementsPerPart, new BackwardKernel<TUnit>(pY, pdY, pdX));
        }

        /// <summary>Rows from … to - 1 of Y.</summary>
        private readonly struct ForwardKernel<TUnit>(int columns, float* y, float* bias) : IVectorKernel
            where TUnit : struct, IUnit
        {
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int b = from; b < to; b++)
                    new VectorWidth.Elementwise<ForwardRow<TUnit>>(new(y + (long)b * columns, bias))
                        .Invoke<V>(0, columns);
            }
        }

        private readonly struct ForwardRow<TUnit>(float* row, float* bias) : IElementwiseKernel
            where TUnit : struct, IUnit
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(TUnit.Value(V.Load(row + i) + V.Load(bias + i)), row + i);
        }

        private readonly struct BackwardKernel<TUnit>(float* y, float* dY, float* dX) : IElementwiseKernel
            where TUnit : struct, IUnit
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void At<V>(int i) where V : unmanaged, ISimd<V> =>
                V.Store(V.Load(dY + i) * TUnit.Slope(V.Load(y + i)), dX + i);
        }
    }
}
