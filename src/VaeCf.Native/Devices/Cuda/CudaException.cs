namespace VaeCf.Native.Devices.Cuda;

/// <summary>The driver refused a call: a fault of this program or of the machine, never of the input.</summary>
internal sealed class CudaException(string message) : Exception(message);
