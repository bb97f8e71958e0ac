using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class CoordinateDescent
{
    /// <summary>
    /// Float, vectors and threads, which take groups of targets. Few items have a weight in the solution. So a target
    /// goes through rounds: r of all items from the weights; the working set, the items whose weight is not 0 or would
    /// not stay 0; sweeps over that set alone, on its own small Gram matrix, until they settle. It is done when no
    /// weight of any item would change by more than the tolerance. Since r is made anew each round, rounding errors do
    /// not add up over the sweeps.
    /// </summary>
    public static unsafe partial class Cpu
    {
        // Targets whose r is computed together: the rows of G that they share are read from cache.
        private const int Group = 16;
        // Rows of G, and how many floats of each, that the targets of a group go over in turn: 256 KB, in the
        // second-level cache.
        private const int Panel = 64, Strip = 1_024;
        // As many items without a weight as there are with one join a round, but at least so many: of a working set
        // that is too large most items fall out again, one that is too small takes more rounds.
        private const int FewestNew = 64;

        // Floats that the small Gram matrices of a group may take at once: 32 MB.
        private const long MatricesLength = 1 << 23;

        [ThreadStatic]
        private static AlignedBuffer? scratch, setScratch, matrixScratch;

        /// <inheritdoc cref="Reference.Solve"/>
        /// <remarks>
        /// Where weights may not be negative, only items with G_ij above l1 are candidates: as G is not negative
        /// either, r_i is never above G_ij.
        /// </remarks>
        /// <param name="workers">Threads, over targets.</param>
        /// <param name="items"><inheritdoc cref="Reference.Solve" path="/param[@name='items']"/></param>
        /// <param name="gram"><inheritdoc cref="Reference.Solve" path="/param[@name='gram']"/></param>
        /// <param name="first"><inheritdoc cref="Reference.Solve" path="/param[@name='first']"/></param>
        /// <param name="problem"><inheritdoc cref="Reference.Solve" path="/param[@name='problem']"/></param>
        /// <param name="weights"><inheritdoc cref="Reference.Solve" path="/param[@name='weights']"/></param>
        /// <param name="cancellation">
        /// Ends the work between two groups of targets; the weights are then undefined.
        /// </param>
        /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
        public static int Solve(Workers workers, int items, ReadOnlySpan<float> gram, int first, in ElasticNet problem,
            Span<float> weights, CancellationToken cancellation = default)
        {
            int targets = Check(items, gram.Length, first, problem, weights.Length);
            using var diagonals = new AlignedBuffer(2L * items);
            int unfinished = 0, groups = (targets + Group - 1) / Group, bits = VectorWidth.Bits;
            fixed (float* g = gram, w = weights)
            {
                float* diagonal = diagonals.Pointer, divisors = diagonal + items;
                for (int i = 0; i < items; i++)
                {
                    float gii = g[(nint)i * items + i];
                    (diagonal[i], divisors[i]) = (gii, (float)(gii + problem.L2));
                }
                var kernel = new Targets(items, g, diagonal, divisors, first, problem, w, &unfinished);
                workers.Run(groups, group =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    VectorWidth.Invoke(kernel, group * Group, Math.Min((group + 1) * Group, targets), bits);
                });
            }
            return unfinished;
        }

        /// <summary>A target that is being solved: its item, weights, r, and the sweeps it has left.</summary>
        private struct Target
        {
            public float* W, R;
            public int Item, SweepsLeft;
        }

        /// <summary>The targets from … to - 1, a group.</summary>
        private readonly struct Targets(int items, float* gram, float* diagonal, float* divisors, int first,
            ElasticNet problem, float* weights, int* unfinished) : IVectorKernel
        {
            private readonly float l1 = (float)problem.L1, tolerance = (float)problem.Tolerance;

            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                int count = to - from;
                float* r = AlignedBuffer.Reserve(ref scratch, (long)Group * items);
                Target* group = stackalloc Target[Group];
                for (int t = 0; t < count; t++)
                {
                    group[t] = new Target
                    {
                        W = weights + (nint)(from + t) * items,
                        R = r + (nint)t * items,
                        Item = first + from + t,
                        SweepsLeft = problem.MostSweeps,
                    };
                    Begin(group[t]);
                }
                WorkingSet* sets = stackalloc WorkingSet[Group];
                float* lists = AlignedBuffer.Reserve(ref setScratch, Group * WorkingSet.Room(items));
                while (count > 0)
                {
                    Residuals<V>(group, count);
                    int left = 0;
                    for (int t = 0; t < count; t++)
                    {
                        sets[left] = new WorkingSet(lists + left * WorkingSet.Room(items), items, problem.NonNegative);
                        if (!IsDone(ref sets[left], group[t]))
                            group[left++] = group[t];
                    }
                    count = left;
                    for (int t = 0; t < count;)
                        t += Sweep<V>(group + t, sets + t, count - t);
                }
            }

            // What is no candidate has no weight.
            private void Begin(in Target target)
            {
                float* row = gram + (nint)target.Item * items;
                for (int i = 0; i < items; i++)
                    if (i == target.Item || (problem.NonNegative && row[i] <= l1))
                        target.W[i] = 0;
            }

            // r = G_j - sum_i w_i G_i of each target j, by panels of items i and strips of r: an element of r is one
            // chain of fused multiply-adds over ascending i.
            private void Residuals<V>(Target* group, int count) where V : unmanaged, ISimd<V>
            {
                float* minus = stackalloc float[Group * Panel];
                int* rows = stackalloc int[Group * Panel], counts = stackalloc int[Group];
                for (int t = 0; t < count; t++)
                    new Span<float>(gram + (nint)group[t].Item * items, items).CopyTo(new(group[t].R, items));
                for (int panel = 0; panel < items; panel += Panel)
                {
                    for (int t = 0; t < count; t++)
                    {
                        int n = 0;
                        for (int i = panel; i < Math.Min(panel + Panel, items); i++)
                            if (group[t].W[i] != 0)
                                (minus[t * Panel + n], rows[t * Panel + n++]) = (-group[t].W[i], i);
                        counts[t] = n;
                    }
                    for (int start = 0; start < items; start += Strip)
                        for (int t = 0; t < count; t++)
                            RowSum.Add<V, MatrixRows>(
                                new(counts[t], rows + t * Panel, minus + t * Panel, gram + start, items),
                                Math.Min(Strip, items - start), group[t].R + start);
                }
            }

            // Whether the target is done: r is up to date, and no weight would change by more than the tolerance, or it
            // has no sweep left. If it is not, the working set of the next sweeps.
            private bool IsDone(ref WorkingSet set, in Target target)
            {
                float largest = 0;
                int active = 0, open = 0;
                for (int i = 0; i < items; i++)
                {
                    float w = target.W[i], r = target.R[i];
                    if (i == target.Item || (w == 0 && (problem.NonNegative ? r : MathF.Abs(r)) <= l1))
                        continue;
                    set.Add(i, w, r, diagonal[i], divisors[i]);
                    float change = MathF.Abs(set.Change(set.Count - 1, l1));
                    largest = MathF.Max(largest, change);
                    if (w != 0)
                        active++;
                    else
                        set.Keys[open++] = TopK.Cpu.Key(change, set.Count - 1);
                }
                if (largest <= tolerance)
                    return true;
                set.Keep(open, Math.Max(active, FewestNew));
                if (target.SweepsLeft > 0)
                    return false;
                Interlocked.Increment(ref *unfinished);
                return true;
            }

            // Sweeps of as many targets as may have their matrices at once; at least one. A row of G is read once for
            // all of them.
            private int Sweep<V>(Target* group, WorkingSet* sets, int most) where V : unmanaged, ISimd<V>
            {
                long length = sets[0].MatrixLength;
                int count = 1;
                for (; count < most && length + sets[count].MatrixLength <= MatricesLength; count++)
                    length += sets[count].MatrixLength;
                float* matrix = AlignedBuffer.Reserve(ref matrixScratch, length);
                for (int t = 0; t < count; t++)
                {
                    sets[t].Matrix = matrix;
                    matrix += sets[t].MatrixLength;
                }
                for (int i = 0; i < items; i++)
                    for (int t = 0; t < count; t++)
                        sets[t].Gather(i, gram + (nint)i * items);
                for (int t = 0; t < count; t++)
                {
                    float largest;
                    do
                        largest = sets[t].Sweep<V>(l1);
                    while (--group[t].SweepsLeft > 0 && largest > tolerance);
                    for (int n = 0; n < sets[t].Count; n++)
                        group[t].W[sets[t].Items[n]] = sets[t].W[n];
                }
                return count;
            }
        }
    }
}
