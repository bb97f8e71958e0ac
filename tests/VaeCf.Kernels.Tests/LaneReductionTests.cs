using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public unsafe class LaneReductionTests
{
    public static TheoryData<int> Counts => [0, 1, 15, 16, 17, 31, 97, 4099];

    [Theory]
    [MemberData(nameof(Counts))]
    public void A_sum_is_that_of_sixteen_lanes_and_a_tree_at_every_width(int count)
    {
        float[] x = Values(count);
        float[] lanes = new float[16];
        for (int i = 0; i < count; i++)
            lanes[i % 16] += x[i];
        for (int half = 8; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        Assert.Equal(lanes[0], Reduced(x)[0]);
        Assert.Equal(x.Sum(value => (double)value), Reduced(x)[0], 1e-5 * x.Sum(MathF.Abs));
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void A_maximum_is_the_greatest_at_every_width(int count)
    {
        float[] x = Values(count);
        Assert.Equal(x.Append(float.NegativeInfinity).Max(), Reduced(x)[1]);
    }

    [Theory]
    [InlineData(40, 3)]
    [InlineData(40, 37)]
    public void One_NaN_makes_the_sum_and_the_maximum_NaN(int count, int at)
    {
        float[] x = Values(count);
        x[at] = float.NaN;
        Assert.Equal([float.NaN, float.NaN], Reduced(x));
    }

    private readonly struct Element(float* x) : ILaneTerm
    {
        public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(x + i);
    }

    private readonly struct Kernel(float* x, float* y) : IVectorKernel
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
        {
            y[0] = LaneReduction.Sum<V, Element>(to, new(x));
            y[1] = LaneReduction.Max<V, Element>(to, new(x));
        }
    }

    private static float[] Reduced(float[] x) => Widths.SameBits(() =>
    {
        var y = new float[2];
        fixed (float* from = x, to = y)
            VectorWidth.Invoke(new Kernel(from, to), 0, x.Length);
        return y;
    });

    private static float[] Values(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.7))];
    }
}
