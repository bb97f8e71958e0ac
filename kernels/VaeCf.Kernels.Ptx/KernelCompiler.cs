using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;
using ILGPU.Runtime.Cuda;
using VaeCf.Kernels.Common;

/// <summary>
/// Compiles one kernel, a C# method, to PTX for sm_80. Each compilation has a context of its own, so that the
/// text depends on the source alone.
/// </summary>
internal static partial class KernelCompiler
{
    public static string Compile(MethodInfo kernel)
    {
        using Context context = Context.Create(builder =>
        {
            builder.Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive).EnableAlgorithms();
            var instruction = new PTXIntrinsic(
                ((Delegate)EmitInstruction).Method, IntrinsicImplementationMode.GenerateCode);
            foreach (MethodInfo method in typeof(Ptx)
                .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
                builder.GetIntrinsicManager().RegisterMethod(method, instruction);
        });
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_80, null!);
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        return ((PTXCompiledKernel)backend.Compile(entry, default)).PTXAssembly;
    }

    /// <summary>Writes the instruction in the attribute of the method called.</summary>
    public static void EmitInstruction(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        string text = call.Target.Source!.GetCustomAttribute<InstructionAttribute>()!.Text;
        PTXCodeGenerator.Register? result = call.Type.IsVoidType ? null : generator.Allocate(call);
        generator.Builder.Append('\t');
        using var command = new PTXCodeGenerator.CommandEmitter(generator.Builder, string.Empty, string.Empty);
        foreach (string part in Operands().Split(text))
        {
            if (part is ['{', 'r', .. var field, '}'])
                command.AppendArgument((PTXCodeGenerator.PrimitiveRegister)(field.Length == 0
                    ? result!
                    : ((PTXCodeGenerator.CompoundRegister)result!).Children[int.Parse(field)]));
            else if (part is ['{', .. var argument, '}'] && int.TryParse(argument, out int index))
                command.AppendArgument(generator.LoadPrimitive(call[index]));
            else
                command.AppendRawString(part);
        }
        generator.Builder.AppendLine();
    }

    [GeneratedRegex(@"(\{r\d*\}|\{\d+\})")]
    private static partial Regex Operands();
}
