using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>
/// A place to compute on a device, for one thread at a time, with scratch memory of its own. <see cref="Operations"/>
/// are its extension methods. Computes of one device may read each other's tensors, so that several threads can use the
/// same weights.
/// </summary>
/// <example>
/// <code>
/// using Device device = Device.Cpu();
/// using Compute c = device.Open();
/// using Tensor x = c.Allocate(2, 3), y = c.Allocate(2, 3);
/// c.Write(new float[] { 1, 2, 3, 4, 5, 6 }, x);
/// c.Swish(x, y);
/// var values = new float[y.Length];
/// c.Read(y, values);
/// </code>
/// </example>
public abstract class Compute : IDisposable
{
    private protected Compute(Device device)
    {
        ObjectDisposedException.ThrowIf(device.IsDisposed, device);
        Device = device;
    }

    /// <summary>The device that it computes on.</summary>
    public Device Device { get; }

    /// <summary>A tensor of zeros.</summary>
    /// <param name="rows">0 or more.</param>
    /// <param name="columns">0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="DeviceException">The GPU's memory does not suffice.</exception>
    public abstract Tensor Allocate(int rows, int columns);

    /// <summary>An empty batch.</summary>
    public abstract ClickBatch AllocateBatch();

    /// <summary>Puts the clicks of some users into a batch.</summary>
    /// <param name="clicks">All clicks.</param>
    /// <param name="users">Rows of <paramref name="clicks"/>, B of them.</param>
    /// <param name="batch">Receives the clicks.</param>
    public abstract void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch);

    /// <summary>Copies numbers into a tensor.</summary>
    /// <param name="source">As many numbers as the tensor has, row by row.</param>
    /// <param name="target">Receives them, rounded to its precision.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public abstract void Write(ReadOnlySpan<float> source, Tensor target);

    /// <inheritdoc cref="Write(ReadOnlySpan{float}, Tensor)"/>
    public abstract void Write(ReadOnlySpan<double> source, Tensor target);

    /// <summary>Copies a tensor's numbers out.</summary>
    /// <param name="source">The tensor.</param>
    /// <param name="target">Room for as many numbers as the tensor has; receives them row by row.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public abstract void Read(Tensor source, Span<float> target);

    /// <inheritdoc cref="Read(Tensor, Span{float})"/>
    public abstract void Read(Tensor source, Span<double> target);

    /// <summary>Sets every number of a tensor.</summary>
    public abstract void Fill(double value, Tensor target);

    /// <summary>The exception to throw for an operation that this device lacks.</summary>
    /// <param name="operation">The operation's name.</param>
    public Exception Lacks(string operation) =>
        new NotSupportedException($"{operation} is missing on this device ({Device.Description})");

    /// <summary>Waits for the turn that another thread has on it, if any, and frees its scratch memory.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is in a turn on it.</exception>
    public void Dispose()
    {
        if (Device.Close(this))
            Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Every operation begins here, so that a verification can name those that ran.</summary>
    /// <returns>This compute, of whichever kind it is.</returns>
    internal Compute Begin([CallerMemberName] string operation = "")
    {
        Device.Began?.Invoke(operation);
        return this;
    }

    private protected abstract void Free();

    // Device changes these under its lock: turns that hold each other, the thread that has them (0: none), and whether
    // there will be others.
    internal int Turns { get; set; }
    internal int TurnThread { get; set; }
    internal bool IsDisposed { get; set; }

    // Every operation passes here. A turn that has begun may finish even if the device is being disposed meanwhile.
    internal void CheckUse()
    {
        int thread = TurnThread;
        if (thread == Environment.CurrentManagedThreadId)
            return;
        ObjectDisposedException.ThrowIf(IsDisposed || Device.IsDisposed, this);
        if (thread != 0)
            throw new InvalidOperationException(
                "a Compute serves one thread at a time, and another is in a turn on it; "
                + "open another Compute on the device");
    }

    internal void RefuseInTurn()
    {
        if (TurnThread == Environment.CurrentManagedThreadId)
            throw new InvalidOperationException("this thread is in a turn on the device; dispose the turn first");
    }

    private protected static void Copy<TFrom, TTo>(ReadOnlySpan<TFrom> source, Span<TTo> target)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        if (source.Length != target.Length)
            throw new ArgumentException($"{source.Length} numbers, expected {target.Length}", nameof(source));
        if (typeof(TFrom) == typeof(TTo))
            MemoryMarshal.Cast<TFrom, TTo>(source).CopyTo(target);
        else
            for (int i = 0; i < target.Length; i++)
                target[i] = TTo.CreateTruncating(source[i]);
    }
}
