using System.Runtime.InteropServices;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Floats outside the managed heap, aligned to a cache line and zeroed; freed by <see cref="Dispose"/> or by the
/// finaliser.
/// </summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>Bytes of a cache line and of the widest vector.</summary>
    public const int Alignment = 64;

    private float* pointer;

    /// <summary>Allocates zeroed floats.</summary>
    /// <param name="length">Floats, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public AlignedBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        // Rounded up to whole vectors and one more, so that a vector load at the last element stays inside.
        nuint bytes = (nuint)(length * sizeof(float) / Alignment * Alignment + 2 * Alignment);
        pointer = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
        Memory.AskForLargePages(pointer, bytes);
        NativeMemory.Clear(pointer, bytes);
        GC.AddMemoryPressure((long)bytes);
        this.bytes = (long)bytes;
    }

    private readonly long bytes;

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>The first float; valid until disposed.</summary>
    public float* Pointer => pointer != null ? pointer : throw new ObjectDisposedException(nameof(AlignedBuffer));

    /// <summary>The floats as a span.</summary>
    /// <exception cref="OverflowException">There are more than 2^31 - 1 of them.</exception>
    public Span<float> Span => new(Pointer, checked((int)Length));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of a buffer nobody disposed.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>
    /// The first float of a buffer of at least <paramref name="length"/> floats, which a kernel keeps from call to
    /// call; a new one, zeroed, where it is missing or too short.
    /// </summary>
    internal static float* Reserve(ref AlignedBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = new AlignedBuffer(length);
        }
        return buffer.Pointer;
    }

    private void Free()
    {
        if (pointer == null)
            return;
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        GC.RemoveMemoryPressure(bytes);
    }
}
