using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>Elements of device memory, as a kernel takes them: 16 bytes.</summary>
/// <param name="Address">Where they begin.</param>
/// <param name="Length">How many there are.</param>
internal readonly record struct CudaView(ulong Address, long Length)
{
    /// <summary>Some of its floats.</summary>
    public CudaView Slice(long start, long length) => new(Address + (ulong)start * sizeof(float), length);
}

/// <summary>One argument of a kernel: a view, a number of 4 or 8 bytes, or a structure of floats.</summary>
internal readonly struct CudaArgument
{
    private readonly Content content;
    private readonly int bytes, alignment;

    [InlineArray(MaxBytes)]
    private struct Content
    {
        private byte first;
    }

    /// <summary>Bytes of the largest argument.</summary>
    public const int MaxBytes = 36;

    private CudaArgument(ReadOnlySpan<byte> value, int alignment)
    {
        (bytes, this.alignment) = (value.Length, alignment);
        value.CopyTo(content);
    }

    private static CudaArgument Of<T>(T value, int alignment) where T : unmanaged =>
        new(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), alignment);

    public static implicit operator CudaArgument(CudaView value) => Of(value, sizeof(ulong));
    public static implicit operator CudaArgument(int value) => Of(value, sizeof(int));
    public static implicit operator CudaArgument(uint value) => Of(value, sizeof(uint));
    public static implicit operator CudaArgument(float value) => Of(value, sizeof(float));
    public static implicit operator CudaArgument(long value) => Of(value, sizeof(long));
    public static implicit operator CudaArgument(ulong value) => Of(value, sizeof(ulong));

    /// <summary>A structure of floats, <see cref="MaxBytes"/> at most.</summary>
    public static implicit operator CudaArgument(ReadOnlySpan<float> fields) =>
        new(MemoryMarshal.AsBytes(fields), sizeof(float));

    /// <summary>Writes it behind others, at its natural alignment.</summary>
    /// <param name="parameters">Where the parameters lie.</param>
    /// <param name="used">Bytes written so far.</param>
    /// <returns>Bytes written then.</returns>
    public int Write(Span<byte> parameters, int used)
    {
        int start = (used + alignment - 1) / alignment * alignment;
        parameters[used..start].Clear();
        ((ReadOnlySpan<byte>)content)[..bytes].CopyTo(parameters[start..]);
        return start + bytes;
    }
}
