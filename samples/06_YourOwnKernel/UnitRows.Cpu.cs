using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace YourOwnKernel;

public static partial class UnitRows
{
    /// <summary>Single precision, vectors, threads. The same bits for any number of threads, on any CPU.</summary>
    public static unsafe class Cpu
    {
        // A part has enough work that handing it to a thread pays: a few microseconds.
        private const int ElementsPerPart = 8_192;

        // Always 8, not as many as the CPU has: the way a sum is cut decides how it is rounded. Where the CPU lacks
        // vectors of 256 bits, .NET works on narrower ones instead, and the bits are the same.
        private const int Lanes = 8;

        /// <inheritdoc cref="Reference.Forward"/>
        public static void Forward(Workers workers, int rows, int columns, ReadOnlySpan<float> x, Span<float> y)
        {
            Check(rows, columns, x.Length, y.Length);
            fixed (float* fixedX = x, fixedY = y)
            {
                // A lambda can capture neither a span nor a pointer of a fixed statement, but it can capture a copy.
                float* pX = fixedX, pY = fixedY;
                // Threads share out the rows. No sum is cut, so the number of threads changes no bit.
                workers.RunRanges(rows, ElementsPerPart / Math.Max(columns, 1), (from, to) =>
                {
                    for (long b = from; b < to; b++)
                        Scale(columns, pX + b * columns, pY + b * columns);
                });
            }
        }

        /// <inheritdoc cref="Reference.Backward"/>
        public static void Backward(
            Workers workers, int rows, int columns, ReadOnlySpan<float> x, ReadOnlySpan<float> dY, Span<float> dX)
        {
            Check(rows, columns, x.Length, dY.Length, dX.Length);
            fixed (float* fixedX = x, fixedDY = dY, fixedDX = dX)
            {
                float* pX = fixedX, pDY = fixedDY, pDX = fixedDX;
                workers.RunRanges(rows, ElementsPerPart / Math.Max(columns, 1), (from, to) =>
                {
                    for (long b = from; b < to; b++)
                        ScaleGradient(columns, pX + b * columns, pDY + b * columns, pDX + b * columns);
                });
            }
        }

        // One row of y = x / |x|: whole vectors, then the rest one by one. A division rounds in the same way in both.
        private static void Scale(int columns, float* x, float* y)
        {
            float length = MathF.Sqrt(Dot(columns, x, x));
            if (length == 0)
                length = float.PositiveInfinity; // 0 / infinity = 0
            int h = 0;
            for (; h <= columns - Lanes; h += Lanes)
                (Vector256.Load(x + h) / length).Store(y + h);
            for (; h < columns; h++)
                y[h] = x[h] / length;
        }

        // One row of dX = (dY - x (x . dY) / |x|^2) / |x|.
        private static void ScaleGradient(int columns, float* x, float* dY, float* dX)
        {
            float square = Dot(columns, x, x), length = MathF.Sqrt(square);
            if (length == 0)
                square = length = float.PositiveInfinity;
            float along = -Dot(columns, x, dY) / square;
            int h = 0;
            for (; h <= columns - Lanes; h += Lanes)
            {
                Vector256<float> across = Vector256.FusedMultiplyAdd(
                    Vector256.Load(x + h), Vector256.Create(along), Vector256.Load(dY + h));
                (across / length).Store(dX + h);
            }
            for (; h < columns; h++)
                dX[h] = MathF.FusedMultiplyAdd(x[h], along, dY[h]) / length;
        }

        // a . b: element i goes to lane i % 8, even where the last vector is not full; then the lanes are added, in one
        // fixed order.
        private static float Dot(int columns, float* a, float* b)
        {
            Vector256<float> sums = Vector256<float>.Zero;
            int i = 0;
            for (; i <= columns - Lanes; i += Lanes)
                sums = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sums);
            float* lane = stackalloc float[Lanes];
            sums.Store(lane);
            for (; i < columns; i++)
                lane[i % Lanes] = MathF.FusedMultiplyAdd(a[i], b[i], lane[i % Lanes]);
            return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
        }
    }
}
