namespace VaeCf.Kernels.Tests;

/// <summary>Random data and the measure of difference that every kernel's test uses.</summary>
internal static class Compare
{
    /// <summary>
    /// Norm of the difference over norm of the expected; the norm of the difference itself where nothing but zeros is
    /// expected.
    /// </summary>
    public static double RelativeError(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += (expected[i] - actual[i]) * (expected[i] - actual[i]);
            norm += expected[i] * expected[i];
        }
        return norm > 0 ? Math.Sqrt(difference / norm) : Math.Sqrt(difference);
    }

    public static double[] ToDouble(this float[] values) => Array.ConvertAll(values, value => (double)value);

    /// <summary>Normal values, fixed by the seed.</summary>
    public static float[] Random(int length, ulong seed)
    {
        var sequence = new RandomSequence(new(seed, RandomPurpose.Weights, 0));
        var values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = (float)sequence.NextNormal();
        return values;
    }
}
