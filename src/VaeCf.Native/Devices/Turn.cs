namespace VaeCf.Native.Devices;

/// <summary>
/// A training step or a ranking call on a compute, from <see cref="Device.Begin"/> to <see cref="Dispose"/>, on one
/// thread.
/// </summary>
internal readonly ref struct Turn(Compute compute) : IDisposable
{
    public void Dispose() => compute.Device.End(compute);
}
