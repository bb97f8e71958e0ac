using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

/// <summary>
/// NVIDIA's assembler, where it is installed: how many registers the GPU's machine code takes, and how much it spills.
/// </summary>
internal static partial class Assembler
{
    private static readonly string[] targets = ["sm_80", "sm_90"];

    /// <summary>One line for each kernel and target, or one that says that there is no ptxas.</summary>
    public static string Report(string ptx)
    {
        try
        {
            return string.Join('\n', targets.SelectMany(target => Kernel().Matches(Run(target, ptx))
                .Select(match => $"  {target} {match.Groups["name"].Value}: {match.Groups["used"].Value}, "
                    + match.Groups["spills"].Value)));
        }
        catch (Win32Exception)
        {
            return "  no ptxas on the PATH: registers and spills of the machine code are not known";
        }
    }

    private static string Run(string target, string ptx)
    {
        string code = Path.GetTempFileName();
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo("ptxas", ["-arch", target, "-v", "-o", code, ptx])
                {
                    RedirectStandardError = true,
                })!;
            string report = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? report
                : throw new InvalidOperationException($"ptxas refuses {ptx}:\n{report}");
        }
        finally
        {
            File.Delete(code);
        }
    }

    [GeneratedRegex(@"entry function '(?<name>\w+)'.*?(?<spills>\d+ bytes spill stores, \d+ bytes spill loads).*?"
        + @"Used (?<used>\d+ registers)", RegexOptions.Singleline)]
    private static partial Regex Kernel();
}
