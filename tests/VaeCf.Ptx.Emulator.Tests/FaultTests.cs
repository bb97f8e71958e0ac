using System.Globalization;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

/// <summary>Each check catches its fault, says where, and lets the right twin pass (Faults.ptx).</summary>
public class FaultTests
{
    private static readonly IReadOnlyDictionary<string, PtxProgram> kernels = PtxProgram.Load(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Faults.ptx")));

    private static void Launch(string kernel)
    {
        var bench = new Bench();
        bench.Run(kernels[kernel], new CudaDim(3), new CudaDim(64), 0, bench.Holding(new int[64]));
    }

    [Theory]
    [InlineData("OutOfBounds", "OutOfBounds", "ld.global.b32 %r2", 63)]
    [InlineData("OutOfBoundsBefore", "OutOfBounds", "st.global.b32", 0)]
    [InlineData("OutOfBoundsShared", "OutOfBounds", "st.shared.b32", 63)]
    [InlineData("Misaligned", "Misaligned", "ld.global.v2.b32", 0)]
    [InlineData("Race", "SharedRace", "ld.shared.b32", 32)]
    [InlineData("RaceInWarp", "SharedRace", "ld.shared.b32", 0)]
    [InlineData("RaceOnReuse", "SharedRace", "ld.shared.b32", 32)]
    [InlineData("RaceOfWrites", "SharedRace", "st.shared.b32", 1)]
    [InlineData("CopyInFlight", "CopyInFlight", "ld.shared.b32", 0)]
    [InlineData("CopyNotCommitted", "CopyInFlight", "ld.shared.b32", 0)]
    [InlineData("CopyWithoutBarrier", "SharedRace", "ld.shared.b32", 32)]
    [InlineData("DivergentBarrier", "DivergentBarrier", "bar.sync 0", 1)]
    [InlineData("DivergentBranch", "DivergentBranch", "bra.uni", 0)]
    [InlineData("DivergentShuffle", "DivergentBarrier", "shfl.sync.bfly.b32", 0)]
    [InlineData("ShuffleSource", "ShuffleSource", "shfl.sync.bfly.b32", 16)]
    [InlineData("MissedBarrier", "MissedBarrier", "bar.sync 0", 0)]
    [InlineData("UnwrittenShared", "Unwritten", "ld.shared.b32", 63)]
    [InlineData("UnwrittenLocal", "Unwritten", "ld.b32", 0)]
    [InlineData("DivisionByZero", "DivisionByZero", "rem.s32", 0)]
    public void A_wrong_kernel_is_caught_and_its_right_twin_is_not(
        string kernel, string fault, string instruction, int thread)
    {
        var error = Assert.Throws<PtxFaultException>(() => Launch($"{kernel}_Wrong"));

        Assert.Equal(fault, error.Fault.ToString());
        Assert.Equal($"{kernel}_Wrong", error.Kernel);
        Assert.Contains(instruction, File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Faults.ptx"))
            .ElementAt(error.Line - 1), StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"thread ({thread}, 0, 0)"), error.Thread,
            StringComparison.Ordinal);
        Launch($"{kernel}_Right");
    }

    [Fact]
    public void Every_fixture_is_tried() =>
        Assert.Equal(kernels.Count, 2 * typeof(FaultTests)
            .GetMethod(nameof(A_wrong_kernel_is_caught_and_its_right_twin_is_not))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false).Length);

    [Fact]
    public void Memory_that_nothing_wrote_is_not_read()
    {
        var bench = new Bench();
        PtxProgram copy = Bench.Kernel(
            "ld.param.u64 %rd1, [p0]; ld.param.u64 %rd2, [p1]; mul.wide.u32 %rd3, %r0, 4; add.u64 %rd1, %rd1, %rd3; "
                + "add.u64 %rd2, %rd2, %rd3; ld.global.b32 %r1, [%rd1]; st.global.b32 [%rd2], %r1;", 2);
        ulong written = bench.Holding(new int[32]), first = bench.Empty<int>(32), second = bench.Empty<int>(33);

        var error = Assert.Throws<PtxFaultException>(
            () => bench.Run(copy, new CudaDim(1), new CudaDim(32), 0, first, second));
        Assert.Equal((Fault.Unwritten, first), (error.Fault, error.Address));
        bench.Run(copy, new CudaDim(1), new CudaDim(32), 0, written, first);
        bench.Run(copy, new CudaDim(1), new CudaDim(32), 0, first, second);
        error = Assert.Throws<PtxFaultException>(
            () => bench.Run(copy, new CudaDim(1), new CudaDim(33), 0, second, first));
        Assert.Equal((Fault.Unwritten, second + 128), (error.Fault, error.Address));
    }
}
