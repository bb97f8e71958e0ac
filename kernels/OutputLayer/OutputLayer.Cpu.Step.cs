using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        /// <summary>One step: the arguments, the workspace carved up, and the passes over the blocks of items.</summary>
        private sealed class Step
        {
            public required float* Hidden, Weights, WeightM, WeightV, Bias, BiasM, BiasV, Counts, Losses, DHidden;
            public required int* SlotItems, SlotStarts, Rows, Positions;
            public required OutputLoss Loss;
            public required AdamStep WeightStep, BiasStep;

            private readonly Workers workers;
            private readonly int users, inputs, items, slots, clicks, stride, unitStride, blocks, groups;
            private readonly bool keepsLogits;

            // [inputs, stride], [users, unitStride], [items, stride], [groups, users, unitStride], [blocks, 2, stride], [clicks], [stride], [stride].
            private readonly float* hiddenByUnit, hiddenRows, logits, dHiddenByGroup, statistics, clickLogits, max, factor;

            public static int Stride(int users) => (users + UserMultiple - 1) / UserMultiple * UserMultiple;

            public Step(Workers workers, Workspace workspace, int users, int inputs, int items, bool keepsLogits, int slots, int clicks)
            {
                (this.workers, this.users, this.inputs, this.items, this.keepsLogits, this.slots, this.clicks) = (workers, users, inputs, items, keepsLogits, slots, clicks);
                (stride, unitStride) = (Stride(users), Stride(inputs));
                blocks = (items + BlockItems - 1) / BlockItems;
                groups = Math.Min(MostGroups, blocks);
                long[] lengths =
                [
                    (long)inputs * stride, (long)users * unitStride, keepsLogits ? (long)items * stride : 0,
                    (long)groups * users * unitStride, 2L * blocks * stride, Stride(clicks), stride, stride,
                ];
                float* next = workspace.Reserve(lengths.Sum() + UserMultiple);
                hiddenByUnit = next;
                hiddenRows = hiddenByUnit + lengths[0];
                logits = hiddenRows + lengths[1];
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
                    case OutputLikelihood.Multinomial: Run<V, Multinomial>(new(scale, max, factor)); break;
                    case OutputLikelihood.Logistic: Run<V, Logistic>(new(scale)); break;
                    case OutputLikelihood.Gaussian: Run<V, Gaussian>(new(scale, (float)Loss.C1, (float)Loss.C0)); break;
                }
            }

            private void Run<V, TLoss>(TLoss loss)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                workers.Run((users + UserMultiple / 2 - 1) / (UserMultiple / 2), LayOutHidden);
                var userLoss = new double[users];
                if (TLoss.IsNormalized)
                {
                    workers.Run(blocks, block =>
                    {
                        float* f = keepsLogits ? logits + (long)FirstItem(block) * stride : Scratch((long)BlockItems * stride);
                        ComputeLogits<V>(block, f, Statistics(block));
                    });
                    Normalize<V>(userLoss);
                }
                workers.Run(groups, group =>
                {
                    int first = (int)((long)blocks * group / groups), end = (int)((long)blocks * (group + 1) / groups);
                    for (int block = first; block < end; block++)
                        Update<V, TLoss>(loss, block, dHiddenByGroup + (long)group * users * unitStride, isFirst: block == first);
                });
                workers.RunRanges(users, 8, (from, to) =>
                {
                    for (int user = from; user < to; user++)
                        new VectorWidth.Elementwise<GroupSum>(new(dHiddenByGroup + (long)user * unitStride, (nint)users * unitStride, groups, DHidden + (long)user * inputs)).Invoke<V>(0, inputs);
                });
                FinishLosses(loss, userLoss);
            }

            private float* Statistics(int block) => statistics + 2L * block * stride;

            // Hidden [users, inputs] in rows of whole vectors, and by unit, [inputs, stride].
            private void LayOutHidden(int part)
            {
                int from = part * UserMultiple / 2, to = Math.Min(users, from + UserMultiple / 2);
                for (int user = from; user < to; user++)
                {
                    float* row = Hidden + (long)user * inputs;
                    new ReadOnlySpan<float>(row, inputs).CopyTo(new(hiddenRows + (long)user * unitStride, inputs));
                }
                new ByUnit(Hidden, inputs, stride, hiddenByUnit).Invoke(from, to);
            }

            // f [items of the block, stride] = W H^T: the logits but for their bias, which every reader adds. If result is not null: of each
            // user over the block's items the maximum, and at result + stride the sum of exp(f - maximum).
            private void ComputeLogits<V>(int block, float* f, float* result = null) where V : unmanaged, ISimd<V>
            {
                int first = FirstItem(block), count = ItemCount(block);
                for (int user = 0; user < stride; user += Tile<V>.Columns)
                {
                    for (int i = 0; i < count; i += Tile<V>.Rows)
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, count - i), Tile<V>.Columns, inputs, Weights + (long)(first + i) * inputs, inputs, 1,
                            hiddenByUnit + user, stride, f + (long)i * stride + user, stride, accumulate: false);
                    for (int lane = user; result != null && lane < user + Tile<V>.Columns; lane += V.Count)
                        Normalizer<V>(count, f + lane, Bias + first, result + lane);
                }
            }

            private void Normalizer<V>(int count, float* f, float* bias, float* result) where V : unmanaged, ISimd<V>
            {
                V max = V.Broadcast(float.NegativeInfinity), sum = V.Broadcast(0);
                for (int i = 0; i < count; i++)
                    max = V.Max(max, V.Load(f + (nint)i * stride) + V.Broadcast(bias[i]));
                for (int i = 0; i < count; i++)
                    sum += SimdMath.Exp(V.Load(f + (nint)i * stride) + V.Broadcast(bias[i]) - max);
                V.Store(max, result);
                V.Store(sum, result + stride);
            }

            // Of each user over all items: max, factor = scale N / sum exp(f - max), and N (max + log sum exp(f - max)) in userLoss.
            private void Normalize<V>(double[] userLoss) where V : unmanaged, ISimd<V>
            {
                var total = new double[stride];
                for (int n = 0; n < clicks; n++)
                    total[Rows[n]] += Counts[Positions[n]];
                float* scaled = stackalloc float[V.Count];
                double* sum = stackalloc double[V.Count];
                for (int user = 0; user < stride; user += V.Count)
                {
                    V greatest = V.Load(Statistics(0) + user);
                    for (int block = 1; block < blocks; block++)
                        greatest = V.Max(greatest, V.Load(Statistics(block) + user));
                    V.Store(greatest, max + user);
                    new Span<double>(sum, V.Count).Clear();
                    for (int block = 0; block < blocks; block++)
                    {
                        float* maxima = Statistics(block) + user, sums = maxima + stride;
                        V.Store(V.Load(sums) * SimdMath.Exp(V.Load(maxima) - greatest), scaled);
                        for (int lane = 0; lane < V.Count; lane++)
                            sum[lane] += scaled[lane];
                    }
                    for (int lane = 0; lane < V.Count; lane++)
                    {
                        double n = total[user + lane];
                        factor[user + lane] = (float)(Loss.Scale * n / sum[lane]);
                        if (n != 0)
                            userLoss[user + lane] = n * (max[user + lane] + Math.Log(sum[lane]));
                    }
                }
            }

            // The block's part of dH, added to the group's, and the update of its weights and biases.
            private void Update<V, TLoss>(TLoss loss, int block, float* dHidden, bool isFirst)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                int first = FirstItem(block), count = ItemCount(block);
                float* dWeights = Scratch((long)BlockItems * (inputs + stride + 1) + UserMultiple), dBias = dWeights + (long)BlockItems * inputs + UserMultiple;
                float* f = keepsLogits && TLoss.IsNormalized ? logits + (long)first * stride : dBias + BlockItems;
                if (!keepsLogits || !TLoss.IsNormalized)
                    ComputeLogits<V>(block, f);
                Gradient<V, TLoss>(loss, block, f, dBias);

                // dH += dF^T W, before the weights change. A tile reads whole vectors of W: the last rows do so from a copy.
                float* w = Weights + (long)first * inputs;
                if (first + count == items)
                {
                    new Span<float>(w, count * inputs).CopyTo(new(dWeights, count * inputs));
                    w = dWeights;
                }
                for (int unit = 0; unit < inputs; unit += Tile<V>.Columns)
                    for (int user = 0; user < users; user += Tile<V>.Rows)
                    {
                        float* dRow = dHidden + (long)user * unitStride + unit;
                        for (int r = Tile<V>.Rows; r < 2 * Tile<V>.Rows; r++)
                            Memory.Prefetch(dRow + r * unitStride, Tile<V>.Columns);
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, users - user), Math.Min(Tile<V>.Columns, inputs - unit), count, f + user, 1, stride,
                            w + unit, inputs, dRow, unitStride, accumulate: !isFirst);
                    }

                // dW = dF H, while the next block's weights come nearer. What a last, narrow tile writes beyond its row, the next row's first
                // tile overwrites: so the columns go backwards.
                float* next = Weights + (long)(first + count) * inputs;
                for (int unit = (inputs - 1) / Tile<V>.Columns * Tile<V>.Columns; unit >= 0; unit -= Tile<V>.Columns)
                    for (int i = 0; i < count; i += Tile<V>.Rows, next += Tile<V>.Rows * Tile<V>.Columns)
                    {
                        Memory.Prefetch(next, Tile<V>.Rows * Tile<V>.Columns);
                        Tile<V>.Run(Math.Min(Tile<V>.Rows, count - i), Math.Min(Tile<V>.Columns, inputs - unit), users, f + (long)i * stride, stride, 1,
                            hiddenRows + unit, unitStride, dWeights + (long)i * inputs + unit, inputs, accumulate: false);
                    }

                long at = (long)first * inputs;
                Adam.Cpu.Step<V>(count * inputs, dWeights, Weights + at, WeightM + at, WeightV + at, WeightStep);
                Adam.Cpu.Step<V>(count, dBias, Bias + first, BiasM + first, BiasV + first, BiasStep);
            }

            // f [items of the block, stride]: in logits, out their gradient; the block's terms of the loss; db.
            private void Gradient<V, TLoss>(TLoss loss, int block, float* f, float* dBias)
                where V : unmanaged, ISimd<V>
                where TLoss : struct, ILoss
            {
                int first = FirstItem(block), count = ItemCount(block);
                int slot = LowerBound(first), slotEnd = LowerBound(first + count);
                for (int s = slot; s < slotEnd; s++)
                    for (int n = SlotStarts[s]; n < SlotStarts[s + 1]; n++)
                        clickLogits[Positions[n]] = f[(long)(SlotItems[s] - first) * stride + Rows[n]] + Bias[SlotItems[s]];
                float* terms = Statistics(block);
                if (!TLoss.IsNormalized)
                    new Span<float>(terms, stride).Clear();
                for (int i = 0; i < count; i++)
                {
                    V bias = V.Broadcast(Bias[first + i]);
                    float* row = f + (long)i * stride;
                    for (int user = 0; user < stride; user += V.Count)
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

            /// <summary>The sum of the groups' rows, in their order.</summary>
            private readonly struct GroupSum(float* row, nint distance, int groups, float* output) : IElementwiseKernel
            {
                public void At<V>(int i) where V : unmanaged, ISimd<V>
                {
                    V sum = V.Load(row + i);
                    for (int group = 1; group < groups; group++)
                        sum += V.Load(row + group * distance + i);
                    V.Store(sum, output + i);
                }
            }
        }
    }
}
