using System.Numerics;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// For a single user the lanes are items: a vector of users would be empty but for one, and would take a
        /// broadcast for every weight. The weights are transposed in registers, four of a row at a time, as they come
        /// from memory.
        /// </summary>
        private readonly partial struct Ranking
        {
            // A user's candidates among the items from … to - 1, whole vectors of items at a time; where it stopped.
            private int One<V>(int range, int user, int from, int to) where V : unmanaged, ISimd<V>
            {
                float* f = Scratch(2 * V.Count), h = Hidden + (long)user * Inputs;
                for (int count; from + V.Count <= to; from += count)
                {
                    count = Math.Min(2 * V.Count, (to - from) / V.Count * V.Count);
                    float* w = Weights + (long)from * Inputs;
                    if (count > V.Count)
                        Logits<V, Size2>(Inputs, w, h, f);
                    else
                        Logits<V, Size1>(Inputs, w, h, f);
                    for (int i = 0; i < count; i += V.Count)
                        ScanItems<V>(range, user, from + i, f + i);
                }
                return from;
            }

            // f = the scores, still without their bias, of one or two vectors of items, whose weights are W's rows.
            [MethodImpl(VectorWidth.Loop)]
            private static void Logits<V, TVectors>(nint inputs, float* w, float* h, float* f)
                where V : unmanaged, ISimd<V>
                where TVectors : struct, ISize
            {
                int rows = TVectors.Value * V.Count;
                float* second = w + V.Count * inputs, next = w + rows * inputs;
                V sum0 = V.Broadcast(0), sum1 = sum0;
                nint p = 0;
                for (; p <= inputs - 4; p += 4)
                {
                    // Prefetch the next rows, whose lines hold sixteen numbers: a quarter of them with each four.
                    for (int i = 0; i < rows / 4; i++)
                        Memory.Prefetch(next + (p / 4 % 4 * (rows / 4) + i) * inputs + p, 1);
                    AddFour(w + p, inputs, h + p, ref sum0);
                    if (TVectors.Value > 1)
                        AddFour(second + p, inputs, h + p, ref sum1);
                }
                for (; p < inputs; p++)
                {
                    for (int i = 0; i < rows; i++)
                        f[i] = w[i * inputs + p];
                    V x = V.Broadcast(h[p]);
                    V.MultiplyAdd(ref sum0, x, V.Load(f));
                    if (TVectors.Value > 1)
                        V.MultiplyAdd(ref sum1, x, V.Load(f + V.Count));
                }
                V.Store(sum0, f);
                if (TVectors.Value > 1)
                    V.Store(sum1, f + V.Count);
            }

            // Four terms of the sums of as many rows as a vector has lanes.
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void AddFour<V>(float* w, nint stride, float* h, ref V sum) where V : unmanaged, ISimd<V>
            {
                V.LoadTransposed(w, stride, out V w0, out V w1, out V w2, out V w3);
                V.MultiplyAdd(ref sum, V.Broadcast(h[0]), w0);
                V.MultiplyAdd(ref sum, V.Broadcast(h[1]), w1);
                V.MultiplyAdd(ref sum, V.Broadcast(h[2]), w2);
                V.MultiplyAdd(ref sum, V.Broadcast(h[3]), w3);
            }

            // The scores f of a vector of items, still without their bias.
            private void ScanItems<V>(int range, int user, int item, float* f) where V : unmanaged, ISimd<V>
            {
                V score = V.Load(f) + V.Load(Bias + item);
                uint passing = V.UnlessLessOrEqual(score, V.Broadcast(Bounds[(long)range * Stride + user]));
                if (passing == 0)
                    return;
                V.Store(score, f);
                for (; passing != 0; passing &= passing - 1)
                {
                    int lane = BitOperations.TrailingZeroCount(passing);
                    Offer(range, user, f[lane], item + lane);
                }
            }
        }
    }
}
