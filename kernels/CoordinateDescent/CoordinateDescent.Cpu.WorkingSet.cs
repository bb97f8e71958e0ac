using System.Numerics;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class CoordinateDescent
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// Some items of a target, ascending, with their rows and columns of G alone. A sweep goes over panels of 64
        /// items. Within a panel it needs the r of those alone; what its changes do to the r of all follows at once,
        /// so that r passes once for up to 64 changes. An element of r sees the same chain of fused multiply-adds as if
        /// each change were applied when it is made.
        /// </summary>
        private struct WorkingSet
        {
            // Items come in whole vectors of any width; those that fill up the last have r = 0 and no weight.
            private const int Padding = 16;

            private readonly bool nonNegative;
            private readonly float* r, diagonal, divisors;
            private int gathered;

            /// <summary>Of no items yet, in memory of <see cref="Room"/> floats.</summary>
            public WorkingSet(float* memory, int most, bool nonNegative)
            {
                int room = Padded(most);
                this.nonNegative = nonNegative;
                Keys = (ulong*)memory;
                W = memory + 2 * room;
                r = W + room;
                diagonal = r + room;
                divisors = diagonal + room;
                Items = (int*)(divisors + room);
            }

            public static long Room(int most) => 7L * Padded(most);

            public int Count { get; private set; }

            public int* Items { get; }

            public float* W { get; }

            /// <summary>Room for a key of each item, of what it changes by and its place in the set.</summary>
            public ulong* Keys { get; }

            private static int Padded(int count) => (count + Padding - 1) / Padding * Padding;

            public void Add(int item, float weight, float residual, float gii, float divisor)
            {
                (Items[Count], W[Count], r[Count], diagonal[Count], divisors[Count]) =
                    (item, weight, residual, gii, divisor);
                Count++;
            }

            /// <summary>Where its matrix is, <see cref="MatrixLength"/> floats.</summary>
            public float* Matrix { get; set; }

            public readonly long MatrixLength => (long)Stride * Stride;

            private readonly int Stride => Padded(Count);

            /// <summary>Leaves out all but the items with a weight and the best others.</summary>
            /// <param name="open">Keys, of the items without a weight.</param>
            /// <param name="most">How many of these may stay.</param>
            public void Keep(int open, int most)
            {
                if (open > most)
                    LeaveOut(open, most);
                new Span<float>(r + Count, Stride - Count).Clear();
                new Span<float>(W + Count, Stride - Count).Clear();
            }

            private void LeaveOut(int open, int most)
            {
                TopK.Cpu.Select(new(Keys, open), most);
                for (int k = most; k < open; k++)
                    Items[TopK.Cpu.Index(Keys[k])] = -1;
                int kept = 0;
                for (int n = 0; n < Count; n++)
                    if (Items[n] >= 0)
                    {
                        (Items[kept], W[kept], r[kept], diagonal[kept], divisors[kept]) =
                            (Items[n], W[n], r[n], diagonal[n], divisors[n]);
                        kept++;
                    }
                Count = kept;
            }

            /// <summary>What the n-th weight changes by if it alone is made the best.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly float Change(int n, float l1) => Best(n, r[n], l1) - W[n];

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private readonly float Best(int n, float residual, float l1)
            {
                float a = MathF.FusedMultiplyAdd(diagonal[n], W[n], residual);
                float shrunk = MathF.Max(0, (nonNegative ? a : MathF.Abs(a)) - l1) / divisors[n];
                return a < 0 ? -shrunk : shrunk;
            }

            /// <summary>
            /// Copies what the matrix has of an item's row of G, if the item is in the set. Rows come in ascending
            /// order.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public void Gather(int item, float* row)
            {
                if (gathered == Count || Items[gathered] != item)
                    return;
                int stride = Stride;
                float* copy = Matrix + (nint)gathered++ * stride;
                for (int n = 0; n < Count; n++)
                    copy[n] = row[Items[n]];
                new Span<float>(copy + Count, stride - Count).Clear();
            }

            /// <summary>Makes each weight the best in turn, and gives the largest change.</summary>
            [MethodImpl(VectorWidth.Loop)]
            public readonly float Sweep<V>(float l1) where V : unmanaged, ISimd<V>
            {
                float largest = 0;
                int stride = Stride;
                float* g = Matrix, minus = stackalloc float[Panel], near = stackalloc float[Panel];
                int* changed = stackalloc int[Panel];
                for (int start = 0; start < stride; start += Panel)
                {
                    int length = Math.Min(Panel, stride - start), count = 0;
                    new Span<float>(r + start, length).CopyTo(new(near, length));
                    for (ulong todo = Open<V>(near, start, length, l1); todo != 0;)
                    {
                        int i = BitOperations.TrailingZeroCount(todo), n = start + i;
                        ulong later = ~1UL << i;
                        float best = Best(n, near[i], l1), change = best - W[n];
                        if (change == 0)
                        {
                            todo &= later;
                            continue;
                        }
                        W[n] = best;
                        largest = MathF.Max(largest, MathF.Abs(change));
                        (minus[count], changed[count++]) = (-change, n);
                        V factor = V.Broadcast(-change);
                        float* row = g + (nint)n * stride + start;
                        for (int m = 0; m < length; m += V.Count)
                            V.Store(V.FusedMultiplyAdd(factor, V.Load(row + m), V.Load(near + m)), near + m);
                        todo = later & Open<V>(near, start, length, l1);
                    }
                    RowSum.Add<V, MatrixRows>(new(count, changed, minus, g, stride), stride, r);
                }
                return largest;
            }

            // A bit for each of up to 64 items whose weight is not 0, or would not stay 0.
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private readonly ulong Open<V>(float* near, int start, int length, float l1) where V : unmanaged, ISimd<V>
            {
                ulong open = 0;
                V limit = V.Broadcast(l1), zero = V.Broadcast(0);
                for (int i = 0; i < length; i += V.Count)
                {
                    V value = V.Load(near + i);
                    uint bits = V.UnlessLessOrEqual(nonNegative ? value : V.Abs(value), limit)
                        | V.UnlessLessOrEqual(V.Abs(V.Load(W + start + i)), zero);
                    open |= (ulong)bits << i;
                }
                return open;
            }
        }
    }
}
