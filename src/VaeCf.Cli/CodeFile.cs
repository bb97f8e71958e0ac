using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;

namespace VaeCf.Cli;

/// <summary>Codes of users in a file of one of the formats that other programs read.</summary>
internal static class CodeFile
{
    private const string Tensor = "codes";

    /// <summary>Whether a file's name has the ending of a known format.</summary>
    public static bool Knows(string path) => Path.GetExtension(path) is ".csv" or ".npy" or ".safetensors";

    /// <summary>Writes codes, a row a user.</summary>
    /// <param name="path">The file, whose name says the format.</param>
    /// <param name="users">Original id of each user.</param>
    /// <param name="codes">The codes one after the other, each as long as the others.</param>
    public static void Write(string path, Vocabulary users, float[] codes)
    {
        int length = codes.Length / users.Count;
        if (Path.GetExtension(path) == ".safetensors")
        {
            TensorFile.Save(path, [(Tensor, [users.Count, length], codes)]);
            return;
        }
        AtomicFile.Write(path, file =>
        {
            if (Path.GetExtension(path) == ".npy")
                WriteNumPy(file, users.Count, length, codes);
            else
                WriteCsv(file, users, length, codes);
        });
    }

    /// <summary>Whether a file of a known format looks as <see cref="Write"/> leaves it.</summary>
    public static bool IsOurs(string path)
    {
        if (Path.GetExtension(path) == ".safetensors")
            return TensorFile.Holds(path, Tensor);
        string line = OutputFile.FirstLine(path);
        return Path.GetExtension(path) == ".npy"
            ? Regex.IsMatch(line, @"^.NUMPY.*\{'descr': '<f4', 'fortran_order': False, 'shape': \(\d+, \d+\), \} *$")
            : line == Header(line.Count(c => c == ','));
    }

    private static string Header(int length) =>
        "user," + string.Join(',', Enumerable.Range(0, length).Select(i => $"z{i}"));

    // NumPy's format 1.0: magic, version, length of the header, a Python dictionary padded to 64 bytes, the numbers.
    private static void WriteNumPy(Stream file, int rows, int columns, float[] codes)
    {
        const int prefix = 10, alignment = 64;
        string header = string.Create(CultureInfo.InvariantCulture,
            $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        int length = (prefix + header.Length + 1 + alignment - 1) / alignment * alignment - prefix;
        file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8)]);
        file.Write(Encoding.ASCII.GetBytes(header.PadRight(length - 1) + "\n"));
        file.Write(MemoryMarshal.AsBytes<float>(codes));
    }

    private static void WriteCsv(Stream file, Vocabulary users, int length, float[] codes)
    {
        using var writer = new StreamWriter(file, leaveOpen: true);
        writer.WriteLine(Header(length));
        for (int row = 0; row < users.Count; row++)
            writer.WriteLine(Quoted(users[row]) + "," + string.Join(',',
                codes.Skip(row * length).Take(length).Select(x => x.ToString("R", CultureInfo.InvariantCulture))));
    }

    private static string Quoted(string id) =>
        id.AsSpan().IndexOfAny(",\"\r\n") < 0 ? id : $"\"{id.Replace("\"", "\"\"")}\"";
}
