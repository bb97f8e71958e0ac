using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Gpu.Tests;

public class GemmKernelTests
{
    private const int Tile = 128, Threads = 128;

    // Around the tiles of 16, 32 and 128, the slabs of 8 and 16, more slabs than are on their way at once, and odd
    // primes.
    private static readonly (int M, int N, int K)[] sizes = [(1, 1, 1), (1, 5, 3), (31, 33, 7), (32, 32, 8),
        (33, 31, 9), (127, 4, 16), (4, 128, 17), (129, 12, 15), (8, 132, 20), (131, 137, 11), (12, 20, 84), (5, 7, 83)];

    public static TheoryData<string, string, int, int, int> Rungs()
    {
        var data = new TheoryData<string, string, int, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach (string rung in (string[])["Naive", "Coalesced", "SharedTile", "RegisterTile"])
                foreach ((int m, int n, int k) in sizes)
                    data.Add(device, rung, m, n, k);
        return data;
    }

    public static TheoryData<string, string, Transpose, int, int, int> Products()
    {
        var data = new TheoryData<string, string, Transpose, int, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach (string format in (string[])["", "Tf32", "Bf16"])
                foreach (Transpose transpose in Enum.GetValues<Transpose>())
                    foreach ((int m, int n, int k) in sizes)
                        data.Add(device, format, transpose, m, n, k);
        return data;
    }

    [Theory, MemberData(nameof(Rungs))]
    public void Every_rung_gives_the_processors_bits(string device, string rung, int m, int n, int k)
    {
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> c = card.Empty<float>(m * n);
        (CudaDim grid, CudaDim block) = rung switch
        {
            "Naive" => (new CudaDim(Cover(m, 16), Cover(n, 16)), new CudaDim(16, 16)),
            "Coalesced" => (new CudaDim(Cover(n, 32), Cover(m, 8)), new CudaDim(32, 8)),
            "SharedTile" => (new CudaDim(Cover(n, 32), Cover(m, 32)), new CudaDim(32, 32)),
            _ => (new CudaDim(Cover(n, Tile), Cover(m, Tile)), new CudaDim(Threads)),
        };
        card.Launch($"Gemm_{rung}", grid, block, card.Holding(a), card.Holding(b), c, m, n, k);
        Assert.Equal(OnCpu(Transpose.None, m, n, k, a, b), c.Read());
    }

    [Theory, MemberData(nameof(Products))]
    public void A_product_is_the_references_of_the_rounded_elements(
        string device, string format, Transpose transpose, int m, int n, int k)
    {
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> c = card.Empty<float>(m * n);
        Launch(card, format, transpose, card.Holding(a), card.Holding(b), c, m, n, k, k, 0);
        float[] found = c.Read();
        if (format == "")
            Assert.Equal(OnCpu(transpose, m, n, k, a, b), found);
        Assert.InRange(Compare.RelativeError(Expected(format, transpose, m, n, k, a, b), found), 0, 1e-6);
    }

