namespace VaeCf.Native.Tests.Docs;

/// <summary>
/// The pages on gradients quote the code as it is and leave out no step. Their example is what <c>vaecf explain</c>
/// prints, to which a test of the command holds it.
/// </summary>
public class GradientsPageTests
{
    private static readonly string[] page = [.. new[] { "3-gradients", "3-family", "3-others" }
        .SelectMany(name => Repository.Lines($"docs/course/{name}.md"))];

    [Fact]
    public void Every_quoted_line_stands_in_the_file_named()
    {
        List<(string File, string Line)> quotes = [.. Quotes()];
        Assert.True(quotes.Count > 40, $"{quotes.Count} quotes");
        Dictionary<string, HashSet<string>> files = quotes.Select(quote => quote.File).Distinct()
            .ToDictionary(file => file, file => Repository.Lines(file).Select(line => line.Trim()).ToHashSet());
        Assert.All(quotes, quote => Assert.Contains(quote.Line, files[quote.File]));
    }

    [Theory]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/MultVae.cs")]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/MultDae.cs")]
    [InlineData("src/VaeCf.Native/Networks/Layers.cs")]
    [InlineData("src/VaeCf.Native/Networks/Inputs.cs", 3)]
    [InlineData("src/VaeCf.Native/Networks/Stacks.cs")]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/VampPosterior.cs")]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/HVamp.cs")]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/ResidualEncoder.cs")]
    [InlineData("src/VaeCf.Native/Recommenders/Autoencoders/RecVae.cs")]
    [InlineData("src/VaeCf.Baselines/Ae.cs", 2)]
    [InlineData("src/VaeCf.Baselines/ItemNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/CdaeNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/CdaeFit.cs", 2)]
    [InlineData("src/VaeCf.Baselines/AutoRecNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/SvaeNetwork.cs", 20)]
    [InlineData("src/VaeCf.Baselines/DeepRecNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/RbmNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/NcfNetwork.cs")]
    [InlineData("src/VaeCf.Baselines/NcfRanker.cs")]
    public void No_line_with_a_formula_is_left_out(string file, int fewest = 4)
    {
        HashSet<string> quoted = [.. Quotes().Where(quote => quote.File == file).Select(quote => quote.Line)];
        string[] formulas = [.. Repository.Lines(file).Select(line => line.Trim())
            .Where(line => line.Contains(";  ") || line.Contains("; //"))];
        Assert.True(formulas.Length >= fewest);
        Assert.All(formulas, line => Assert.Contains(line, quoted));
    }

    /// <summary>Each non-blank line of each C# block, with the file last named on a line of its own.</summary>
    private static IEnumerable<(string File, string Line)> Quotes()
    {
        string file = "";
        bool inside = false;
        foreach (string line in page)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```csharp";
            else if (inside && line.Trim().Length > 0)
                yield return (file, line.Trim());
            else if (line.StartsWith('`') && line.EndsWith(".cs`", StringComparison.Ordinal))
                file = line.Trim('`');
        }
    }
}
