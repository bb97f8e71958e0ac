using System.Text;
using System.Text.RegularExpressions;

/// <summary>
/// The kernels of an operation as one text: header, target, then an entry for each, under the kernel's own name.
/// </summary>
internal sealed partial class PtxModule(string op)
{
    private readonly StringBuilder text =
        new($"// {op}, compiled by VaeCf.Kernels.Ptx\n.version 8.0\n.target sm_80\n.address_size 64\n");

    public string Text => text.ToString();

    /// <summary>
    /// Adds the kernel, which the compiler wrote as a module of its own, with the limits of its blocks; returns
    /// its entry.
    /// </summary>
    public string Add(string name, string compiled, string limits)
    {
        Match match = Entry().Match(compiled.ReplaceLineEndings("\n"));
        string entry = match.Groups["dynamic"].Value + match.Groups["entry"].Value;
        entry = entry.Replace(match.Groups["name"].Value, name)
            .Replace("__dyn_shared_alloca", name + "_shared").Replace("__shared_alloca", "shared");
        // The compiler numbers parameters and labels as it meets them: the text must not depend on that.
        entry = Parameter().Replace(entry, "_$1");
        entry = entry.Replace("\n)\n{", $"\n)\n{limits}{{");
        var labels = new Dictionary<string, string>();
        entry = Label().Replace(entry, label => labels.TryGetValue(label.Value, out string? known)
            ? known
            : labels[label.Value] = $"L_{labels.Count}");
        // A product and a sum are fused only where the source says so: then a GPU gives the emulator's bits.
        entry = Contractible().Replace(entry, "$1.rn.f32");
        // ILGPU takes the result of a shuffle to be the same in all threads, and marks branches on it as uniform.
        entry = UniformBranch().Replace(entry, "$1 bra");
        entry = Atomic().Replace(entry, "$1.$3.$2.");
        entry = BlankLines().Replace(entry, "\n").Replace(" \t", "\t").Replace("{\t", "{");
        if (entry.Contains("call"))
            throw new InvalidOperationException($"{name} calls a function that no text defines:\n{entry}");
        text.Append('\n').Append(entry).Append('\n');
        return entry;
    }

    [GeneratedRegex(
        @"(?<dynamic>\.extern \.shared [^\n]*\n)?.*(?<entry>\.visible \.entry (?<name>[\w$]+)\(.*?\n\})",
        RegexOptions.Singleline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"(?<![\w%])_(\w+?)_\d+\b")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\bL_\d+\b")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(add|sub|mul)\.f32\b")]
    private static partial Regex Contractible();

    [GeneratedRegex(@"(@!?%p\d+) bra\.uni")]
    private static partial Regex UniformBranch();

    // The PTX manual puts the state space before the operation, ILGPU after it.
    [GeneratedRegex(@"\b(atom|red)\.(\w+)\.(global|shared)\.")]
    private static partial Regex Atomic();

    [GeneratedRegex(@"[ \t]*\n(\s*\n)*")]
    private static partial Regex BlankLines();
}
