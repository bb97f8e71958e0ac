using VaeCf.Gpu.Tests;

return TestRun.All(typeof(TestRun).Assembly);
