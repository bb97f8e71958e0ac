using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Gpu.Tests;

/// <summary>
/// Kernels run by themselves on a device. Every array is as long as its kernel may touch, so that the emulator catches
/// a step beyond.
/// </summary>
internal sealed class KernelRun(string device) : IDisposable
{
    private readonly CudaDevice gpu = GpuDevices.Open(device);

    /// <summary>A settings of Adam with every part in use.</summary>
    public static AdamStep AdamStep { get; } = new(1e-2, 0.9, 0.999, 1e-8, 3, 1e-2, 0.7);

    /// <summary>The same as kernels take it.</summary>
    public static CudaArgument Adam => (ReadOnlySpan<float>)
    [
        (float)AdamStep.WeightDecay, (float)AdamStep.Epsilon, (float)AdamStep.Beta1, (float)(1 - AdamStep.Beta1),
        (float)AdamStep.Beta2, (float)(1 - AdamStep.Beta2),
        (float)(-AdamStep.LearningRate / (1 - Math.Pow(AdamStep.Beta1, AdamStep.T))),
        (float)(1 / (1 - Math.Pow(AdamStep.Beta2, AdamStep.T))), (float)AdamStep.GradientScale,
    ];

    /// <summary>An array that holds values.</summary>
    public Memory<T> Holding<T>(T[] values) where T : unmanaged
    {
        var array = new CudaArray<T>(gpu.Context);
        array.Upload(values);
        return new(array, values.Length);
    }

    /// <summary>An array that holds nothing yet.</summary>
    public Memory<T> Empty<T>(int length) where T : unmanaged
    {
        var array = new CudaArray<T>(gpu.Context);
        array.Reserve(length);
        return new(array, length);
    }

    public void Launch(string kernel, CudaDim grid, CudaDim block, params ReadOnlySpan<CudaArgument> arguments) =>
        gpu.Context.Launch(kernel, grid, block, arguments);

    public void LaunchFlat(string kernel, long elements, params ReadOnlySpan<CudaArgument> arguments) =>
        gpu.Context.LaunchFlat(kernel, elements, arguments);

    public void LaunchElements(string kernel, int rows, int columns, params ReadOnlySpan<CudaArgument> arguments) =>
        gpu.Context.LaunchElements(kernel, rows, columns, arguments);

    public void Dispose() => gpu.Dispose();

    internal sealed record Memory<T>(CudaArray<T> Array, int Length) where T : unmanaged
    {
        public static implicit operator CudaArgument(Memory<T> memory) => memory.Array.View(memory.Length);

        public T[] Read()
        {
            var values = new T[Length];
            Array.Download(values);
            return values;
        }
    }
}
