using VaeCf.Gpu.Tests;
using VaeCf.Tests.Support;

// "cuda": on the GPUs alone, without the emulator.
GpuDevices.HasEmulator = args is not ["cuda"];
return TestRun.All(typeof(GpuDevices).Assembly);
