using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

public class WarpTests
{
    private static readonly int[] lanes = [.. Enumerable.Range(0, 32)];

    [Theory]
    [InlineData("up", 3, 0, 0)]
    [InlineData("down", 5, 31, 0)]
    [InlineData("bfly", 6, 31, 0)]
    [InlineData("idx", 9, 31, 0)]
    [InlineData("up", 1, 0, 24)]
    [InlineData("down", 2, 31, 24)]
    [InlineData("idx", 2, 31, 28)]
    public void A_shuffle_reads_the_lane_its_mode_names_or_its_own(string mode, int operand, int clamp, int segment)
    {
        int From(int lane)
        {
            int first = lane & segment, last = mode == "up" ? first : first | (31 & ~segment);
            int from = mode switch
            {
                "up" => lane - operand,
                "down" => lane + operand,
                "bfly" => lane ^ operand,
                _ => first + operand,
            };
            return mode == "up" ? (from >= first ? from : -1) : from <= last ? from : -1;
        }

        int c = clamp | (segment << 8);
        int[] got = Run.Lanes<int, int>($"mul.lo.s32 %r2, %r1, 10; shfl.sync.{mode}.b32 %r3|%p1, %r2, {operand}, {c}, "
            + "0xFFFFFFFF; selp.b32 %r5, 1, 0, %p1; add.s32 %r4, %r3, %r5;", lanes);

        Assert.Equal(lanes.Select(lane => From(lane) is >= 0 and var from ? (from * 10) + 1 : lane * 10), got);
    }

    [Fact]
    public void Votes_see_all_lanes()
    {
        Assert.Equal(lanes.Select(_ => 0x15), Run.Lanes<int, int>("setp.lt.s32 %p1, %r1, 6; and.b32 %r2, %r1, 1; "
            + "setp.eq.and.s32 %p2, %r2, 0, %p1; vote.sync.ballot.b32 %r4, %p2, -1;", lanes));
        Assert.Equal(lanes.Select(_ => 1), Run.Lanes<int, int>(
            "setp.lt.s32 %p1, %r1, 1; vote.sync.any.pred %p2, %p1, -1; selp.b32 %r4, 1, 0, %p2;", lanes));
        Assert.Equal(lanes.Select(_ => 0), Run.Lanes<int, int>(
            "setp.lt.s32 %p1, %r1, 31; vote.sync.all.pred %p2, %p1, -1; selp.b32 %r4, 1, 0, %p2;", lanes));
    }

    [Fact]
    public void Atomics_of_many_blocks_lose_nothing()
    {
        var bench = new Bench();
        ulong cells = bench.Holding(0, int.MinValue, 0, 0);

        bench.Run(Bench.Kernel("""
            ld.param.u64 %rd1, [p0];
            mov.u32 %r1, %ctaid.x;
            red.global.add.u32 [%rd1], 1;
            atom.global.max.s32 %r2, [%rd1+4], %r1;
            atom.global.exch.b32 %r3, [%rd1+8], 5;
            atom.cas.global.b32 %r4, [%rd1+12], 0, 77;
            """, 1), new CudaDim(100), new CudaDim(64), 0, cells);

        Assert.Equal([6400, 99, 5, 77], bench.Read<int>(cells));
    }

    [Fact]
    public void A_reduction_at_a_barrier_counts_the_block()
    {
        var bench = new Bench();
        ulong result = bench.Empty<int>(2);

        bench.Run(Bench.Kernel("""
            setp.lt.s32 %p1, %r0, 70;
            bar.red.popc.u32 %r1, 0, %p1;
            bar.red.and.pred %p2, 0, %p1;
            selp.b32 %r2, 1, 0, %p2;
            setp.ne.s32 %p3, %r0, 99;
            @%p3 bra END;
            ld.param.u64 %rd1, [p0];
            st.global.v2.b32 [%rd1], {%r1, %r2};
            END:
            """, 1), new CudaDim(1), new CudaDim(100), 0, result);

        Assert.Equal([70, 0], bench.Read<int>(result));
    }

