using System.Reflection;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// The kernels: PTX embedded in this assembly, one module per operation, each compiled for the GPU by the driver when
/// it is first needed.
/// </summary>
internal sealed class CudaModules(ICudaDriver driver) : IDisposable
{
    private readonly Dictionary<string, nint> modules = [], functions = [];

    /// <summary>A kernel that is loaded.</summary>
    public bool TryGet(string kernel, out nint function) => functions.TryGetValue(kernel, out function);

    /// <summary>Loads a kernel, in the current context.</summary>
    /// <param name="kernel">Its entry, named <c>Operation_Kernel</c>; the PTX is <c>Operation.ptx</c>.</param>
    /// <exception cref="CudaException">
    /// The driver does not compile it (its compiler's log is in the message) or knows no such kernel.
    /// </exception>
    public nint Load(string kernel)
    {
        string operation = kernel[..kernel.IndexOf('_')];
        if (!modules.TryGetValue(operation, out nint module))
        {
            int loaded = driver.ModuleLoad(out module, Ptx(operation), out string log);
            CudaContext.Check(driver, loaded, "cuModuleLoadDataEx", log.Length == 0 ? kernel : $"{kernel}: {log}");
            modules[operation] = module;
        }
        CudaContext.Check(driver, driver.ModuleFunction(out nint function, module, kernel), "cuModuleGetFunction",
            kernel);
        return functions[kernel] = function;
    }

    // The driver wants a text that ends in a zero byte.
    private static byte[] Ptx(string operation)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{operation}.ptx")
            ?? throw new CudaException($"there is no {operation}.ptx in this assembly");
        var text = new byte[stream.Length + 1];
        stream.ReadExactly(text, 0, (int)stream.Length);
        return text;
    }

    /// <summary>Unloads them; results are ignored, see <see cref="CudaContext.Dispose"/>.</summary>
    public void Dispose()
    {
        foreach (nint module in modules.Values)
            driver.ModuleUnload(module);
    }
}
