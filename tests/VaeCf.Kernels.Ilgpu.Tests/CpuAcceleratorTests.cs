extern alias gpu;

using KernelSet = gpu::KernelSet;
using VaeCf.Ptx.Emulator.Counts;

namespace VaeCf.Kernels.Ilgpu.Tests;

/// <summary>
/// Every kernel but those for tensor cores on ILGPU's CPU accelerator, where a debugger stops at breakpoints: a second
/// opinion on what the emulator makes of the PTX.
/// </summary>
public class CpuAcceleratorTests
{
    [Fact]
    public void Every_kernel_leaves_what_its_ptx_leaves_on_the_emulator()
    {
        using var driver = new SecondOpinion();
        new EveryKernel(driver, users: 5, items: 300, hidden: 8, latent: 4).Run();
        Assert.Equal(KernelSet.Kernels.Where(name => !KernelSet.NeedsTensorCores(name)).Order(StringComparer.Ordinal),
            driver.Opinions.Keys);
        Assert.Empty(driver.Opinions.Where(opinion => opinion.Value is not null)
            .Select(opinion => $"{opinion.Key}: {opinion.Value}"));
    }
}
