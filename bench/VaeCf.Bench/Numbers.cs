using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Bench;

/// <summary>Numbers to calculate with.</summary>
internal static class Numbers
{
    private const int RowLength = 1_024;

    /// <summary>Normal deviates.</summary>
    public static AlignedBuffer Normal(long length)
    {
        int rows = (int)((length + RowLength - 1) / RowLength);
        using var whole = new AlignedBuffer((long)rows * RowLength);
        Kernels.Normal.Cpu.Fill(Workers.One, new RandomStream(1, RandomPurpose.Noise, 0),
            [.. Enumerable.Range(0, rows)], RowLength, whole.Span);
        var buffer = new AlignedBuffer(length);
        whole.Span[..(int)length].CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Norm of the difference over norm of the expected numbers.</summary>
    public static double RelativeError(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
            (difference, norm) = (
                difference + Math.Pow((double)actual[i] - expected[i], 2), norm + Math.Pow(expected[i], 2));
        return Math.Sqrt(difference / norm);
    }
}
