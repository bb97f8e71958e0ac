using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        /// <summary>One step: its arguments, the parts of the workspace, and the passes over the blocks.</summary>
        private sealed class Step
        {
            public required float* Hidden, Weights, WeightM, WeightV, Bias, BiasM, BiasV, Counts, Losses, DHidden;
            public required int* SlotItems, SlotStarts, Rows, Positions;
            public required OutputLoss Loss;
            public required AdamStep WeightStep, BiasStep;

            private readonly Workers workers;
            private readonly int users, inputs, items, slots, clicks, lanes, stride, blocks, groups;
            private readonly bool keepsLogits;

            private readonly long dHiddenLength;

            // [inputs, users] and [users, inputs] in panels, [items, stride], [groups] of [users, inputs] in panels,
            // [blocks, 2, stride], [clicks], [stride], [stride].
            private readonly float* hiddenByUnit, hidden, logits, dHiddenByGroup, statistics, clickLogits, max, factor;

            /// <summary>
            /// From one row of the logits to the next: an odd number of cache lines, so that a column does not crowd
            /// into a few sets of a cache.
            /// </summary>
            public static int StrideOf(int users) => Panels.Columns(users) + AlignedBuffer.Alignment / sizeof(float);

            public Step(Workers workers, Workspace workspace, int users, int inputs, int items, bool keepsLogits,
                int slots, int clicks)
            {
                (this.workers, this.users, this.inputs, this.items, this.keepsLogits, this.slots, this.clicks) =
                    (workers, users, inputs, items, keepsLogits, slots, clicks);
                lanes = Panels.Columns(users);
                stride = StrideOf(users);
                blocks = (items + BlockItems - 1) / BlockItems;
                groups = Math.Min(MostGroups, blocks);
                dHiddenLength = (long)users * Panels.Columns(inputs);
                long[] lengths =
                [
                    (long)inputs * lanes, dHiddenLength, keepsLogits ? (long)items * stride : 0,
                    groups * dHiddenLength, 2L * blocks * stride, Panels.Columns(clicks), stride, stride,
                ];
                float* next = workspace.Reserve(lengths.Sum());
                hiddenByUnit = next;
                hidden = hiddenByUnit + lengths[0];
                logits = hidden + lengths[1];
                dHiddenByGroup = logits + lengths[2];
                statistics = dHiddenByGroup + lengths[3];
                clickLogits = statistics + lengths[4];
                max = clickLogits + lengths[5];
                factor = max + lengths[6];
            }

            private int FirstItem(int block) => block * BlockItems;

            private int ItemCount(int block) => Math.Min(BlockItems, items - FirstItem(block));

            public void Run<V>() where V : unmanaged, ISimd<V>
            {
                float scale = (float)Loss.Scale;
                switch (Loss.Likelihood)
                {
                    case Likelihood.Multinomial: Run<V, Multinomial>(new(scale, max, factor)); break;
                    case Likelihood.Logistic: Run<V, Logistic>(new(scale)); break;
                    case Likelihood.Gaussian: RunGaussian<V>(scale, (float)Loss.C1, (float)Loss.C0); break;
                    default: throw Loss.Unknown();
                }
            }

            private void RunGaussian<V>(float scale, float c1, float c0) where V : unmanaged, ISimd<V>
            {
                switch (Loss.Output)
                {
                    case Activation.Identity: Run<V, Gaussian<IdentityUnit>>(new(scale, c1, c0)); break;
                    case Activation.Tanh: Run<V, Gaussian<TanhUnit>>(new(scale, c1, c0)); break;
                    case Activation.Sigmoid: Run<V, Gaussian<SigmoidUnit>>(new(scale, c1, c0)); break;
                    default: throw GaussianLoss.UnknownOutput(Loss.Output);
                }
            }

            private void Run<V, TLoss>(TLoss loss)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                workers.RunRanges(users, 16, LayOutHidden);
                var userLoss = new double[lanes];
                if (TLoss.IsNormalized)
                {
                    workers.Run(blocks, block =>
                    {
                        float* f = keepsLogits
                            ? logits + (long)FirstItem(block) * stride
                            : Scratch((long)BlockItems * stride);
                        ComputeLogits<V>(block, f, Statistics(block));
                    });
                    for (int n = 0; n < clicks; n++)
                        userLoss[Rows[n]] += Counts[Positions[n]];
                    workers.Run(lanes / Panels.Width, panel => Normalize<V>(panel * Panels.Width, userLoss));
                }
                workers.Run(groups, group =>
                {
                    int first = (int)((long)blocks * group / groups), end = (int)((long)blocks * (group + 1) / groups);
                    for (int block = first; block < end; block++)
                        Update<V, TLoss>(loss, block, dHiddenByGroup + group * dHiddenLength, isFirst: block == first);
                });
                int pieces = (users + SummedUsers - 1) / SummedUsers, sums = pieces * Panels.Count(inputs);
                workers.Run(1 + sums, part =>
                {
                    if (part == 0)
                        FinishLosses(loss, userLoss);
                    else
                        SumGroups((part - 1) / pieces * Panels.Width, (part - 1) % pieces * SummedUsers);
                });
            }

            private float* Statistics(int block) => statistics + 2L * block * stride;

            private void LayOutHidden(int from, int to)
            {
                Panels.PutRows(Hidden, users, inputs, from, to, hidden);
                Panels.PutTransposed(Hidden, inputs, from, to, hiddenByUnit);
            }

            // f [items of the block, stride] = W H^T: the logits without their bias, which every reader adds. Unless it
            // is null, result receives each user's maximum over the block's items and, at result + stride, the sum of
            // exp(f - maximum).
            private void ComputeLogits<V>(int block, float* f, float* result = null) where V : unmanaged, ISimd<V>
            {
                int first = FirstItem(block), count = ItemCount(block);
                for (int user = 0; user < lanes; user += Tile<V>.Columns)
                {
                    for (int i = 0; i < count; i += Tile<V>.Rows)
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, count - i), Tile<V>.Columns, inputs,
                            Weights + (long)(first + i) * inputs, inputs, 1,
                            Panels.Column(hiddenByUnit, inputs, user), Panels.Width,
                            f + (long)i * stride + user, stride, accumulate: false);
                    if (result != null)
                        Normalizer<V>(count, f + user, Bias + first, result + user);
                }
            }

            // The maximum and the sum for the users of a tile's two vectors. The maximum skips a NaN, which then shows
            // in the sum.
            [MethodImpl(VectorWidth.Loop)]
            private void Normalizer<V>(int count, float* f, float* bias, float* result) where V : unmanaged, ISimd<V>
            {
                nint next = stride;
                V max0 = V.Broadcast(float.NegativeInfinity), max1 = max0, sum0 = V.Broadcast(0), sum1 = sum0;
                float* row = f;
                for (int i = 0; i < count; i++, row += next)
                {
                    V b = V.Broadcast(bias[i]), f0 = V.Load(row) + b, f1 = V.Load(row + V.Count) + b;
                    max0 = V.Greater(f0, max0);
                    max1 = V.Greater(f1, max1);
                }
                row = f;
                for (int i = 0; i < count; i++, row += next)
                {
                    V b = V.Broadcast(bias[i]);
                    sum0 += SimdMath.ExpOfNonPositive(V.Load(row) + b - max0);
                    sum1 += SimdMath.ExpOfNonPositive(V.Load(row + V.Count) + b - max1);
                }
                V.Store(max0, result);
                V.Store(max1, result + V.Count);
                V.Store(sum0, result + next);
                V.Store(sum1, result + next + V.Count);
            }

            // For a panel's users, over all items: max, factor = scale N / sum exp(f - max); userLoss: in N, out
            // N (max + log sum exp(f - max)).
            private void Normalize<V>(int first, double[] userLoss) where V : unmanaged, ISimd<V>
            {
                float* scaled = stackalloc float[V.Count];
                double* sum = stackalloc double[V.Count];
                for (int user = first; user < first + Panels.Width; user += V.Count)
                {
                    V greatest = V.Load(Statistics(0) + user);
                    for (int block = 1; block < blocks; block++)
                        greatest = V.Max(greatest, V.Load(Statistics(block) + user));
                    V.Store(greatest, max + user);
                    new Span<double>(sum, V.Count).Clear();
                    for (int block = 0; block < blocks; block++)
                    {
                        float* maxima = Statistics(block) + user, sums = maxima + stride;
                        V.Store(V.Load(sums) * SimdMath.ExpOfNonPositive(V.Load(maxima) - greatest), scaled);
                        for (int lane = 0; lane < V.Count; lane++)
                            sum[lane] += scaled[lane];
                    }
                    for (int lane = 0; lane < V.Count; lane++)
                    {
                        double n = userLoss[user + lane];
                        factor[user + lane] = (float)(Loss.Scale * n / sum[lane]);
                        if (n != 0)
                            userLoss[user + lane] = n * (max[user + lane] + Math.Log(sum[lane]));
                    }
                }
            }

            // The block's part of dH, added to the group's, and the update of the block's weights and biases.
            private void Update<V, TLoss>(TLoss loss, int block, float* dHidden, bool isFirst)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                int first = FirstItem(block), count = ItemCount(block);
                float* dWeights = Scratch((long)BlockItems * (inputs + stride + 1) + Panels.Width),
                    dBias = dWeights + (long)BlockItems * inputs + Panels.Width;
                float* f = keepsLogits && TLoss.IsNormalized ? logits + (long)first * stride : dBias + BlockItems;
                if (!keepsLogits || !TLoss.IsNormalized)
                    ComputeLogits<V>(block, f);
                Gradient<V, TLoss>(loss, block, f, dBias);

                // dH += dF^T W, before the weights change. A tile reads whole vectors of W: for the last rows, from a
                // copy.
                float* w = Weights + (long)first * inputs;
                if (first + count == items)
                {
                    new Span<float>(w, count * inputs).CopyTo(new(dWeights, count * inputs));
                    w = dWeights;
                }
                int tiles = (users + Tile<V>.Rows - 1) / Tile<V>.Rows;
                for (int unit = 0; unit < inputs; unit += Tile<V>.Columns)
                    for (int tile = 0; tile < tiles; tile++)
                    {
                        int user = tile * Tile<V>.Rows;
                        float* dRow = Panels.Column(dHidden, users, unit) + (long)user * Panels.Width;
                        Memory.Prefetch(dRow + Tile<V>.Rows * Panels.Width, Tile<V>.Rows * Panels.Width);
                        // With each tile, some rows of the next units' weights, which lie far from each other: the
                        // lines in which their vectors end. Those in which they begin came with the units before.
                        for (int i = count * tile / tiles; i < count * (tile + 1) / tiles; i++)
                            for (int vector = 1; vector <= 2; vector++)
                                Memory.Prefetch(
                                    w + (long)i * inputs + unit + Tile<V>.Columns + vector * V.Count - 1, 1);
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, users - user), Math.Min(Tile<V>.Columns, inputs - unit),
                            count, f + user, 1, stride, w + unit, inputs, dRow, Panels.Width, accumulate: !isFirst);
                    }

                // dW = dF H. What the last, narrow tile of a row writes beyond it, the first tile of the next row
                // overwrites: so the columns go backwards.
                for (int unit = (inputs - 1) / Tile<V>.Columns * Tile<V>.Columns; unit >= 0; unit -= Tile<V>.Columns)
                    for (int i = 0; i < count; i += Tile<V>.Rows)
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, count - i), Math.Min(Tile<V>.Columns, inputs - unit), users,
                            f + (long)i * stride, stride, 1, Panels.Column(hidden, users, unit), Panels.Width,
                            dWeights + (long)i * inputs + unit, inputs, accumulate: false);

                long at = (long)first * inputs;
                Adam.Cpu.Step<V>(count * inputs, dWeights, Weights + at, WeightM + at, WeightV + at, new(WeightStep),
                    Adam.Cpu.Ahead);
                Adam.Cpu.Step<V>(count, dBias, Bias + first, BiasM + first, BiasV + first, new(BiasStep),
                    Adam.Cpu.Ahead);
            }

            // f [items of the block, stride]: in logits, out their gradient. Also the block's terms of the loss; db.
            [MethodImpl(VectorWidth.Loop)]
            private void Gradient<V, TLoss>(TLoss loss, int block, float* f, float* dBias)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                int first = FirstItem(block), count = ItemCount(block);
                int slot = LowerBound(first), slotEnd = LowerBound(first + count);
                for (int s = slot; s < slotEnd; s++)
                    for (int n = SlotStarts[s]; n < SlotStarts[s + 1]; n++)
                        clickLogits[Positions[n]] =
                            f[(long)(SlotItems[s] - first) * stride + Rows[n]] + Bias[SlotItems[s]];
                float* terms = Statistics(block);
                if (!TLoss.IsNormalized)
                    new Span<float>(terms, lanes).Clear();
                for (int i = 0; i < count; i++)
                {
                    V bias = V.Broadcast(Bias[first + i]);
                    float* row = f + (long)i * stride;
                    for (int user = 0; user < lanes; user += V.Count)
                        V.Store(loss.Gradient(V.Load(row + user) + bias, user, terms), row + user);
                }
                for (int s = slot; s < slotEnd; s++)
                    for (int n = SlotStarts[s]; n < SlotStarts[s + 1]; n++)
                    {
                        float* gradient = f + (long)(SlotItems[s] - first) * stride + Rows[n];
                        *gradient = loss.AtClick(*gradient, clickLogits[Positions[n]], Counts[Positions[n]]);
                    }
                for (int i = 0; i < count; i++)
                    dBias[i] = LaneReduction.Sum<V, Plain>(users, new(f + (long)i * stride));
            }

            private int LowerBound(int item)
            {
                int slot = new ReadOnlySpan<int>(SlotItems, slots).BinarySearch(item);
                return slot < 0 ? ~slot : slot;
            }

            private void FinishLosses<TLoss>(TLoss loss, double[] userLoss) where TLoss : struct, ILoss
            {
                if (!TLoss.IsNormalized)
                    for (int block = 0; block < blocks; block++)
                        for (int user = 0; user < users; user++)
                            userLoss[user] += loss.TermWeight * Statistics(block)[user];
                for (int n = 0; n < clicks; n++)
                    userLoss[Rows[n]] += loss.ClickLoss(clickLogits[Positions[n]], Counts[Positions[n]]);
                for (int user = 0; user < users; user++)
                    Losses[user] = (float)userLoss[user];
            }

            private readonly struct Plain(float* x) : ILaneTerm
            {
                public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(x + i);
            }

            // dH of some users from user on, and of one panel's units from unit on: the sum over the groups, in their
            // order, some users of each at a time.
            private void SumGroups(int unit, int user)
            {
                int count = Math.Min(SummedUsers, users - user), width = Math.Min(Panels.Width, inputs - unit);
                float* sum = Panels.Column(dHiddenByGroup, users, unit) + (long)user * Panels.Width;
                for (int group = 1; group < groups; group++)
                    Add.Cpu.Forward(count * Panels.Width, sum + group * dHiddenLength, sum);
                for (int row = 0; row < count; row++)
                    new ReadOnlySpan<float>(sum + row * Panels.Width, width)
                        .CopyTo(new(DHidden + (long)(user + row) * inputs + unit, width));
            }
        }
    }
}
