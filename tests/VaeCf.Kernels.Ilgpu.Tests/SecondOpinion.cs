extern alias gpu;

using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using KernelSet = gpu::KernelSet;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using VaeCf.Ptx.Emulator;

namespace VaeCf.Kernels.Ilgpu.Tests;

/// <summary>
/// The emulator, and beside it ILGPU's own CPU accelerator: the first launch of each kernel runs on both, on the same
/// memory, and what the one leaves there must be what the other does.
/// </summary>
internal sealed unsafe class SecondOpinion : EmulatedCuda, IDisposable
{
    // Its clicks lie in the order in which blocks come: Batch_Order sorts them.
    private const string Orderless = "Batch_Place";

    private const int WarpSize = 32, MostWarps = 32;

    private readonly Context context;
    private readonly CPUAccelerator accelerator;
    private readonly SortedDictionary<string, string?> opinions = new(StringComparer.Ordinal);

    public SecondOpinion()
    {
        // ILGPU asserts that a view that is cut from another begins before that one's end. Ours may begin behind it,
        // where nothing is read; the emulator looks at every access.
        Trace.Listeners.Clear();
        context = Context.Create(builder => builder.CPU(new CPUDevice(WarpSize, MostWarps, 1)).EnableAlgorithms());
        accelerator = context.CreateCPUAccelerator(0);
    }

    /// <summary>The kernels that ran on both; where they differ, how.</summary>
    public IReadOnlyDictionary<string, string?> Opinions => opinions;

    protected override KernelCounts Run(PtxProgram program, Launch launch, GlobalMemory memory)
    {
        string kernel = program.Text.Name;
        if (opinions.ContainsKey(kernel) || KernelSet.NeedsTensorCores(kernel))
            return base.Run(program, launch, memory);
        var copies = new Dictionary<Allocation, CPUMemoryBuffer>();
        RunHere(KernelSet.Method(kernel), launch, memory, copies);
        KernelCounts counts = base.Run(program, launch, memory);
        string? difference = null;
        foreach ((Allocation theirs, CPUMemoryBuffer ours) in copies)
        {
            difference ??= Difference(theirs, new ReadOnlySpan<byte>((void*)ours.NativePtr, theirs.Size));
            ours.Dispose();
        }
        opinions.Add(kernel, kernel == Orderless ? null : difference);
        return counts;
    }

    private void RunHere(MethodInfo kernel, Launch launch, GlobalMemory memory,
        Dictionary<Allocation, CPUMemoryBuffer> copies)
    {
        int place = 0;
        object[] arguments = [.. kernel.GetParameters().Select(one => Argument(one.ParameterType))];
        using Kernel loaded = accelerator.LoadKernel(kernel);
        loaded.Launch(accelerator.DefaultStream, new KernelConfig(
            new Index3D(launch.Grid.X, launch.Grid.Y, launch.Grid.Z),
            new Index3D(launch.Block.X, launch.Block.Y, launch.Block.Z),
            launch.SharedBytes == 0 ? default : SharedMemoryConfig.RequestDynamic<byte>(launch.SharedBytes)),
            arguments);
        accelerator.Synchronize();

        object Argument(Type type)
        {
            bool isView = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
            int size = isView ? 2 * sizeof(long) : Marshal.SizeOf(type), alignment = isView ? sizeof(long)
                : type.IsPrimitive ? size : sizeof(float);
            place = (place + alignment - 1) / alignment * alignment;
            ReadOnlySpan<byte> bytes = launch.Parameters.AsSpan(place, size);
            place += size;
            if (isView)
                return View(type.GetGenericArguments()[0], BitConverter.ToUInt64(bytes));
            fixed (byte* first = bytes)
                return Marshal.PtrToStructure((nint)first, type)!;
        }

        // Of all that lies behind the address in its allocation: kernels do not read a view's length.
        object View(Type element, ulong address)
        {
            if (memory.Find(address, 0) is not { } allocation)
                return Activator.CreateInstance(typeof(ArrayView<>).MakeGenericType(element))!;
            if (!copies.TryGetValue(allocation, out CPUMemoryBuffer? copy))
            {
                copies.Add(allocation, copy = CPUMemoryBuffer.Create(accelerator, allocation.Size, 1));
                Buffer.MemoryCopy(allocation.Data, (void*)copy.NativePtr, allocation.Size, allocation.Size);
            }
            long offset = (long)(address - allocation.Address), size = Marshal.SizeOf(element);
            return typeof(SecondOpinion).GetMethod(nameof(Part), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(element).Invoke(null, [copy, offset, (allocation.Size - offset) / size])!;
        }
    }

    private static ArrayView<T> Part<T>(CPUMemoryBuffer copy, long offset, long length) where T : unmanaged =>
        copy.AsRawArrayView(offset, length * sizeof(T)).Cast<T>();

    // Of bytes that nothing wrote nothing is said.
    private static string? Difference(Allocation theirs, ReadOnlySpan<byte> ours)
    {
        for (int i = 0; i + sizeof(float) <= theirs.Size; i += sizeof(float))
        {
            var emulated = new ReadOnlySpan<byte>(theirs.Data + i, sizeof(float));
            if (!emulated.SequenceEqual(ours.Slice(i, sizeof(float))) && theirs.Written[i] != 0)
                return $"word {i / sizeof(float)} of {theirs.Size / sizeof(float)}: "
                    + $"{BitConverter.ToSingle(emulated)} (0x{BitConverter.ToUInt32(emulated):x}) on the emulator, "
                    + $"{BitConverter.ToSingle(ours[i..])} (0x{BitConverter.ToUInt32(ours[i..]):x}) here";
        }
        return null;
    }

    public void Dispose()
    {
        accelerator.Dispose();
        context.Dispose();
    }
}
