using System.Text;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

/// <summary>The emulator as the driver that host code sees.</summary>
public sealed unsafe class EmulatedCudaTests
{
    private const int InvalidValue = 1, OutOfMemory = 2, InvalidContext = 201, InvalidPtx = 218, InvalidHandle = 400,
        NotFound = 500;

    private const string Source = """
        .version 8.0
        .target sm_80
        .address_size 64
        .extern .shared .align 16 .b8 given[];
        .visible .entry Add(.param .align 8 .b8 values[16], .param .b32 term)
        {
            .reg .b32 %r<4>; .reg .b64 %rd<4>; .shared .align 4 .b8 fixed[64];
            ld.param.b64 %rd1, [values];
            mov.b32 %r1, %tid.x;
            mad.wide.u32 %rd2, %r1, 4, %rd1;
            ld.global.b32 %r2, [%rd2];
            ld.param.b32 %r3, [term];
            add.s32 %r2, %r2, %r3;
            st.global.b32 [%rd2], %r2;
            ret;
        }
        """;

    private readonly EmulatedCuda driver = new(new EmulatedCard(MemoryBytes: 1 << 20));
    private readonly nint function;

    public EmulatedCudaTests()
    {
        Ok(driver.ContextRetain(out nint context, 0));
        Ok(driver.ContextSetCurrent(context));
        Ok(driver.ModuleLoad(out nint module, Encoding.UTF8.GetBytes(Source + "\0"), out _));
        Ok(driver.ModuleFunction(out function, module, "Add"));
        Assert.Equal(NotFound, driver.ModuleFunction(out _, module, "Subtract"));
    }

    private static void Ok(int result) => Assert.Equal(0, result);

    private static byte[] Parameters(ulong address, int term) =>
        [.. BitConverter.GetBytes(address), .. BitConverter.GetBytes(8L), .. BitConverter.GetBytes(term)];

    private ulong Eight()
    {
        Ok(driver.Allocate(out ulong address, 32));
        Ok(driver.Fill(address, 0, 32, 0));
        return address;
    }

    private int[] Read(ulong address)
    {
        var values = new int[8];
        fixed (int* target = values)
            Ok(driver.CopyToHost(target, address, 32, 0));
        return values;
    }

    [Fact]
    public void A_launch_and_a_graph_run_in_order_with_their_own_parameters()
    {
        ulong values = Eight();
        var launch = new CudaLaunch(function, new(1), new(8));
        Ok(driver.StreamCreate(out nint stream));
        Ok(driver.Launch(launch, Parameters(values, 1), stream));
        Assert.All(Read(values), value => Assert.Equal(1, value));

        Ok(driver.GraphCreate(out nint graph));
        Ok(driver.GraphAddKernel(out nint first, graph, 0, launch, Parameters(values, 10)));
        Ok(driver.GraphAddKernel(out nint second, graph, first, launch, Parameters(values, 100)));
        Assert.Equal(InvalidHandle, driver.GraphAddKernel(out _, graph, 99, launch, Parameters(values, 0)));
        Ok(driver.GraphInstantiate(out nint executable, graph));
        Ok(driver.GraphLaunch(executable, stream));
        Assert.All(Read(values), value => Assert.Equal(111, value));
        Ok(driver.GraphSetKernel(executable, second, launch with { Block = new(4) }, Parameters(values, 1000)));
        Ok(driver.GraphLaunch(executable, stream));
        Assert.Equal([1121, 1121, 1121, 1121, 121, 121, 121, 121], Read(values));
        Assert.Equal(5, driver.Counts["Add"].Launches);
    }

    [Fact]
    public void What_a_driver_refuses_is_refused()
    {
        ulong values = Eight();
        int Launch(CudaDim grid, CudaDim block, int shared = 0, int bytes = 20) =>
            driver.Launch(new(function, grid, block, shared), new byte[bytes], 0);
        Assert.Equal(InvalidValue, Launch(new(0), new(8)));
        Assert.Equal(InvalidValue, Launch(new(1, 65536), new(8)));
        Assert.Equal(InvalidValue, Launch(new(1), new(1025)));
        Assert.Equal(InvalidValue, Launch(new(1), new(8), bytes: 24));
        Assert.Equal(InvalidHandle, driver.Launch(new(function, new(1), new(8)), Parameters(values, 0), stream: 77));
        Assert.Equal(InvalidHandle, driver.Launch(new(77, new(1), new(8)), Parameters(values, 0), 0));
        Assert.Equal(InvalidPtx, driver.ModuleLoad(out _, ".version 8.0\n.nonsense"u8, out string log));
        Assert.Contains("line 2: '.nonsense'", log, StringComparison.Ordinal);

        Assert.Equal(OutOfMemory, driver.Allocate(out _, 1 << 20));
        Assert.Equal(InvalidValue, driver.Free(values + 4));
        Assert.Equal(InvalidValue, driver.Fill(values + 4, 0, 32, 0));
        Ok(driver.Free(values));
        Assert.Equal(InvalidValue, driver.Fill(values, 0, 32, 0));
        Assert.Equal(0, driver.AllocatedBytes);

        int elsewhere = 0;
        var thread = new Thread(() => elsewhere = driver.Allocate(out _, 4));
        thread.Start();
        thread.Join();
        Assert.Equal(InvalidContext, elsewhere);
    }

    [Fact]
    public void More_than_48_KB_of_shared_memory_is_for_functions_that_were_allowed_it()
    {
        var launch = new CudaLaunch(function, new(1), new(8), 100 << 10);
        byte[] parameters = Parameters(Eight(), 1);
        Assert.Equal(InvalidValue, driver.Launch(launch, parameters, 0));
        Assert.Equal(InvalidValue,
            driver.SetFunctionAttribute(function, CudaFunctionAttribute.MaxDynamicSharedSizeBytes, 163 << 10));
        Ok(driver.SetFunctionAttribute(function, CudaFunctionAttribute.MaxDynamicSharedSizeBytes, 100 << 10));
        Ok(driver.Launch(launch, parameters, 0));
    }

    [Fact]
    public void A_fault_comes_out_of_the_launch_and_of_a_copy_of_what_nothing_wrote()
    {
        ulong values = Eight();
        Assert.Equal(Fault.OutOfBounds, Assert.Throws<PtxFaultException>(() =>
            driver.Launch(new(function, new(1), new(9)), Parameters(values, 1), 0)).Fault);
        Ok(driver.Allocate(out ulong empty, 32));
        Assert.Equal(Fault.Unwritten, Assert.Throws<PtxFaultException>(() => Read(empty)).Fault);
    }

    [Fact]
    public void Events_tell_the_time_between()
    {
        Ok(driver.EventCreate(out nint start));
        Ok(driver.EventCreate(out nint end));
        Ok(driver.EventRecord(start, 0));
        Thread.Sleep(2);
        Ok(driver.EventRecord(end, 0));
        Ok(driver.EventElapsed(out float milliseconds, start, end));
        Assert.InRange(milliseconds, 1.5f, 60_000);
        Ok(driver.EventDestroy(start));
        Assert.Equal(InvalidHandle, driver.EventElapsed(out _, start, end));
    }
}
