namespace VaeCf.Kernels;

/// <summary>
/// Inverted dropout of the clicks of a batch, or of a dense matrix (pseudo-inputs), y = x * mask / keep, with masks
/// that any thread can draw in any order. Called on the normalised input row in training; at prediction it is left out.
/// Source: Srivastava et al. 2014; Liang et al. 2018, 2.2.
/// </summary>
public static partial class Dropout
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>
        /// values = values * mask / keep, the mask 1 where the first word of the stream's block (user, item) is below
        /// keep * 2^32, else 0.
        /// </summary>
        /// <param name="stream">Seed, purpose and step.</param>
        /// <param name="keep">Share of the clicks kept, in (0, 1]; 1 keeps all.</param>
        /// <param name="rowStarts">B + 1: row r holds the clicks rowStarts[r] … rowStarts[r + 1] - 1.</param>
        /// <param name="users">B user ids, global ones.</param>
        /// <param name="items">N items.</param>
        /// <param name="values">N values, changed in place.</param>
        public static void Clicks(RandomStream stream, double keep, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> users, ReadOnlySpan<int> items, Span<double> values)
        {
            for (int row = 0; row < users.Length; row++)
                for (int i = rowStarts[row]; i < rowStarts[row + 1]; i++)
                    values[i] = values[i]
                        * (stream.Block((uint)users[row], (uint)items[i]).X0 < keep * 4294967296.0 ? 1 : 0) / keep;
        }

        /// <summary>
        /// 1 where a word of the stream is below keep * 2^32, else 0: for (row, column) the word column / Q of the
        /// block (row, column % Q), Q = I / 4 rounded up.
        /// </summary>
        /// <param name="stream">Seed, purpose and step.</param>
        /// <param name="keep">Share of the elements kept, in (0, 1]; 1 keeps all.</param>
        /// <param name="rows">C.</param>
        /// <param name="columns">I.</param>
        /// <param name="mask">C x I, overwritten.</param>
        public static void DenseMask(RandomStream stream, double keep, int rows, int columns, Span<double> mask)
        {
            int quarter = (columns + 3) / 4;
            for (int row = 0; row < rows; row++)
                for (int i = 0; i < columns; i++)
                {
                    (uint w0, uint w1, uint w2, uint w3) = stream.Block((uint)row, (uint)(i % quarter));
                    uint word = (i / quarter) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
                    mask[row * columns + i] = word < keep * 4294967296.0 ? 1 : 0;
                }
        }

        /// <summary>y = x * mask / keep.</summary>
        /// <param name="x">Any length.</param>
        /// <param name="mask">The same length.</param>
        /// <param name="keep">In (0, 1].</param>
        /// <param name="y">The same length, overwritten; may be x itself.</param>
        public static void Apply(ReadOnlySpan<double> x, ReadOnlySpan<double> mask, double keep, Span<double> y)
        {
            for (int i = 0; i < x.Length; i++)
                y[i] = x[i] * mask[i] / keep;
        }
    }
}
