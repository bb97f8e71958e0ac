using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Tanh
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static class Cpu
    {
        /// <inheritdoc cref="Reference.Forward"/>
        /// <param name="workers">Threads, over rows.</param>
        public static void Forward(Workers workers, int rows, int columns, Span<float> y, ReadOnlySpan<float> bias) =>
            Activate.Cpu.Forward<TanhUnit>(workers, rows, columns, y, bias);

        /// <inheritdoc cref="Reference.Backward"/>
        /// <param name="workers">Threads, over elements.</param>
        /// <param name="dY">Gradient of y, the same length.</param>
        /// <param name="dX">Gradient of x, the same length, overwritten; dY itself or apart from it.</param>
        public static void Backward(Workers workers, ReadOnlySpan<float> y, ReadOnlySpan<float> dY, Span<float> dX) =>
            Activate.Cpu.Backward<TanhUnit>(workers, y, dY, dX);
    }
}
