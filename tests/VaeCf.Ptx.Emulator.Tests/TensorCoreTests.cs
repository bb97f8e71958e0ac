using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

public unsafe class TensorCoreTests
{
    // Each lane holds its fragments as the PTX ISA lays them out; the matrices are of small integers, so that sums are
    // exact.
    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void A_warp_multiplies_matrices(int k)
    {
        float[] a = [.. Enumerable.Range(0, 16 * k).Select(i => (float)((i * 7 % 23) - 11))];
        float[] b = [.. Enumerable.Range(0, k * 8).Select(i => (float)((i * 5 % 17) - 8))];
        float[] c = [.. Enumerable.Range(0, 16 * 8).Select(i => (float)(i - 50))];
        bool bf16 = k == 16;
        var fragments = new uint[32 * 10];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            uint A(int row, int column) => bf16
                ? Pack(a[(row * k) + (2 * column)], a[(row * k) + (2 * column) + 1])
                : BitConverter.SingleToUInt32Bits(a[(row * k) + column]);
            uint B(int row) => bf16
                ? Pack(b[(16 * row) + g], b[(16 * row) + 8 + g]) : BitConverter.SingleToUInt32Bits(b[(8 * row) + g]);
            uint C(int row, int column) => BitConverter.SingleToUInt32Bits(c[(8 * row) + column]);
            uint[] own = [A(g, t), A(g + 8, t), A(g, t + 4), A(g + 8, t + 4), B(t), B(t + 4), C(g, 2 * t),
                C(g, (2 * t) + 1), C(g + 8, 2 * t), C(g + 8, (2 * t) + 1)];
            own.CopyTo(fragments, 10 * lane);
        }

        var bench = new Bench();
        ulong result = bench.Empty<float>(128);
        string loads = string.Concat(
            Enumerable.Range(0, 10).Select(i => $"ld.global.b32 %r{10 + i}, [%rd1+{4 * i}];\n"));
        string shape = bf16 ? "m16n8k16.row.col.f32.bf16.bf16.f32" : "m16n8k8.row.col.f32.tf32.tf32.f32";
        bench.Run(Bench.Kernel($$"""
            ld.param.u64 %rd1, [p0];
            mad.wide.u32 %rd1, %r0, 40, %rd1;
            {{loads}}
            mma.sync.aligned.{{shape}}
                {%f0, %f1, %f2, %f3}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, {%r16, %r17, %r18, %r19};
            ld.param.u64 %rd2, [p1];
            mad.wide.u32 %rd2, %r0, 16, %rd2;
            st.global.v4.f32 [%rd2], {%f0, %f1, %f2, %f3};
            """, 2), new CudaDim(1), new CudaDim(32), 0, bench.Holding(fragments), result);

        float[] got = bench.Read<float>(result);
        for (int lane = 0; lane < 32; lane++)
            for (int i = 0; i < 4; i++)
            {
                int row = (lane / 4) + (8 * (i / 2)), column = (2 * (lane % 4)) + (i % 2);
                float expected = c[(8 * row) + column]
                    + Enumerable.Range(0, k).Sum(p => a[(row * k) + p] * b[(8 * p) + column]);
                Assert.Equal(expected, got[(4 * lane) + i]);
            }
    }

    private static uint Pack(float low, float high) =>
        (BitConverter.SingleToUInt32Bits(low) >> 16) | (BitConverter.SingleToUInt32Bits(high) & 0xFFFF0000);

    [Fact]
    public void Sums_are_cut_one_bit_below_a_floats_last()
    {
        float* a = stackalloc float[4], b = stackalloc float[32];
        (b[0], b[8], b[16], b[24]) = (1, 1, 1, 1);

        // 2^-24 is kept beside 1 while the sum is made, 2^-25 is not; what is left below a float's last bit is cut.
        (a[0], a[1], a[2], a[3]) = (
            MathF.ScaleB(1, -24), MathF.ScaleB(1, -24), MathF.ScaleB(1, -25), MathF.ScaleB(1, -25));
        Assert.Equal(1 + MathF.ScaleB(1, -23), TensorCores.Add(1, a, b, 4));
        (a[0], a[1]) = (MathF.ScaleB(1, -25), MathF.ScaleB(1, -25));
        Assert.Equal(1, TensorCores.Add(1, a, b, 4));
        (a[0], a[1], a[2], a[3]) = (MathF.ScaleB(1.5f, -24), 0, 0, 0);
        Assert.Equal(1, TensorCores.Add(1, a, b, 4));
    }
}
