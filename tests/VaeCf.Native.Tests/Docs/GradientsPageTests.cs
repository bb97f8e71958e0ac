using System.Globalization;
using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>
/// The pages on gradients quote the code as it is, leave out no step, and the example's numbers are those of the
/// reference.
/// </summary>
public class GradientsPageTests
{
    private const double HalfOfTheLastDecimal = 0.5000001e-6;

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

    [Fact]
    public void The_numbers_of_the_example_are_the_references()
    {
        using Device device = Device.Reference();
        using Compute c = device.Open();
        double keep = Numbers("keep")[0];
        Settings settings = Small.Shape("multvae", [], latent: 1, components: 1)
            .With(Autoencoders.KeepProbability, keep);
        using var network = (MultVaeNetwork)Autoencoder.Create(c, settings, 3);
        (Noise mask, Noise epsilon) = (network.Noises[0], network.Noises[1]);
        using ClickBatch batch = c.AllocateBatch();
        double[] x = Numbers("x");
        int[][] rows = [.. x.Chunk(3).Select(row => Enumerable.Range(0, 3).Where(i => row[i] == 1).ToArray())];
        c.Load(Evaluation.Sets.Clicks(3, rows), [0, 1], batch);
        mask.Give(c, Numbers("mask, of the three clicks"));
        epsilon.Give(c, Numbers("epsilon"));
        foreach (Parameter p in network.Parameters)
            c.Write(Numbers(p.Name), p.Value);
        double beta = Numbers("beta")[0];
        var computed = new Dictionary<string, double[]>();

        network.Forward(batch);
        computed["mu and logvar of each user"] = Values(network.Head);
        computed["z"] = Values(network.Codes[0].Value);
        computed["KL"] = network.KlPerUser;
        computed["logits f"] = Values(network.Logits);
        using (Tensor input = c.Allocate(0, 1))
        {
            c.NormalizeRows(batch, input);
            c.Dropout(mask.Values, keep, input);
            computed["x~, of the three clicks"] = Values(input);
        }
        network.Loss(batch);
        computed["reconstruction"] = Values(network.ReconstructionPerUser);
        computed["loss"] = [network.Terms().Total(beta)];
        computed["df"] = Values(network.Logits);
        using (Tensor dZ = c.Allocate(0, 1), dHead = c.Allocate(0, 2))
        {
            c.Gemm(VaeCf.Kernels.Transpose.None, network.Logits, network.Parameters[2].Value, dZ);
            c.ReparameterizeGradient(network.Head, epsilon.Values, dZ, beta / 2, dHead);
            computed["dmu and dlogvar of each user"] = Values(dHead);
        }
        network.Backward(batch, beta);
        foreach (Parameter p in network.Parameters)
            computed[$"d {p.Name}"] = Values(p.Gradient);
        using var adam = new AdamOptimizer(c, network.Parameters,
            new AdamStep(Numbers("learning rate")[0], 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0));
        foreach (Parameter p in network.Parameters)
            adam.Apply(p);
        foreach (Parameter p in network.Parameters.Where(p => p.IsWeight))
            computed[$"{p.Name} after one update"] = Values(p.Value);

        Assert.Equal(computed.Keys.Order(), Table("Computed:").Keys.Order());
        foreach ((string name, double[] values) in computed)
        {
            double[] shown = Numbers(name);
            Assert.Equal(values.Length, shown.Length);
            Assert.All(values.Zip(shown), pair => Assert.True(Math.Abs(pair.First
                - pair.Second) <= HalfOfTheLastDecimal, $"{name}: {pair.First}, shown {pair.Second}"));
        }

        double[] Values(Tensor tensor)
        {
            var values = new double[tensor.Length];
            c.Read(tensor, values);
            return values;
        }
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

    /// <summary>The rows of the table that follows a line: numbers by name.</summary>
    private static Dictionary<string, double[]> Table(string heading) => page.SkipWhile(line => line != heading).Skip(4)
        .TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1], cells =>
            cells[3].Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray());

    private static double[] Numbers(string name) =>
        Table("Given:").TryGetValue(name, out double[]? given) ? given : Table("Computed:")[name];
}
