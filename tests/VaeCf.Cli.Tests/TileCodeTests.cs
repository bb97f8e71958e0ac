using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using VaeCf.Kernels.Common;

namespace VaeCf.Cli.Tests;

/// <summary>What the compiler makes of the loop that all dense products spend their time in.</summary>
public class TileCodeTests
{
    // Of the unrolled loop and the rest together. A tile of 6 rows by two vectors has 12 multiply-adds, 6 broadcasts
    // and 2 loads a term, 1.67 instructions for each; what is above that is addresses and the loop.
    private const double MostInstructions = 2.1;

    [TallTileFact]
    public void The_tiles_loop_is_lean_and_has_no_copies_of_registers_and_no_calls()
    {
        using var folder = new TemporaryFolder();
        string listing = folder["listing.txt"];
        CommandRun run = Vaecf.RunProcess(["train", TinySplit.Write(folder), "--out", folder["model"], "--epochs", "1",
            "--hidden", "64", "--latent", "32"], ("DOTNET_JitDisasm", "*Tile*:Run"),
            ("DOTNET_JitStdOutFile", listing));
        Assert.True(run.ExitCode == 0, run.Error);
        string tall = VectorWidth.Bits == 512 ? "Size12" : "Size6";
        string[] methods = [.. File.ReadAllText(listing).Split("; Assembly listing for method ")
            .Where(method => Name(method).Contains($"[VaeCf.Kernels.{tall},VaeCf.Kernels.Size2,",
                StringComparison.Ordinal))];
        // By rows, in the logits and the gradient of the weights; by columns, in the gradient of the input.
        Assert.Contains(methods, method => Name(method).Contains("ByRow]", StringComparison.Ordinal));
        Assert.Contains(methods, method => Name(method).Contains("ByColumn]", StringComparison.Ordinal));
        Assert.All(methods, method =>
        {
            string[] loops = [.. Regex.Split(method, @"\n\w+_IG\d+:").Where(block => block.Contains("vfmadd"))
                .SelectMany(block => block.Split('\n')).Where(line => Regex.IsMatch(line, @"^\s+[a-z]\w+\s"))
                .Where(line => !line.TrimStart().StartsWith("align", StringComparison.Ordinal))];
            int multiplyAdds = loops.Count(line => line.Contains("vfmadd", StringComparison.Ordinal));
            Assert.DoesNotContain(loops, line => Regex.IsMatch(line, @"\bcall\b|vmov\w+\s+[xyz]mm\d+, [xyz]mm\d+"));
            Assert.InRange((double)loops.Length / multiplyAdds, 1, MostInstructions);
        });

        static string Name(string method) => method.Split('\n')[0];
    }

    // Arm's mnemonics are others, and narrower vectors are compiled to other instructions.
    private sealed class TallTileFactAttribute : FactAttribute
    {
        public TallTileFactAttribute()
        {
            if (!Fma.IsSupported || VectorWidth.Bits < 256)
                Skip = "reads x86's fused multiply-adds of 256 bits and more";
        }
    }
}
