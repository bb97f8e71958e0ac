using System.Runtime.InteropServices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

/// <summary>Runs hand-written PTX: device memory, and kernels that take addresses only.</summary>
internal sealed unsafe class Bench
{
    private readonly GlobalMemory memory = new();

    /// <summary>Memory that holds values.</summary>
    public ulong Holding<T>(params T[] values) where T : unmanaged
    {
        Allocation allocation = memory.Allocate(values.Length * sizeof(T));
        MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(new Span<byte>(allocation.Data, allocation.Size));
        new Span<byte>(allocation.Written, allocation.Size).Fill(0xFF);
        return allocation.Address;
    }

    /// <summary>Memory that nothing has written.</summary>
    public ulong Empty<T>(int count) where T : unmanaged => memory.Allocate(count * sizeof(T)).Address;

    public T[] Read<T>(ulong address) where T : unmanaged
    {
        Allocation allocation = memory.Find(address, 1)!;
        return MemoryMarshal.Cast<byte, T>(new Span<byte>(allocation.Data, allocation.Size)).ToArray();
    }

    public KernelCounts Run(PtxProgram kernel, CudaDim grid, CudaDim block, int sharedBytes,
        params ulong[] addresses) =>
        Launcher.Run(kernel, new Launch(grid, block, sharedBytes, MemoryMarshal.AsBytes(addresses.AsSpan()).ToArray()),
            memory);

    /// <summary>
    /// A kernel of the given statements: parameters p0, p1 …, registers of every width, the thread's number in %r0.
    /// </summary>
    public static PtxProgram Kernel(string statements, int parameters, string declarations = "")
    {
        string list = string.Join(", ", Enumerable.Range(0, parameters).Select(i => $".param .b64 p{i}"));
        return PtxProgram.Load($$"""
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry Test({{list}})
            {
                .reg .pred %p<8>;
                .reg .b16 %rs<8>;
                .reg .b32 %r<32>;
                .reg .b64 %rd<32>;
                .reg .f32 %f<32>;
                .reg .f64 %fd<8>;
                {{declarations}}
                mov.u32 %r0, %tid.x;
                {{statements}}
                ret;
            }
            """)["Test"];
    }
}
