using VaeCf.Gpu.Tests;

// "cuda": on the GPUs alone, without the emulator.
GpuDevices.HasEmulator = args is not ["cuda"];
return TestRun.All(typeof(TestRun).Assembly);
