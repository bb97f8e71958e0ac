using System.Reflection;
using VaeCf.Kernels.Common;

// kernels: the folder that holds one folder per operation.
string kernels = args is [string folder] ? folder : Path.Combine(Directory.GetCurrentDirectory(), "kernels");
Console.WriteLine(KernelStatistics.Heading);
foreach (Type op in typeof(KernelCompiler).Assembly.GetTypes()
    .Where(type => type is { IsNestedPublic: true, Name: "Gpu" }).Select(type => type.DeclaringType!)
    .OrderBy(type => type.Name, StringComparer.Ordinal))
{
    var module = new PtxModule(PtxSources.Header(kernels, op.Name));
    foreach (MethodInfo kernel in op.GetNestedType("Gpu")!
        .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
        .OrderBy(kernel => kernel.Name, StringComparer.Ordinal))
        Console.WriteLine(KernelStatistics.Of(module.Add($"{op.Name}_{kernel.Name}", KernelCompiler.Compile(kernel),
            kernel.GetCustomAttribute<BlockAttribute>()?.Limits ?? "")));
    string path = Path.Combine(kernels, "ptx", op.Name + ".ptx");
    File.WriteAllText(path, module.Text);
    Console.WriteLine(Assembler.Report(path));
}
