using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Gpu.Tests;

/// <summary>The optimisers other than Adam, by the device's own calls: the CPU's bits.</summary>
public class OptimizerTests
{
    // Around a block of 256 threads, and several of them.
    public static TheoryData<string, int> Lengths()
    {
        var data = new TheoryData<string, int>();
        foreach (string device in GpuDevices.Names)
            foreach (int length in (ReadOnlySpan<int>)[0, 1, 255, 256, 257, 5003])
                data.Add(device, length);
        return data;
    }

    // Values and state after four steps.
    private static float[][] Steps(Compute c, int length, Action<Tensor, Tensor, Tensor, Tensor> step)
    {
        using Tensor gradient = c.Allocate(1, length), value = c.Allocate(1, length);
        using Tensor first = c.Allocate(1, length), second = c.Allocate(1, length);
        c.Write(Compare.Random(length, 9), value);
        for (ulong t = 1; t <= 4; t++)
        {
            float[] g = Compare.Random(length, t);
            for (int i = 3; i < length; i += 29)
                g[i] = i % 2 == 0 ? 0 : t == 2 ? float.NaN : -0f;
            c.Write(g, gradient);
            step(gradient, value, first, second);
        }
        return [.. new[] { value, first, second }.Select(tensor =>
        {
            var values = new float[length];
            c.Read(tensor, values);
            return values;
        })];
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Steps_are_the_processors(string device, int length)
    {
        SgdStep sgd = new(1e-2, 0.9, 0.02);
        AdaGradStep adaGrad = new(1e-2, 0.5, 0.02);
        RPropStep rProp = new(0.01, 1.2, 0.5, 4e-3, 0.012, 0.02);
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using Device cpuDevice = Device.Cpu(1);
        using Compute cpu = cpuDevice.Open();
        Assert.Equal(Steps(cpu, length, (g, w, v, _) => cpu.Sgd(g, sgd, w, v)),
            Steps(cuda, length, (g, w, v, _) => cuda.Sgd(g, sgd, w, v)));
        Assert.Equal(Steps(cpu, length, (g, w, s, _) => cpu.AdaGrad(g, adaGrad, w, s)),
            Steps(cuda, length, (g, w, s, _) => cuda.AdaGrad(g, adaGrad, w, s)));
        Assert.Equal(Steps(cpu, length, (g, w, size, last) => cpu.RProp(g, rProp, w, size, last)),
            Steps(cuda, length, (g, w, size, last) => cuda.RProp(g, rProp, w, size, last)));
    }
}
