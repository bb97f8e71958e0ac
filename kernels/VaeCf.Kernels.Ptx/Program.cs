// What every kernel compiles to, in the repository's kernels/ptx.
string folder = Path.Combine("kernels", "ptx");
if (!Directory.Exists(folder))
{
    Console.Error.WriteLine($"found no folder {folder} here; expected to be run in the root of the repository");
    return 2;
}
Console.WriteLine(KernelStatistics.Heading);
foreach (Type op in KernelSet.Operations)
{
    string path = Path.Combine(folder, op.Name + ".ptx");
    File.WriteAllText(path, KernelSet.Compile(op.Name, entry => Console.WriteLine(KernelStatistics.Of(entry))).Text);
    Console.WriteLine(Assembler.Report(path));
}
return 0;
