using System.Globalization;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// Counts as text: a table with a line a kernel, and the accesses to memory that cost more than they must.
/// </summary>
internal static class CountsTable
{
    private static readonly Kind[] Math = [Kind.FloatMath, Kind.SpecialMath, Kind.TensorCore];
    private static readonly Kind[] Access = [Kind.GlobalLoad, Kind.GlobalStore, Kind.SharedLoad, Kind.SharedStore,
        Kind.LocalLoad, Kind.LocalStore, Kind.Atomic];

    /// <summary>
    /// Instructions are those of warps, in thousands a launch, with the share of arithmetic on floats and of memory,
    /// and the lanes of 32 that took part. Sectors (32 bytes, global memory and atomics) and passes (over the banks of
    /// shared memory) are per request, and local memory is in sectors a launch.
    /// </summary>
    public static void Write(TextWriter output, IEnumerable<KernelCounts> kernels)
    {
        output.WriteLine("| kernel | launches | instructions/1000 | math | memory | lanes | loads: sectors | stores: "
            + "sectors | atomics: sectors | shared loads: passes | shared stores: passes | local sectors |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var counts in kernels.OrderBy(k => k.Program.Text.Name, StringComparer.Ordinal))
        {
            double all = counts.Instructions(), launches = counts.Launches;
            double Share(Kind[] kinds) => kinds.Sum(counts.Instructions) / all;
            output.WriteLine(string.Join(" | ",
                $"| {counts.Program.Text.Name}",
                Text($"{launches:0}"),
                Text($"{all / launches / 1000:0.0}"),
                Text($"{Share(Math):0 %}"),
                Text($"{Share(Access):0 %}"),
                Text($"{counts.LanesPerInstruction:0.0}"),
                PerRequest(counts.Memory(Kind.GlobalLoad)),
                PerRequest(counts.Memory(Kind.GlobalStore)),
                PerRequest(counts.Memory(Kind.Atomic)),
                PerRequest(counts.Memory(Kind.SharedLoad)),
                PerRequest(counts.Memory(Kind.SharedStore)),
                Text($"{counts.Memory(Kind.LocalLoad, Kind.LocalStore).Cost / launches:0} |")));
        }
    }

    /// <summary>
    /// Of each kernel the three instructions that took most beyond what their bytes fill, where they took at least
    /// twice that.
    /// </summary>
    public static void WriteDear(TextWriter output, IEnumerable<KernelCounts> kernels)
    {
        output.WriteLine("| kernel | PTX line | instruction | requests | cost/request | needed |");
        output.WriteLine("| --- | ---: | --- | ---: | ---: | ---: |");
        foreach (var counts in kernels.OrderBy(k => k.Program.Text.Name, StringComparer.Ordinal))
        {
            IEnumerable<int> dear = Enumerable.Range(0, counts.Sites.Length)
                .Where(i => counts.Sites[i].Requests > 0 && Cost(i) >= 2 * Needed(i));
            foreach (int number in dear.OrderByDescending(i => Cost(i) - Needed(i)).Take(3))
            {
                var instruction = counts.Program.Text.Instructions[number];
                double requests = counts.Sites[number].Requests;
                string place = $"{counts.Program.Text.Name} | {instruction.Line} | `{instruction.Text}`";
                string costs = Text($"{requests} | {Cost(number) / requests:0.0} | {Needed(number) / requests:0.0}");
                output.WriteLine($"| {place} | {costs} |");
            }

            long Cost(int i) => counts.Sites[i].Cost;

            long Needed(int i) => System.Math.Max(counts.Sites[i].Requests,
                counts.Sites[i].Bytes / (counts.Program.Kinds[i] is Kind.SharedLoad or Kind.SharedStore ? 128 : 32));
        }
    }

    private static string PerRequest(SiteCounts site) =>
        site.Requests == 0 ? "" : Text($"{(double)site.Cost / site.Requests:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
