using System.ComponentModel;
using System.Diagnostics;

namespace VaeCf.Tests.Support;

/// <summary>Files that are no regular files, made in a test's own folder.</summary>
internal static class SpecialFiles
{
    /// <summary>The kinds that can be made: as a rule pipes everywhere but on Windows, devices by root alone.</summary>
    public static IEnumerable<string> Make(TemporaryFolder folder)
    {
        if (OperatingSystem.IsWindows())
            yield break;
        foreach ((string name, string program, string[] more) in new (string, string, string[])[]
            { ("pipe", "mkfifo", []), ("device", "mknod", ["c", "1", "3"]), ("disk", "mknod", ["b", "7", "99"]) })
            if (Run(program, [folder[name], .. more]))
                yield return folder[name];
    }

    /// <summary>Calls <paramref name="test"/> with a small file system's folder, if one may be mounted.</summary>
    public static void OnSmallDisk(TemporaryFolder folder, int kilobytes, Action<string> test)
    {
        string disk = folder["disk"];
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !Run("mount", ["-t", "tmpfs", "-o", $"size={kilobytes}k", "none", disk]))
            return;
        try
        {
            test(disk);
        }
        finally
        {
            Assert.True(Run("umount", [disk]));
        }
    }

    /// <summary>Lets nothing more be written to the folder of <see cref="OnSmallDisk"/>.</summary>
    public static void MakeReadOnly(string disk) => Assert.True(Run("mount", ["-o", "remount,ro", disk]));

    /// <summary>Calls <paramref name="test"/> while a file may not be changed, if it may be marked so.</summary>
    public static void WhileImmutable(string path, Action test)
    {
        if (!OperatingSystem.IsLinux() || !Run("chattr", ["+i", path]))
            return;
        try
        {
            test();
        }
        finally
        {
            Assert.True(Run("chattr", ["-i", path]));
        }
    }

    private static bool Run(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }
}
