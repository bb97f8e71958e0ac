namespace VaeCf.Kernels;

/// <summary>
/// Uniform numbers in [0, 1), multiples of 2^-24, addressed by user and column, or by user and item: what units of a
/// Boltzmann machine (<see cref="Gibbs"/>) and dropout masks are drawn by. The formula is in Philox.md.
/// </summary>
public static partial class Uniform
{
    // 2^-24: 24 bits of a word, which double and float hold alike.
    private const float Step = 1 / 16777216f;

    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>output[b, h] in [0, 1), from the word h % 4 of the block (users[b], h / 4) of the stream.</summary>
        /// <param name="stream">Seed, purpose and step.</param>
        /// <param name="users">B user ids, global ones.</param>
        /// <param name="columns">H.</param>
        /// <param name="output">B x H, overwritten.</param>
        public static void Fill(RandomStream stream, ReadOnlySpan<int> users, int columns, Span<double> output)
        {
            for (int b = 0; b < users.Length; b++)
                for (int h = 0; h < columns; h++)
                {
                    (uint w0, uint w1, uint w2, uint w3) = stream.Block((uint)users[b], (uint)h / 4);
                    output[b * columns + h] = ((h % 4) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 } >> 8) * Step;
                }
        }

        /// <summary>output[n] in [0, 1), from the first word of the block (user, item) of click n.</summary>
        /// <param name="stream">Seed, purpose and step.</param>
        /// <param name="rowStarts">Where each row's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="users">B user ids, global ones.</param>
        /// <param name="items">Item of each click, N.</param>
        /// <param name="output">N, overwritten.</param>
        public static void AtClicks(RandomStream stream, ReadOnlySpan<int> rowStarts, ReadOnlySpan<int> users,
            ReadOnlySpan<int> items, Span<double> output)
        {
            for (int b = 0; b < users.Length; b++)
                for (int n = rowStarts[b]; n < rowStarts[b + 1]; n++)
                    output[n] = (stream.Block((uint)users[b], (uint)items[n]).X0 >> 8) * Step;
        }
    }
}
