using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

public class CountsTableTests
{
    [Fact]
    public void A_kernel_has_a_line_and_its_dear_access_another()
    {
        var bench = new Bench();
        ulong data = bench.Holding(new int[64 * 8]);
        KernelCounts counts = bench.Run(Bench.Kernel("""
            ld.param.u64 %rd1, [p0];
            mad.wide.u32 %rd2, %r0, 32, %rd1;
            ld.global.b32 %r1, [%rd2];
            mad.wide.u32 %rd3, %r0, 4, %rd1;
            st.global.b32 [%rd3], %r1;
            """, 1), new CudaDim(2), new CudaDim(32), 0, data);
        using StringWriter table = new(), dear = new();

        CountsTable.Write(table, [counts]);
        CountsTable.WriteDear(dear, [counts]);

        // Of seven instructions two access memory.
        Assert.Equal("| Test | 1 | 0.0 | 0 % | 29 % | 32.0 | 32.0 | 4.0 |  |  |  | 0 |",
            table.ToString().Split(Environment.NewLine)[2]);
        Assert.Equal(14, counts.Instructions());
        string line = Assert.Single(
            dear.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[2..]);
        Assert.EndsWith("| `ld.global.b32 %r1, [%rd2]` | 2 | 32.0 | 4.0 |", line, StringComparison.Ordinal);
    }
}
