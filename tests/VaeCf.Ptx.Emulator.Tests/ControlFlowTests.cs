using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

public class ControlFlowTests
{
    [Fact]
    public void Threads_that_part_in_loops_and_branches_each_go_their_way_and_meet_again()
    {
        // Collatz steps of thread + 1: a loop with a different count in each lane, a branch within; then a vote that
        // all must reach.
        const string steps = """
            add.s32 %r1, %r0, 1;
            mov.b32 %r2, 0;
            LOOP:
            setp.eq.s32 %p1, %r1, 1;
            @%p1 bra DONE;
            add.s32 %r2, %r2, 1;
            and.b32 %r3, %r1, 1;
            setp.eq.s32 %p2, %r3, 0;
            @%p2 bra EVEN;
            mad.lo.s32 %r1, %r1, 3, 1;
            bra LOOP;
            EVEN:
            shr.u32 %r1, %r1, 1;
            bra.uni LOOP;
            DONE:
            setp.gt.s32 %p3, %r2, 100;
            vote.sync.ballot.b32 %r5, %p3, 0xFFFFFFFF;
            ld.param.u64 %rd1, [p0];
            mad.wide.u32 %rd1, %r0, 8, %rd1;
            st.global.v2.b32 [%rd1], {%r2, %r5};
            """;
        var bench = new Bench();
        ulong result = bench.Empty<int>(128);

        KernelCounts counts = bench.Run(Bench.Kernel(steps, 1), new CudaDim(1), new CudaDim(64), 0, result);

        int[] got = bench.Read<int>(result);
        for (int warp = 0; warp < 2; warp++)
        {
            int[] expected = [.. Enumerable.Range(1 + (32 * warp), 32).Select(Collatz)];
            uint ballot = 0;
            for (int lane = 0; lane < 32; lane++)
                ballot |= expected[lane] > 100 ? 1u << lane : 0;
            for (int lane = 0; lane < 32; lane++)
            {
                Assert.Equal(expected[lane], got[(64 * warp) + (2 * lane)]);
                Assert.Equal(ballot, (uint)got[(64 * warp) + (2 * lane) + 1]);
            }
        }
        Assert.InRange(counts.LanesPerInstruction, 5, 31);
    }

    private static int Collatz(int n)
    {
        int steps = 0;
        for (; n != 1; steps++)
            n = n % 2 == 0 ? n / 2 : (3 * n) + 1;
        return steps;
    }

    [Fact]
    public void A_thread_that_returns_early_leaves_the_others_running()
    {
        var bench = new Bench();
        ulong result = bench.Holding(new int[64]);

        bench.Run(Bench.Kernel("""
            and.b32 %r1, %r0, 3;
            setp.eq.s32 %p1, %r1, 2;
            @%p1 ret;
            setp.lt.s32 %p2, %r0, 20;
            @!%p2 bra LATE;
            setp.eq.s32 %p3, %r0, 5;
            @%p3 bra OUT;
            LATE:
            ld.param.u64 %rd1, [p0];
            mad.wide.u32 %rd1, %r0, 4, %rd1;
            st.global.b32 [%rd1], 1;
            OUT:
            """, 1), new CudaDim(1), new CudaDim(64), 0, result);

        Assert.Equal(Enumerable.Range(0, 64).Select(t => t % 4 == 2 || t == 5 ? 0 : 1), bench.Read<int>(result));
    }

    [Fact]
    public void A_branch_table_takes_each_thread_to_its_label()
    {
        Assert.Equal([10, 20, 30, 20, 10], Run.Lanes<int, int>("""
            T: .branchtargets A, B, C;
            brx.idx %r1, T;
            A: mov.b32 %r4, 10; bra E;
            B: mov.b32 %r4, 20; bra E;
            C: mov.b32 %r4, 30;
            E:
            """, [0, 1, 2, 1, 0]));
    }

    [Fact]
    public void Labels_and_registers_of_an_inner_scope_hide_those_outside()
    {
        Assert.Equal([7, 9], Run.Lanes<int, int>("""
            mov.b32 %r4, %r1;
            { .reg .b32 %r4; .reg .pred q; mov.b32 %r4, 100; setp.lt.s32 q, %r4, 0; @q bra X; add.s32 %r4, %r4, 1; X: }
            { .reg .pred q; setp.lt.s32 q, %r4, 0; @q bra X; add.s32 %r4, %r4, 2; X: }
            """, [5, 7]));
    }

    [Theory]
    [InlineData("frobnicate.f32 %f1, %f2;", "frobnicate.f32 %f1, %f2")]
    [InlineData("add.rz.f32 %f1, %f2, %f3;", "add.rz.f32")]
    [InlineData("add.f32 %f1, %rd2, %f3;", "%rd2")]
    [InlineData("mov.b32 %r1, %clock;", "%clock")]
    [InlineData("bra NOWHERE;", "NOWHERE")]
    [InlineData("ld.global.v3.f32 {%f1, %f2, %f3}, [%rd1];", "ld.global.v3.f32")]
    public void What_is_not_known_is_named_with_its_line(string statement, string named)
    {
        var error = Assert.Throws<PtxTextException>(() => Bench.Kernel($"mov.b32 %r1, 0;\n{statement}", 0));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(15, error.Line);
    }
}
