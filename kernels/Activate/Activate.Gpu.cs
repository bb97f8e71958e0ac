using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Activate
{
    /// <summary>
    /// One thread per element; the same bits as the CPU's. The others of the units are <see cref="Bias"/>'s and
    /// <see cref="Tanh"/>'s.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// y [rows, columns] = s(y + bias [columns]), in place. Grid (rows, ceil(columns / 128)), block 128.
        /// </summary>
        public static void Sigmoid(ArrayView<float> bias, ArrayView<float> y, int columns) =>
            Forward<SigmoidUnit>(bias, y, columns);

        /// <summary>The same with max(y + bias, 0).</summary>
        public static void Relu(ArrayView<float> bias, ArrayView<float> y, int columns) =>
            Forward<ReluUnit>(bias, y, columns);

        /// <summary>The same with selu(y + bias).</summary>
        public static void Selu(ArrayView<float> bias, ArrayView<float> y, int columns) =>
            Forward<SeluUnit>(bias, y, columns);

        /// <summary>dY = dY y (1 - y), in place.</summary>
        public static void SigmoidBackward(ArrayView<float> y, ArrayView<float> dY, long count) =>
            Backward<SigmoidUnit>(y, dY, count);

        /// <summary>dY = dY where y > 0, else 0, in place.</summary>
        public static void ReluBackward(ArrayView<float> y, ArrayView<float> dY, long count) =>
            Backward<ReluUnit>(y, dY, count);

        /// <summary>dY = dY lambda where y > 0, else dY (y + lambda alpha), in place.</summary>
        public static void SeluBackward(ArrayView<float> y, ArrayView<float> dY, long count) =>
            Backward<SeluUnit>(y, dY, count);

        private static void Forward<TUnit>(ArrayView<float> bias, ArrayView<float> y, int columns)
            where TUnit : struct, IUnit
        {
            int column = Grid.IdxY * Group.DimX + Group.IdxX;
            long i = (long)Grid.IdxX * columns + column;
            if (column < columns)
                y[i] = TUnit.Value(new GpuFloat(y[i] + bias[column])).V;
        }

        private static void Backward<TUnit>(ArrayView<float> y, ArrayView<float> dY, long count)
            where TUnit : struct, IUnit
        {
            long i = Threads.Global;
            if (i < count)
                dY[i] = dY[i] * TUnit.Slope(new GpuFloat(y[i])).V;
        }
    }
}
