using System.Runtime.Intrinsics;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public unsafe class VectorWidthTests
{
    [Fact]
    public void The_width_in_use_is_the_widest_the_processor_has()
    {
        int expected = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated
            ? 256 : Vector128.IsHardwareAccelerated ? 128 : 32;
        Assert.Equal(expected, VectorWidth.Bits);
        // A run with instruction sets switched off says what must be left: a misspelt switch would change nothing.
        if (Environment.GetEnvironmentVariable("VAECF_EXPECT_VECTOR_BITS") is { } told)
            Assert.Equal(told, $"{expected}");
        Assert.Equal(expected == 32 ? "scalar" : $"Vector{expected}", VectorWidth.Name);
    }

    [Fact]
    public void For_each_width_the_kernel_is_compiled_at_that_width_and_then_the_width_is_as_before()
    {
        int before = VectorWidth.Bits;
        var seen = new List<int>();
        VectorWidth.ForEachWidth(() =>
        {
            int lanes = 0;
            VectorWidth.Invoke(new LaneCount(&lanes), 0, 1);
            seen.Add(lanes);
        });
        Assert.Equal([16, 8, 4, 1], seen);
        Assert.Equal(before, VectorWidth.Bits);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(16), InlineData(37), InlineData(1009)]
    public void An_elementwise_kernel_sees_every_element_once_whatever_the_threads(int length)
    {
        float[] counts = Widths.SameBits(workers =>
        {
            var y = new float[length];
            fixed (float* to = y)
                VectorWidth.RunElementwise(workers, length, 5, new Increment(to));
            return y;
        });
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    private readonly struct LaneCount(int* lanes) : IVectorKernel
    {
        public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V> => *lanes = V.Count;
    }

    private readonly struct Increment(float* y) : IElementwiseKernel
    {
        public void At<V>(int i) where V : unmanaged, ISimd<V> => V.Store(V.Load(y + i) + V.Broadcast(1), y + i);
    }
}
