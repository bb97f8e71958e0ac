using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Tests.Devices;

public class CudaGpuTests
{
    [Fact]
    public void Without_a_driver_or_a_GPU_the_reason_is_one_clear_line()
    {
        string Reason(FakeCuda? driver)
        {
            Assert.Empty(CudaGpu.FindAll(driver, out string? none));
            return Assert.Throws<DeviceException>(() => new CudaDevice(driver, 0)).Message is var message
                && message == none ? message : $"{none} is not {message}";
        }
        Assert.Equal($"no CUDA driver: {LibCuda.FileName} is not installed", Reason(null));
        Assert.Equal("no CUDA device", Reason(new FakeCuda { Devices = 0 }));
        Assert.Equal("no CUDA device", Reason(new FakeCuda { Failures = { ["cuInit"] = 100 } }));
        Assert.Equal("the CUDA driver does not start: cuInit: CUDA_ERROR_803: told to fail",
            Reason(new FakeCuda { Failures = { ["cuInit"] = 803 } }));
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused_by_its_number() =>
        Assert.Equal("no cuda:2: there are 2 CUDA devices, numbered from 0",
            Assert.Throws<DeviceException>(() => new CudaDevice(new FakeCuda { Devices = 2 }, 2)).Message);

    [Fact]
    public void A_GPU_or_driver_that_is_too_old_is_listed_and_refused()
    {
        void AssertRefused(FakeCuda driver, string why)
        {
            Assert.Equal(why, Assert.Single(CudaGpu.FindAll(driver, out string? none)).Unfit);
            Assert.Null(none);
            Assert.Equal(why, Assert.Throws<DeviceException>(() => new CudaDevice(driver, 0)).Message);
        }
        AssertRefused(new FakeCuda { Major = 7 },
            "cuda:0, GPU 0, 80.0 GiB: compute capability 7.0; at least 8.0 is needed");
        AssertRefused(new FakeCuda { Version = 11_080 },
            "cuda:0, GPU 0, 80.0 GiB: the driver speaks CUDA 11.8; at least 12.0 is needed");
    }

    [Fact]
    public void A_GPU_that_another_process_has_is_refused_in_one_line() =>
        Assert.Equal("cuda:0, GPU 0, 80.0 GiB: cuDevicePrimaryCtxRetain: CUDA_ERROR_46: told to fail",
            Assert.Throws<DeviceException>(() =>
                new CudaDevice(new FakeCuda { Failures = { ["cuDevicePrimaryCtxRetain"] = 46 } }, 0)).Message);

    [Fact]
    public void Auto_takes_the_first_GPU_it_can_and_else_the_CPU_and_says_why()
    {
        static (string Device, string? Fallback) Auto(FakeCuda? driver)
        {
            using Device device = Device.Auto(driver, out string? fallback, threads: 1);
            return (device.Description.Split(',')[0], fallback);
        }
        Assert.Equal(("cuda:0", null), Auto(new FakeCuda { Devices = 2 }));
        Assert.Equal(("cpu", $"no CUDA driver: {LibCuda.FileName} is not installed"), Auto(null));
        Assert.Equal(("cpu", "no CUDA device"), Auto(new FakeCuda { Devices = 0 }));
        Assert.Equal(("cpu", "cuda:0, GPU 0, 80.0 GiB: compute capability 7.0; at least 8.0 is needed"),
            Auto(new FakeCuda { Devices = 2, Major = 7 }));
        Assert.Equal(("cpu", "cuda:0, GPU 0, 80.0 GiB: cuDevicePrimaryCtxRetain: CUDA_ERROR_2: told to fail"),
            Auto(new FakeCuda { Failures = { ["cuDevicePrimaryCtxRetain"] = 2 } }));
    }

    [Fact]
    public void A_GPU_tells_what_it_is()
    {
        IReadOnlyList<CudaGpu> gpus = CudaGpu.FindAll(new FakeCuda { Devices = 2 }, out string? none);
        Assert.Null(none);
        Assert.Equal([0, 1], gpus.Select(gpu => gpu.Index));
        Assert.Equal(("GPU 1", 80L << 30, new Version(9, 0), new Version(12, 4), null),
            (gpus[1].Name, gpus[1].MemoryBytes, gpus[1].ComputeCapability, gpus[1].DriverVersion, gpus[1].Unfit));
    }

    [Fact]
    public void A_call_that_fails_is_named() =>
        Assert.Equal("cuDeviceGetName: CUDA_ERROR_999: told to fail",
            Assert.Throws<CudaException>(() =>
                CudaGpu.FindAll(new FakeCuda { Failures = { ["cuDeviceGetName"] = 999 } }, out _)).Message);
}
