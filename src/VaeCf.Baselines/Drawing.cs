using VaeCf.Kernels;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>Random choices that follow from a stream and a number of a user or a tensor alone.</summary>
internal static class Drawing
{
    private const int ValuesAtOnce = 1 << 16;

    /// <summary>Fills a tensor with numbers that are uniform in ±bound.</summary>
    public static void Uniform(Compute c, Tensor tensor, RandomStream stream, uint number, double bound)
    {
        var random = new RandomSequence(stream, number);
        Fill(c, tensor, () => bound * (2 * random.NextDouble() - 1));
    }

    /// <summary>Fills a tensor with normal numbers of mean 0.</summary>
    public static void Normal(Compute c, Tensor tensor, RandomStream stream, uint number, double deviation)
    {
        var random = new RandomSequence(stream, number);
        Fill(c, tensor, () => deviation * random.NextNormal());
    }

    // Some rows at a time: in double, a tensor of a large catalogue would take twice its memory again.
    private static void Fill(Compute c, Tensor tensor, Func<double> next)
    {
        int most = Math.Max(1, ValuesAtOnce / Math.Max(1, tensor.Columns));
        for (int first = 0; first < tensor.Rows; first += most)
        {
            int rows = Math.Min(most, tensor.Rows - first);
            var values = new double[rows * tensor.Columns];
            for (int i = 0; i < values.Length; i++)
                values[i] = next();
            c.Write(values, tensor.Slice(first, rows));
        }
    }

    /// <summary>Some of the numbers 0 … below - 1, each set as likely as another, in ascending order.</summary>
    public static int[] Distinct(RandomStream stream, int user, int count, int below)
    {
        // Floyd's algorithm: a number that was drawn before makes way for the newest that may be drawn.
        var random = new RandomSequence(stream, (uint)user);
        var drawn = new HashSet<int>(count);
        for (int newest = below - count; newest < below; newest++)
            if (!drawn.Add(random.NextBelow(newest + 1)))
                drawn.Add(newest);
        return [.. drawn.Order()];
    }
}
