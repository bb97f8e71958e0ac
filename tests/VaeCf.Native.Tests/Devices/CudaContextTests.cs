using System.Buffers.Binary;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Tests.Devices;

public class CudaContextTests
{
    private readonly FakeCuda driver = new();

    private CudaContext Open() => new(driver, Assert.Single(CudaGpu.FindAll(driver, out _)));

    private static void Launch(CudaContext context, int times, params ReadOnlySpan<CudaArgument> arguments)
    {
        for (int i = 0; i < times; i++)
            context.Launch("Tanh_Forward", new(1), new(32), arguments);
    }

    [Fact]
    public void Arguments_lie_in_order_each_at_its_natural_alignment()
    {
        using CudaContext context = Open();
        context.Launch("Tanh_Forward", new(1), new(32), 7, new CudaView(0x1234, 5), 1.5f, -2L,
            (ReadOnlySpan<float>)[1f, 2f, 3f]);
        context.Synchronize();
        byte[] bytes = Assert.Single(driver.Parameters);
        Assert.Equal(52, bytes.Length);
        Assert.Equal(7, BinaryPrimitives.ReadInt32LittleEndian(bytes));
        Assert.Equal(0x1234, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)));
        Assert.Equal(5, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)));
        Assert.Equal(1.5f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(24)));
        Assert.Equal(-2, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)));
        Assert.Equal(3f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(48)));
    }

    [Fact]
    public void A_run_of_kernels_is_launched_then_made_a_graph_then_replayed_with_what_changed()
    {
        using CudaContext context = Open();
        void Run(int last)
        {
            driver.Calls.Clear();
            driver.Parameters.Clear();
            Launch(context, 3, 1);
            Launch(context, 1, last);
            context.Synchronize();
        }
        Launch(context, 1, 0);
        context.Synchronize();
        Run(2);
        Assert.Equal([.. Enumerable.Repeat("cuLaunchKernel", 4), "cuStreamSynchronize"], driver.Calls);
        Run(3);
        Assert.Equal(["cuGraphCreate", .. Enumerable.Repeat("cuGraphAddKernelNode", 4), "cuGraphInstantiateWithFlags",
            "cuGraphLaunch", "cuStreamSynchronize"], driver.Calls);
        Run(3);
        Assert.Equal(["cuGraphLaunch", "cuStreamSynchronize"], driver.Calls);
        Run(4);
        Assert.Equal(["cuGraphExecKernelNodeSetParams", "cuGraphLaunch", "cuStreamSynchronize"], driver.Calls);
        Assert.Equal(4, BinaryPrimitives.ReadInt32LittleEndian(Assert.Single(driver.Parameters)));
    }

    [Fact]
    public void What_is_queued_goes_before_a_copy()
    {
        using CudaContext context = Open();
        ulong address = context.Allocate(4);
        driver.Calls.Clear();
        Launch(context, 1, 0);
        context.UploadStaged<int>([1], address);
        Launch(context, 1, 0);
        context.Download(address, new int[1].AsSpan());
        Assert.Equal(["cuLaunchKernel", "cuMemcpyHtoDAsync", "cuLaunchKernel", "cuMemcpyDtoHAsync"],
            driver.Calls.Where(call => call is "cuLaunchKernel"
                || call.StartsWith("cuMemcpy", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_empty_grid_launches_nothing()
    {
        using CudaContext context = Open();
        context.Launch("Tanh_Forward", new(0), new(32), 1);
        context.Synchronize();
        Assert.DoesNotContain("cuLaunchKernel", driver.Calls);
    }

    [Theory]
    [InlineData("cuLaunchKernel")]
    [InlineData("cuStreamSynchronize")]
    [InlineData("cuModuleLoadDataEx")]
    public void A_failure_names_the_call_the_kernel_and_the_drivers_words(string call)
    {
        using CudaContext context = Open();
        driver.Failures[call] = 700;
        string message = Assert.Throws<CudaException>(() =>
        {
            Launch(context, 1, 0);
            context.Synchronize();
        }).Message;
        Assert.StartsWith($"{call} (Tanh_Forward", message);
        Assert.EndsWith("CUDA_ERROR_700: told to fail", message);
        Assert.Equal(call == "cuModuleLoadDataEx", message.Contains("ptxas: line 7", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cuMemcpyDtoHAsync")]
    [InlineData("cuMemcpyHtoDAsync")]
    [InlineData("cuMemsetD8Async")]
    [InlineData("cuLaunchKernel")]
    public void A_fault_that_shows_at_a_later_call_names_the_kernels_it_may_be_of(string call)
    {
        using CudaContext context = Open();
        ulong address = context.Allocate(4);
        Launch(context, 1, 0);
        context.Clear(address, 4);
        driver.Failures[call] = 700;
        (Action next, string kernels) = call switch
        {
            "cuMemcpyDtoHAsync" => ((Action)(() => context.Download(address, new int[1].AsSpan())), "Tanh_Forward"),
            "cuMemcpyHtoDAsync" => (() => context.Upload<int>([1], address), "Tanh_Forward"),
            "cuMemsetD8Async" => (() => context.Clear(address, 4), "Tanh_Forward"),
            _ => (() =>
            {
                context.Launch("Adam_Step", new(1), new(32), 0);
                context.Synchronize();
            }, "Adam_Step after Tanh_Forward"),
        };
        Assert.Equal($"{call} ({kernels}): CUDA_ERROR_700: told to fail", Assert.Throws<CudaException>(next).Message);
    }

    [Fact]
    public void Memory_that_runs_out_elsewhere_is_one_line_too()
    {
        using CudaContext context = Open();
        driver.Failures["cuModuleLoadDataEx"] = 2;
        Assert.StartsWith("the GPU's memory does not suffice: cuModuleLoadDataEx (Tanh_Forward",
            Assert.Throws<DeviceException>(() => Launch(context, 1, 0)).Message);
    }

    [Fact]
    public void A_failing_node_of_a_graph_is_named()
    {
        using CudaContext context = Open();
        Launch(context, 4, 0);
        context.Synchronize();
        driver.Failures["cuGraphLaunch"] = 1;
        Launch(context, 4, 0);
        Assert.StartsWith("cuGraphLaunch (Tanh_Forward): ", Assert.Throws<CudaException>(context.Synchronize).Message);
    }

    [Fact]
    public void Memory_given_back_is_used_again_and_freed_when_another_size_needs_it()
    {
        using CudaContext context = Open();
        ulong first = context.Allocate(600_000);
        context.Free(first, 600_000);
        Assert.Equal(first, context.Allocate(600_000));
        context.Free(first, 600_000);
        context.Allocate(900_000);
        Assert.Contains("cuMemFree", driver.Calls);
    }

    [Fact]
    public void Too_little_memory_is_one_line_with_the_GPU_and_the_sizes()
    {
        using CudaContext context = Open();
        string message = Assert.Throws<DeviceException>(() => context.Allocate(3 << 20)).Message;
        Assert.StartsWith(
            "cuda:0, GPU 0, 80.0 GiB: its memory does not suffice: 3 MiB asked for, 1 of 81,920 MiB free", message);
    }

    [Fact]
    public void Everything_is_given_back()
    {
        CudaContext context = Open();
        long before = driver.FreeBytes;
        context.Free(context.Allocate(100), 100);
        context.UploadStaged<int>([1], 1);
        Launch(context, 4, 0);
        context.Synchronize();
        Launch(context, 4, 0);
        context.Synchronize();
        context.Dispose();
        Assert.Equal(before, driver.FreeBytes);
        Assert.Superset(new HashSet<string> { "cuModuleUnload", "cuMemFreeHost", "cuEventDestroy", "cuStreamDestroy",
            "cuGraphExecDestroy", "cuGraphDestroy", "cuDevicePrimaryCtxRelease" }, driver.Calls.ToHashSet());
    }
}
