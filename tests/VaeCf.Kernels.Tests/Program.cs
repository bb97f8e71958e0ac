using VaeCf.Kernels.Tests;
using VaeCf.Tests.Support;

return TestRun.All(typeof(GemmTests).Assembly);
