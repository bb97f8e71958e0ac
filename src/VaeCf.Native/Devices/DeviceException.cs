namespace VaeCf.Native.Devices;

/// <summary>
/// A device cannot do what is asked of it: there is none, it is too old, its memory does not suffice. The message is
/// one line for people.
/// </summary>
public sealed class DeviceException : Exception
{
    internal DeviceException(string message) : base(message) { }
}
