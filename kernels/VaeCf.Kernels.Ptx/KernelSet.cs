using System.Reflection;
using VaeCf.Kernels.Common;

/// <summary>All kernels for GPUs: the public methods of the classes <c>Op.Gpu</c>.</summary>
internal static class KernelSet
{
    /// <summary>The operations, by name.</summary>
    public static IReadOnlyList<Type> Operations { get; } = [.. typeof(KernelSet).Assembly.GetTypes()
        .Where(type => type is { IsNestedPublic: true, Name: "Gpu" }).Select(type => type.DeclaringType!)
        .OrderBy(type => type.Name, StringComparer.Ordinal)];

    /// <summary>The kernels, <c>Operation_Method</c>.</summary>
    public static IEnumerable<string> Kernels => from op in Operations from kernel in Of(op) select NameOf(kernel);

    /// <summary>The method of a kernel.</summary>
    public static MethodInfo Method(string kernel) =>
        Operations.SelectMany(Of).Single(method => NameOf(method) == kernel);

    /// <summary>Whether it multiplies on tensor cores.</summary>
    public static bool NeedsTensorCores(string kernel) =>
        kernel.EndsWith("Tf32", StringComparison.Ordinal) || kernel.EndsWith("Bf16", StringComparison.Ordinal);

    /// <summary>An operation's kernels as one text.</summary>
    /// <param name="op">Its name.</param>
    /// <param name="each">Called with the entry of each.</param>
    public static PtxModule Compile(string op, Action<string>? each = null)
    {
        var module = new PtxModule(op);
        foreach (MethodInfo kernel in Of(Operations.Single(type => type.Name == op)))
        {
            BlockAttribute block = kernel.GetCustomAttribute<BlockAttribute>() ?? new(BlockAttribute.DefaultThreads);
            string entry = module.Add(NameOf(kernel), KernelCompiler.Compile(kernel), block.Limits);
            each?.Invoke(entry);
        }
        return module;
    }

    private static IEnumerable<MethodInfo> Of(Type op) => op.GetNestedType("Gpu")!
        .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
        .OrderBy(kernel => kernel.Name, StringComparer.Ordinal);

    private static string NameOf(MethodInfo kernel) => $"{kernel.DeclaringType!.DeclaringType!.Name}_{kernel.Name}";
}