    // The bounds are about what kernels/Gemm/Gemm.md says of normally distributed elements.
    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Tensor_cores_err_as_their_page_says(string device)
    {
        const int m = 64, n = 96, k = 64;
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2);
        double[] expected = Expected("", Transpose.B, m, n, k, a, b);
        foreach ((string format, double least, double most) in ((string, double, double)[])[("Tf32", 2.5e-4, 3.5e-4),
            ("Bf16", 2e-3, 2.8e-3)])
        {
            using var card = new KernelRun(device);
            KernelRun.Memory<float> c = card.Empty<float>(m * n);
            Launch(card, format, Transpose.B, card.Holding(a), card.Holding(b), c, m, n, k, k, 0);
            Assert.InRange(Compare.RelativeError(expected, c.Read()), least, most);
        }
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Splits_are_added_in_their_order_and_to_what_is_there(string device)
    {
        const int m = 7, n = 13, k = 41, depth = 16, splits = 3;
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2), old = Compare.Random(m * n, 3);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> parts = card.Empty<float>(splits * m * n), c = card.Holding(old);
        Launch(card, "", Transpose.None, card.Holding(a), card.Holding(b), parts, m, n, k, depth, 0);
        card.LaunchFlat("Gemm_AddSplits", m * n, parts, c, (long)m * n, splits, 1);
        Assert.InRange(Compare.RelativeError([.. Expected("", Transpose.None, m, n, k, a, b)
            .Zip(old, (product, before) => product + before)], c.Read()), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void A_product_of_length_0_is_0(string device)
    {
        using var card = new KernelRun(device);
        KernelRun.Memory<float> c = card.Empty<float>(3 * 5), empty = card.Holding<float>([]);
        Launch(card, "", Transpose.None, empty, empty, c, 3, 5, 0, 0, 0);
        Assert.Equal(new float[3 * 5], c.Read());
    }

    public static TheoryData<string, string, int, int> Accumulated()
    {
        var data = new TheoryData<string, string, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach (string format in (string[])["", "Tf32", "Bf16"])
                foreach ((int m, int n) in ((int, int)[])[(130, 8), (5, 131)])
                    data.Add(device, format, m, n);
        return data;
    }

    [Theory, MemberData(nameof(Accumulated))]
    public void A_product_is_added_where_that_is_asked(string device, string format, int m, int n)
    {
        const int k = 19;
        float[] a = Compare.Random(m * k, 1), b = Compare.Random(k * n, 2), old = Compare.Random(m * n, 3);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> c = card.Holding(old);
        Launch(card, format, Transpose.None, card.Holding(a), card.Holding(b), c, m, n, k, k, 1);
        Assert.InRange(Compare.RelativeError([.. Expected(format, Transpose.None, m, n, k, a, b)
            .Zip(old, (product, before) => product + before)], c.Read()), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Accumulated))]
    public void The_update_by_a_product_is_Adams(string device, string format, int m, int n)
    {
        const int k = 19;
        float[] a = Compare.Random(k * m, 1), b = Compare.Random(k * n, 2), w = Compare.Random(m * n, 3),
            first = Compare.Random(m * n, 4), second = [.. Compare.Random(m * n, 5).Select(Math.Abs)];
        using var card = new KernelRun(device);
        KernelRun.Memory<float> w1 = card.Holding(w), m1 = card.Holding(first), v1 = card.Holding(second);
        card.Launch($"Gemm_Update{format}", new(Cover(n, Tile), Cover(m, Tile)), new(Threads), card.Holding(a),
            card.Holding(b), w1, m1, v1, m, n, k, KernelRun.Adam);
        double[] expectedW = w.ToDouble(), expectedM = first.ToDouble(), expectedV = second.ToDouble();
        Adam.Reference.Step(Expected(format, Transpose.A, m, n, k, a, b), expectedW, expectedM, expectedV,
            KernelRun.AdamStep);
        Assert.InRange(Compare.RelativeError(expectedW, w1.Read()), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expectedM, m1.Read()), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expectedV, v1.Read()), 0, 1e-6);
    }

    private static void Launch(KernelRun card, string format, Transpose transpose, CudaArgument a, CudaArgument b,
        CudaArgument c, int m, int n, int k, int depth, int accumulate) =>
        card.Launch($"Gemm_{transpose}{format}", new(Cover(n, Tile), Cover(m, Tile), depth == 0 ? 1 : Cover(k, depth)),
            new(Threads), a, b, c, m, n, k, depth, accumulate);

    private static int Cover(int length, int part) => (length + part - 1) / part;

    private static float[] OnCpu(Transpose transpose, int m, int n, int k, float[] a, float[] b)
    {
        var c = new float[m * n];
        Gemm.Cpu.Multiply(Workers.One, transpose, m, n, k, a, b, c);
        return c;
    }

    private static double[] Expected(string format, Transpose transpose, int m, int n, int k, float[] a, float[] b)
    {
        var c = new double[m * n];
        double[] Rounded(float[] values) => [.. values.Select(value => (double)Round(format, value))];
        Gemm.Reference.Multiply(transpose, m, n, k, Rounded(a), Rounded(b), c);
        return c;
    }

    // TF32 rounds ties away from zero, bfloat16 to even.
    private static float Round(string format, float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return format switch
        {
            "Tf32" => BitConverter.UInt32BitsToSingle((bits + 0x1000) & ~0x1FFFu),
            "Bf16" => BitConverter.UInt32BitsToSingle((bits + 0x7FFF + (bits >> 16 & 1)) & ~0xFFFFu),
            _ => value,
        };
    }
}
