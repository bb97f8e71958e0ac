namespace VaeCf.Kernels;

/// <summary>
/// Standard normal noise addressed by user and column: eps of <see cref="Reparameterize"/>. Box and Muller's transform
/// of pairs of Philox words; the formula is in Philox.md.
/// </summary>
public static partial class Normal
{
    /// <summary>The specification, in double.</summary>
    public static class Reference
    {
        /// <summary>output[b, z] ~ N(0, 1), from the word block (users[b], z / 4) of the stream.</summary>
        /// <param name="stream">Seed, purpose and step.</param>
        /// <param name="users">B user ids, global ones.</param>
        /// <param name="columns">Z.</param>
        /// <param name="output">B x Z, overwritten.</param>
        public static void Fill(RandomStream stream, ReadOnlySpan<int> users, int columns, Span<double> output)
        {
            for (int b = 0; b < users.Length; b++)
            {
                for (int z = 0; z < columns; z++)
                {
                    (uint w0, uint w1, uint w2, uint w3) = stream.Block((uint)users[b], (uint)z / 4);
                    (uint forRadius, uint forAngle) = z % 4 < 2 ? (w0, w1) : (w2, w3);
                    double radius = Math.Sqrt(-2 * Math.Log(((forRadius >> 8) + 1) / 16777216.0));
                    double angle = 2 * Math.PI * ((forAngle >> 8) / 16777216.0);
                    output[b * columns + z] = radius * (z % 2 == 0 ? Math.Cos(angle) : Math.Sin(angle));
                }
            }
        }
    }
}
