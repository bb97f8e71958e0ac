using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class TopK
{
    /// <summary>Float, vectors and threads. Nothing is allocated for a row: the heap is the output.</summary>
    public static unsafe class Cpu
    {
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
            int size = Scan(scores, excluded, best);
            // Heap sort: the worst of those left goes to the end.
            for (int end = size - 1; end > 0; end--)
            {
                int worst = best[0];
                SiftDown(scores, best[..end], best[end]);
                best[end] = worst;
            }
            best[size..].Fill(-1);
        }

        /// <summary>Leaves the best as a heap with the worst at its root; returns how many there are.</summary>
        private static int Scan(ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, Span<int> best)
        {
            int size = 0, nextExcluded = 0;
            // Nothing compares with NaN: until the heap is full no block is passed over, nor while its root is NaN.
            Vector512<float> root = Vector512.Create(float.NaN);
            for (int block = 0; block < scores.Length; block += Vector512<float>.Count)
            {
                int end = Math.Min(block + Vector512<float>.Count, scores.Length);
                if (end - block == Vector512<float>.Count
                    && Vector512.LessThanOrEqualAll(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(scores), (nuint)block), root))
                    continue;
                for (int i = block; i < end; i++)
                {
                    // A score equal to the root's comes after it: its index is higher.
                    if (size == best.Length && scores[i].CompareTo(scores[best[0]]) <= 0)
                        continue;
                    while (nextExcluded < excluded.Length && excluded[nextExcluded] < i)
                        nextExcluded++;
                    if (nextExcluded < excluded.Length && excluded[nextExcluded] == i)
                        continue;
                    if (size < best.Length)
                        SiftUp(scores, best, size++, i);
                    else
                        SiftDown(scores, best, i);
                }
                if (size == best.Length)
                    root = Vector512.Create(scores[best[0]]);
            }
            return size;
        }

        /// <summary>True when item a ranks after item b.</summary>
        private static bool Worse(ReadOnlySpan<float> scores, int a, int b)
        {
            int order = scores[a].CompareTo(scores[b]);
            return order < 0 || (order == 0 && a > b);
        }

        /// <summary>Puts the item at a free leaf and lifts it above those that rank before it.</summary>
        private static void SiftUp(ReadOnlySpan<float> scores, Span<int> heap, int at, int item)
        {
            for (int parent = (at - 1) / 2; at > 0 && Worse(scores, item, heap[parent]); parent = (at - 1) / 2)
            {
                heap[at] = heap[parent];
                at = parent;
            }
            heap[at] = item;
        }

        /// <summary>Puts the item in the place of the root and lets it sink below those that rank after it.</summary>
        private static void SiftDown(ReadOnlySpan<float> scores, Span<int> heap, int item)
        {
            int at = 0;
            for (int child = 1; child < heap.Length; child = 2 * at + 1)
            {
                if (child + 1 < heap.Length && Worse(scores, heap[child + 1], heap[child]))
                    child++;
                if (!Worse(scores, heap[child], item))
                    break;
                heap[at] = heap[child];
                at = child;
            }
            heap[at] = item;
        }
    }
}