    [Fact]
    public void Shared_memory_given_at_launch_lies_behind_the_declared()
    {
        PtxProgram reverse = PtxProgram.Load("""
            .version 8.0
            .target sm_80
            .address_size 64
            .extern .shared .align 16 .b8 given[];
            .visible .entry Reverse(.param .b64 out)
            {
                .reg .b32 %r<8>; .reg .b64 %rd<8>; .shared .align 4 .b8 fixed[12];
                mov.u32 %r1, %tid.x;
                mov.b64 %rd1, given;
                mad.wide.u32 %rd2, %r1, 4, %rd1;
                st.shared.b32 [%rd2], %r1;
                bar.sync 0;
                mov.u32 %r2, %ntid.x;
                sub.s32 %r3, %r2, %r1;
                mad.wide.s32 %rd3, %r3, 4, %rd1;
                ld.shared.b32 %r4, [%rd3+-4];
                cvta.shared.u64 %rd4, %rd3;
                ld.b32 %r5, [%rd4+-4];
                add.s32 %r4, %r4, %r5;
                ld.param.b64 %rd5, [out];
                mad.wide.u32 %rd6, %r1, 4, %rd5;
                st.global.b32 [%rd6], %r4;
                ret;
            }
            """)["Reverse"];
        var bench = new Bench();
        ulong result = bench.Empty<int>(96);

        KernelCounts counts = bench.Run(reverse, new CudaDim(1), new CudaDim(96), 96 * 4, result);

        Assert.Equal(Enumerable.Range(0, 96).Select(t => 2 * (95 - t)), bench.Read<int>(result));
        Assert.Equal((3, 12), (counts.Memory(Kind.GlobalStore).Requests, counts.Memory(Kind.GlobalStore).Cost));
    }

    [Fact]
    public void Local_memory_is_counted_in_sectors()
    {
        KernelCounts counts = new Bench().Run(Bench.Kernel(
            "mov.b64 %rd1, own; st.local.b32 [%rd1+4], %r0; st.local.b32 [%rd1+8], %r0; ld.local.b32 %r1, [%rd1+8];", 0,
            ".local .align 4 .b8 own[16];"), new CudaDim(1), new CudaDim(40), 0);

        // A warp of 32 threads and one of eight.
        Assert.Equal((4, 10), (counts.Memory(Kind.LocalStore).Requests, counts.Memory(Kind.LocalStore).Cost));
        Assert.Equal((2, 5), (counts.Memory(Kind.LocalLoad).Requests, counts.Memory(Kind.LocalLoad).Cost));
    }

    [Theory]
    [InlineData(1, 4, 1)]
    [InlineData(2, 8, 2)]
    [InlineData(32, 32, 32)]
    [InlineData(33, 32, 1)]
    [InlineData(0, 1, 1)]
    public void A_stride_costs_sectors_in_global_and_passes_in_shared_memory(int stride, int sectors, int passes)
    {
        var bench = new Bench();
        ulong data = bench.Holding(new int[2048]);

        KernelCounts counts = bench.Run(Bench.Kernel($"""
            ld.param.u64 %rd1, [p0];
            mul.wide.u32 %rd2, %r0, {4 * stride};
            add.u64 %rd3, %rd1, %rd2;
            ld.global.b32 %r1, [%rd3];
            mov.b64 %rd4, room;
            setp.ne.s32 %p1, %r0, 0;
            @%p1 bra FILLED;
            mov.b32 %r2, 0;
            FILL:
            mad.wide.u32 %rd5, %r2, 4, %rd4;
            st.shared.b32 [%rd5], %r2;
            add.s32 %r2, %r2, 1;
            setp.lt.s32 %p2, %r2, 2048;
            @%p2 bra FILL;
            FILLED:
            bar.sync 0;
            add.u64 %rd6, %rd4, %rd2;
            ld.shared.b32 %r3, [%rd6];
            """, 1, ".shared .align 4 .b8 room[8192];"), new CudaDim(1), new CudaDim(32), 0, data);

        Assert.Equal((1, 128, sectors), (counts.Memory(Kind.GlobalLoad).Requests, counts.Memory(Kind.GlobalLoad).Bytes,
            counts.Memory(Kind.GlobalLoad).Cost));
        Assert.Equal((1, passes), (counts.Memory(Kind.SharedLoad).Requests, counts.Memory(Kind.SharedLoad).Cost));
        Assert.Equal(2048, counts.Instructions(Kind.SharedStore));
    }
}
