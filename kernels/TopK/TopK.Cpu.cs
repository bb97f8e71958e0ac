using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class TopK
{
    /// <summary>Float, vectors and threads. A thread allocates its heap once.</summary>
    public static unsafe class Cpu
    {
        [ThreadStatic]
        private static ulong[]? scratch;

        /// <summary>The indices of the k highest scores, best first: by score descending, NaN last, then by index ascending.</summary>
        /// <param name="scores">I scores.</param>
        /// <param name="excluded">Indices never to be chosen, ascending.</param>
        /// <param name="best">k indices, overwritten; -1 where fewer are left.</param>
        /// <exception cref="ArgumentException"><paramref name="excluded"/> does not ascend.</exception>
        public static void Select(ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, Span<int> best)
        {
            CheckAscending(excluded, nameof(excluded));
            Rank(scores, excluded, best);
        }

        /// <summary><see cref="Select"/> for each of B rows.</summary>
        /// <param name="workers">Threads, over rows.</param>
        /// <param name="rows">B.</param>
        /// <param name="columns">I.</param>
        /// <param name="scores">B x I.</param>
        /// <param name="excludedStarts">B + 1: row r excludes excludedItems[excludedStarts[r]] … excludedItems[excludedStarts[r + 1] - 1].</param>
        /// <param name="excludedItems">Indices never to be chosen, ascending within a row.</param>
        /// <param name="k">Indices wanted per row.</param>
        /// <param name="best">B x k, overwritten; -1 where fewer are left.</param>
        /// <exception cref="ArgumentException">A span has not the length its shape says, the row starts do not rise, or a row's items do not ascend.</exception>
        public static void SelectRows(Workers workers, int rows, int columns, ReadOnlySpan<float> scores, ReadOnlySpan<int> excludedStarts, ReadOnlySpan<int> excludedItems, int k, Span<int> best)
        {
            Shape.Dense(nameof(scores), scores.Length, rows, columns);
            Shape.RowStarts(rows, excludedStarts, excludedItems.Length);
            Shape.Dense(nameof(best), best.Length, rows, k);
            for (int row = 0; row < rows; row++)
                CheckAscending(excludedItems[excludedStarts[row]..excludedStarts[row + 1]], nameof(excludedItems));
            fixed (float* pScores = scores)
            fixed (int* pStarts = excludedStarts, pItems = excludedItems, pBest = best)
            {
                float* score = pScores;
                int* starts = pStarts, items = pItems, ranked = pBest;
                workers.RunRanges(rows, 1, (from, to) =>
                {
                    for (int row = from; row < to; row++)
                        Rank(new(score + (long)row * columns, columns), new(items + starts[row], starts[row + 1] - starts[row]), new(ranked + (long)row * k, k));
                });
            }
        }

        private static void CheckAscending(ReadOnlySpan<int> excluded, string name)
        {
            for (int i = 1; i < excluded.Length; i++)
                if (excluded[i] < excluded[i - 1])
                    throw new ArgumentException($"{excluded[i]} after {excluded[i - 1]}, expected ascending indices", name);
        }

        private static void Rank(ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, Span<int> best)
        {
            if (best.IsEmpty)
                return;
            if (scratch is null || scratch.Length < best.Length)
                scratch = new ulong[best.Length];
            Span<ulong> heap = scratch.AsSpan(0, best.Length);
            int size = Scan(scores, excluded, heap);
            heap[..size].Sort();
            for (int rank = 0; rank < best.Length; rank++)
                best[rank] = rank < size ? Index(heap[size - 1 - rank]) : -1;
        }

        /// <summary>Leaves the keys of the best in the heap, which it fills where it can; returns how many there are.</summary>
        private static int Scan(ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, Span<ulong> heap)
        {
            int size = 0, nextExcluded = 0;
            // Nothing compares with NaN: until the heap is full no score is passed over, nor while its root is NaN.
            Vector512<float> root = Vector512.Create(float.NaN);
            for (int block = 0; block < scores.Length; block += Vector512<float>.Count)
            {
                int count = Math.Min(Vector512<float>.Count, scores.Length - block);
                ulong candidates = (1UL << count) - 1;
                if (count == Vector512<float>.Count)
                    candidates &= ~Vector512.LessThanOrEqual(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(scores), (nuint)block), root).ExtractMostSignificantBits();
                if (candidates == 0)
                    continue;
                for (; candidates != 0; candidates &= candidates - 1)
                {
                    int i = block + BitOperations.TrailingZeroCount(candidates);
                    ulong key = Key(scores[i], i);
                    if (size == heap.Length && key < heap[0])
                        continue;
                    while (nextExcluded < excluded.Length && excluded[nextExcluded] < i)
                        nextExcluded++;
                    if (nextExcluded < excluded.Length && excluded[nextExcluded] == i)
                        continue;
                    if (size == heap.Length)
                    {
                        ReplaceRoot(heap, key);
                    }
                    else
                    {
                        heap[size++] = key;
                        // In ascending order it is a heap.
                        if (size == heap.Length)
                            heap.Sort();
                    }
                }
                if (size == heap.Length)
                    root = Vector512.Create(scores[Index(heap[0])]);
            }
            return size;
        }

        /// <summary>
        /// Score and index as one number that rises with the rank: the score's bits, made to rise with the score and 0 for NaN,
        /// above the index's complement.
        /// </summary>
        private static ulong Key(float score, int index)
        {
            // Adding 0 makes -0 into 0.
            int bits = BitConverter.SingleToInt32Bits(score + 0f);
            uint rising = float.IsNaN(score) ? 0 : (uint)(bits ^ ((bits >> 31) | int.MinValue));
            return (ulong)rising << 32 | ~(uint)index;
        }

        private static int Index(ulong key) => (int)~(uint)key;

        /// <summary>Puts the key in the place of the root, the least, and lets it sink below those that are less.</summary>
        private static void ReplaceRoot(Span<ulong> heap, ulong key)
        {
            int at = 0;
            for (int child = 1; child < heap.Length; child = 2 * at + 1)
            {
                if (child + 1 < heap.Length && heap[child + 1] < heap[child])
                    child++;
                if (key < heap[child])
                    break;
                heap[at] = heap[child];
                at = child;
            }
            heap[at] = key;
        }
    }
}
