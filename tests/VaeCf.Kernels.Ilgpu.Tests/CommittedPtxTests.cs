extern alias gpu;

using KernelSet = gpu::KernelSet;

namespace VaeCf.Kernels.Ilgpu.Tests;

/// <summary>The PTX in kernels/ptx is what the compiler makes of the sources beside it, byte for byte.</summary>
public class CommittedPtxTests
{
    private static readonly string folder = Repository.PathOf("kernels/ptx");

    public static TheoryData<string> Operations => [.. KernelSet.Operations.Select(op => op.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void It_is_what_the_sources_compile_to(string op) =>
        Assert.True(KernelSet.Compile(op).Text == File.ReadAllText(Path.Combine(folder, op + ".ptx")),
            $"kernels/ptx/{op}.ptx is not what its sources compile to: run the compiler as "
                + "kernels/VaeCf.Kernels.Ptx/README.md says");

    [Fact]
    public void None_is_left_of_an_operation_that_is_gone() =>
        Assert.Equal(KernelSet.Operations.Select(op => op.Name),
            Directory.GetFiles(folder).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
}
