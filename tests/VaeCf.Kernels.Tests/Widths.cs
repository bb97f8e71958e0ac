using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

/// <summary>What every kernel must hold: the same bits at every vector width and for 1, 2 and 3 threads.</summary>
internal static class Widths
{
    /// <summary>The result of <paramref name="compute"/>, after it proved the same at every width.</summary>
    public static float[] SameBits(Func<float[]> compute)
    {
        float[]? first = null;
        VectorWidth.ForEachWidth(() =>
        {
            float[] result = compute();
            first ??= result;
            Assert.Equal(Bits(first), Bits(result));
        });
        return first!;
    }

    /// <summary>
    /// The result of <paramref name="compute"/>, after it proved the same at every width and for 1, 2 and 3 threads.
    /// </summary>
    public static float[] SameBits(Func<Workers, float[]> compute)
    {
        float[] first = SameBits(() => compute(Workers.One));
        foreach (int threads in (ReadOnlySpan<int>)[2, 3])
        {
            using var workers = new Workers(threads);
            Assert.Equal(Bits(first), Bits(compute(workers)));
        }
        return first;
    }

    // NaNs are one value: their payload is not the kernels'.
    public static int[] Bits(float[] values) =>
        [.. values.Select(x => BitConverter.SingleToInt32Bits(float.IsNaN(x) ? float.NaN : x))];
}
