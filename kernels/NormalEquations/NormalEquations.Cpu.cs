using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class NormalEquations
{
    /// <summary>
    /// Single precision with SIMD and threads. With D = diag(d + ridge_u) and T [n, K], whose rows are the t_n =
    /// sqrt(w_n) D^-1/2 y_n of the row's n clicks, the solution is D^-1/2 (I + T^T T)^-1 T^T e for e_n = t_n /
    /// sqrt(w_n), and also D^-1/2 T^T (I + T T^T)^-1 e: a row takes the smaller of the two systems, of min(n, K)
    /// unknowns. A thread makes a row at a time, the longest first.
    /// </summary>
    public static unsafe partial class Cpu
    {
        // Clicks gathered at a time where there are more of them than factors: 64 KB for 128 factors.
        private const int Block = 128;
        // Rows of Y that are prefetched while one is gathered.
        private const int Ahead = 4;
        // A whole number of vectors of any width.
        private const int Padding = 16;

        [ThreadStatic]
        private static AlignedBuffer? scratch;

        /// <inheritdoc cref="Reference.Solve"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="rows"><inheritdoc cref="Reference.Solve" path="/param[@name='rows']"/></param>
        /// <param name="itemCount"><inheritdoc cref="Reference.Solve" path="/param[@name='itemCount']"/></param>
        /// <param name="factors"><inheritdoc cref="Reference.Solve" path="/param[@name='factors']"/></param>
        /// <param name="rowStarts"><inheritdoc cref="Reference.Solve" path="/param[@name='rowStarts']"/></param>
        /// <param name="items"><inheritdoc cref="Reference.Solve" path="/param[@name='items']"/></param>
        /// <param name="weights"><inheritdoc cref="Reference.Solve" path="/param[@name='weights']"/></param>
        /// <param name="targets"><inheritdoc cref="Reference.Solve" path="/param[@name='targets']"/></param>
        /// <param name="diagonal"><inheritdoc cref="Reference.Solve" path="/param[@name='diagonal']"/></param>
        /// <param name="ridge"><inheritdoc cref="Reference.Solve" path="/param[@name='ridge']"/></param>
        /// <param name="y"><inheritdoc cref="Reference.Solve" path="/param[@name='y']"/></param>
        /// <param name="x"><inheritdoc cref="Reference.Solve" path="/param[@name='x']"/></param>
        public static void Solve(Workers workers, int rows, int itemCount, int factors, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> items, ReadOnlySpan<float> weights, ReadOnlySpan<float> targets,
            ReadOnlySpan<float> diagonal, ReadOnlySpan<float> ridge, ReadOnlySpan<float> y, Span<float> x)
        {
            Check(rows, itemCount, factors, rowStarts, items, weights, targets.Length, diagonal, ridge, y.Length,
                x.Length);
            var lengths = new int[rows];
            var longestFirst = new int[rows];
            for (int row = 0; row < rows; row++)
                (lengths[row], longestFirst[row]) = (rowStarts[row] - rowStarts[row + 1], row);
            Array.Sort(lengths, longestFirst);
            fixed (int* starts = rowStarts, clicked = items, order = longestFirst)
            fixed (float* w = weights, t = targets, d = diagonal, r = ridge, py = y, px = x)
                VectorWidth.Invoke(
                    new Kernel(workers, rows, factors, starts, clicked, order, w, t, d, r, py, px), 0, 0);
        }

        private readonly struct Kernel(Workers workers, int rows, int factors, int* rowStarts, int* items, int* order,
            float* weights, float* targets, float* diagonal, float* ridge, float* y, float* x) : IVectorKernel
        {
            private readonly int factors = factors;
            private readonly int* items = items;
            private readonly float* weights = weights, targets = targets, diagonal = diagonal, y = y;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V> =>
                workers.Run(rows, new Rows<V>(this));

            /// <summary>A part is a row.</summary>
            private readonly struct Rows<V>(Kernel kernel) : IPartKernel where V : unmanaged, ISimd<V>
            {
                public void Invoke(int part) => kernel.Solve<V>(kernel.order[part]);
            }

            private readonly int* order = order;

            private void Solve<V>(int row) where V : unmanaged, ISimd<V>
            {
                int first = rowStarts[row], clicks = rowStarts[row + 1] - first;
                var output = new Span<float>(x + (nint)row * factors, factors);
                if (clicks == 0 || factors == 0)
                {
                    output.Clear();
                    return;
                }
                bool byClicks = clicks <= factors;
                int size = byClicks ? clicks : factors, width = RoundUp(factors);
                nint square = Math.Max(Block, (nint)factors * width);
                float* memory = AlignedBuffer.Reserve(ref scratch,
                    (nint)Math.Max(Block, factors) * width + 2 * square + 5 * width);
                float* scale = memory, vector = scale + width, system = vector + width, t = system + 3 * width
                    + 2 * square;
                Scale<V>(ridge[row], scale);
                var solver = new Cholesky<V>(row, size, RoundUp(size), system, square, width);
                float* transposed = solver.Spare;
                if (byClicks)
                {
                    // I + T T^T, and e; then T^T times the solution.
                    Gather<V>(first, clicks, scale, t, solver.RightSide);
                    TransposedCopy.Run(t, width, factors, clicks, solver.Stride, transposed, solver.Stride);
                    solver.AddProducts(0, size, factors, transposed, transposed, solver.Stride);
                    solver.Solve();
                    new Span<float>(vector, width).Clear();
                    AddWeighted<V>(clicks, solver.Solution, t, width, vector);
                }
                else
                {
                    // I + T^T T, and T^T e.
                    for (int done = 0; done < clicks; done += Block)
                    {
                        int count = Math.Min(Block, clicks - done);
                        Gather<V>(first + done, count, scale, t, transposed);
                        solver.AddProducts(0, size, count, t, t, width);
                        AddWeighted<V>(count, transposed, t, width, solver.RightSide);
                    }
                    solver.Solve();
                    vector = solver.Solution;
                }
                for (int k = 0; k < factors; k++)
                    output[k] = scale[k] * vector[k];
            }

            // D^-1/2.
            [MethodImpl(VectorWidth.Loop)]
            private void Scale<V>(float ridge, float* scale) where V : unmanaged, ISimd<V>
            {
                V one = V.Broadcast(1), added = V.Broadcast(ridge);
                int k = 0;
                for (; k <= factors - V.Count; k += V.Count)
                    V.Store(one / V.Sqrt(V.Load(diagonal + k) + added), scale + k);
                for (; k < factors; k++)
                    scale[k] = 1 / MathF.Sqrt(diagonal[k] + ridge);
            }

            // The rows of T of some clicks, and their e.
            [MethodImpl(VectorWidth.Loop)]
            private void Gather<V>(int first, int count, float* scale, float* t, float* e)
                where V : unmanaged, ISimd<V>
            {
                int factors = this.factors, width = RoundUp(factors);
                for (int n = 0; n < count; n++, t += width)
                {
                    if (n + Ahead < count)
                        Memory.Prefetch(y + (nint)items[first + n + Ahead] * factors, factors);
                    float root = MathF.Sqrt(weights[first + n]);
                    e[n] = targets[first + n] / root;
                    float* source = y + (nint)items[first + n] * factors;
                    V factor = V.Broadcast(root);
                    int k = 0;
                    for (; k <= factors - V.Count; k += V.Count)
                        V.Store(V.Load(source + k) * V.Load(scale + k) * factor, t + k);
                    for (; k < factors; k++)
                        t[k] = source[k] * scale[k] * root;
                    for (; k < width; k++)
                        t[k] = 0;
                }
            }

            // output += the sum of rows of T, each times its factor.
            private static void AddWeighted<V>(int count, float* factors, float* t, int width, float* output)
                where V : unmanaged, ISimd<V>
            {
                for (int k = 0; k < width; k += Tile<V>.Columns)
                    Tile<V>.Run(1, Math.Min(Tile<V>.Columns, width - k), count, factors, 0, 1, t + k, width, output + k,
                        width, accumulate: true);
            }
        }

        private static int RoundUp(int value) => (value + Padding - 1) / Padding * Padding;
    }
}
