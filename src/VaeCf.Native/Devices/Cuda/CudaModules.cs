using System.Reflection;
using System.Text;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// The kernels: PTX embedded in this assembly, from which each is cut when it is first needed, as a module of its own
/// that the driver compiles for the GPU. Of an operation's many kernels a program needs few.
/// </summary>
internal sealed class CudaModules(ICudaDriver driver) : IDisposable
{
    private readonly Dictionary<string, nint> functions = [];
    private readonly List<nint> modules = [];

    /// <summary>A kernel that is loaded.</summary>
    public bool TryGet(string kernel, out nint function) => functions.TryGetValue(kernel, out function);

    /// <summary>Loads a kernel, in the current context.</summary>
    /// <param name="kernel">Its entry, named <c>Operation_Kernel</c>; the PTX is <c>Operation.ptx</c>.</param>
    /// <exception cref="CudaException">
    /// The driver does not compile it (its compiler's log is in the message) or there is no such kernel.
    /// </exception>
    public nint Load(string kernel)
    {
        // The driver wants a text that ends in a zero byte.
        byte[] ptx = Encoding.UTF8.GetBytes(Ptx(kernel) + '\0');
        int loaded = driver.ModuleLoad(out nint module, ptx, out string log);
        CudaContext.Check(driver, loaded, "cuModuleLoadDataEx", log.Length == 0 ? kernel : $"{kernel}: {log}");
        modules.Add(module);
        CudaContext.Check(driver, driver.ModuleFunction(out nint function, module, kernel), "cuModuleGetFunction",
            kernel);
        return functions[kernel] = function;
    }

    /// <summary>The text of one kernel: an operation's head, and the kernel's entry alone.</summary>
    /// <exception cref="CudaException">There is no such kernel.</exception>
    public static string Ptx(string kernel)
    {
        string file = $"{kernel[..kernel.IndexOf('_')]}.ptx";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new CudaException($"there is no {file} in this assembly");
        using var reader = new StreamReader(stream);
        // An empty line comes before each entry, and nowhere else.
        string[] parts = reader.ReadToEnd().Split("\n\n");
        string entry = parts.FirstOrDefault(part => part.Contains($".entry {kernel}(", StringComparison.Ordinal))
            ?? throw new CudaException($"{file} has no {kernel}");
        return $"{parts[0]}\n\n{entry}\n";
    }

    /// <summary>Unloads them; results are ignored, see <see cref="CudaContext.Dispose"/>.</summary>
    public void Dispose()
    {
        foreach (nint module in modules)
            driver.ModuleUnload(module);
    }
}
