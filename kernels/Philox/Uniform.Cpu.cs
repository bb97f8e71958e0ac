using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Uniform
{
    /// <summary>Float and threads; the numbers are the reference's, exactly.</summary>
    public static unsafe class Cpu
    {
        // Numbers, and rows of 70 clicks each, that are worth a part of their own: about 10 us of work.
        private const int ElementsPerPart = 4_096, RowsPerPart = 16;

        /// <inheritdoc cref="Reference.Fill"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException"><paramref name="output"/> is not B x H.</exception>
        public static void Fill(Workers workers, RandomStream stream, ReadOnlySpan<int> users, int columns,
            Span<float> output)
        {
            Shape.Dense(nameof(output), output.Length, users.Length, columns);
            fixed (int* pUsers = users)
            fixed (float* pOutput = output)
                workers.RunRanges(users.Length, ElementsPerPart / Math.Max(columns, 1),
                    new Rows(stream, pUsers, columns, pOutput));
        }

        /// <inheritdoc cref="Reference.AtClicks"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException">
        /// The row starts do not rise from 0 to N, or <paramref name="output"/> has not N numbers.
        /// </exception>
        public static void AtClicks(Workers workers, RandomStream stream, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> users, ReadOnlySpan<int> items, Span<float> output)
        {
            Shape.RowStarts(users.Length, rowStarts, items.Length);
            Shape.Dense(nameof(output), output.Length, items.Length, 1);
            fixed (int* starts = rowStarts, pUsers = users, pItems = items)
            fixed (float* pOutput = output)
                workers.RunRanges(users.Length, RowsPerPart, new ClickRows(stream, starts, pUsers, pItems, pOutput));
        }

        private readonly struct Rows(RandomStream stream, int* users, int columns, float* output) : IRangeKernel
        {
            // Words that are drawn before they are turned into numbers.
            private const int Words = 256;

            public void Invoke(int from, int to)
            {
                uint* words = stackalloc uint[Words];
                for (int b = from; b < to; b++)
                    for (int first = 0; first < columns; first += Words)
                    {
                        int count = Math.Min(Words, columns - first);
                        stream.Fill((uint)users[b], (uint)first / 4, new(words, (count + 3) / 4 * 4));
                        float* row = output + (long)b * columns + first;
                        int h = 0;
                        for (; h <= count - 4; h += 4)
                            (Vector128.ConvertToSingle((Vector128.Load(words + h) >> 8).AsInt32()) * Step)
                                .Store(row + h);
                        for (; h < count; h++)
                            row[h] = Of(words[h]);
                    }
            }
        }

        private readonly struct ClickRows(RandomStream stream, int* rowStarts, int* users, int* items, float* output)
            : IRangeKernel
        {
            public void Invoke(int from, int to)
            {
                for (int b = from; b < to; b++)
                    for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                        output[n] = Of(stream.Block((uint)users[b], (uint)items[n]).X0);
            }
        }

        private static float Of(uint word) => (int)(word >> 8) * Step;
    }
}
