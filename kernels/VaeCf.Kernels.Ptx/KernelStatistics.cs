using System.Text.RegularExpressions;

/// <summary>
/// What a kernel asks of a GPU, read from its PTX: virtual registers, memory, and which instructions it is made of.
/// </summary>
internal static partial class KernelStatistics
{
    public const string Heading =
        "kernel | registers f32 b32 b64 pred | shared bytes | .local bytes | v4 loads stores | instructions";

    public static string Of(string entry)
    {
        string name = Regex.Match(entry, @"\.entry\s+(\w+)").Groups[1].Value;
        var mix = Instruction().Matches(entry).Select(match => Kind(match.Groups[1].Value)).GroupBy(kind => kind)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key} {group.Count()}");
        return $"{name} | {Registers(entry, "f32")} {Registers(entry, "b32")} {Registers(entry, "b64")} "
            + $"{Registers(entry, "pred")} | {Bytes(entry, "shared")} | {Bytes(entry, "local")} | "
            + $"{Count(entry, @"\bld\.[\w.]*v4")} {Count(entry, @"\bst\.[\w.]*v4")} | {string.Join(", ", mix)}";
    }

    // ld.global.v4.f32 counts as ld.global, mad.lo.s32 as mad: with the state space, if any, without type and rounding.
    private static string Kind(string opcode)
    {
        string[] parts = opcode.Split('.');
        return parts[0] is "ld" or "st" or "atom" or "red" ? $"{parts[0]}.{parts[1]}" : parts[0];
    }

    private static int Registers(string entry, string type) =>
        Regex.Matches(entry, @$"\.reg\s+\.{type}\s+%\w+<(\d+)>").Sum(match => int.Parse(match.Groups[1].Value) - 1);

    private static int Bytes(string entry, string space) =>
        Regex.Matches(entry, @$"\.{space}\s+\.align\s+\d+\s+\.b8\s+\w+\[(\d+)\]")
            .Sum(match => int.Parse(match.Groups[1].Value));

    private static int Count(string entry, string pattern) => Regex.Count(entry, pattern);

    [GeneratedRegex(@"^\s*(?:@!?%\w+\s+)?([a-z][\w.]*)[\s;]", RegexOptions.Multiline)]
    private static partial Regex Instruction();
}
