using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests.Docs;

/// <summary>What the pages for programmers show is code that compiles and runs.</summary>
public class PageTests
{
    private static readonly string[] sources = [.. new[]
    {
        "tests/VaeCf.Baselines.Tests/Docs", "samples/05_YourOwnModel", "samples/06_YourOwnKernel",
        "src/VaeCf.Baselines", "kernels/Swish",
    }.SelectMany(folder => Directory.GetFiles(Repository.PathOf(folder), "*.cs"))];

    [Theory]
    [InlineData("docs/embed.md")]
    [InlineData("docs/add-a-model.md")]
    [InlineData("docs/add-a-kernel.md")]
    public void Every_line_of_code_stands_in_code_that_compiles(string page)
    {
        HashSet<string> lines = [.. sources.SelectMany(File.ReadLines).Select(line => line.Trim())];
        string[] shown = [.. Code(page)];
        Assert.True(shown.Length > 10, $"{shown.Length} lines");
        Assert.All(shown, line => Assert.Contains(line, lines));
    }

    // Each non-blank line of each C# block.
    private static IEnumerable<string> Code(string page)
    {
        bool inside = false;
        foreach (string line in Repository.Lines(page).Select(line => line.Trim()))
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```csharp";
            else if (inside && line.Length > 0)
                yield return line;
    }

    [Fact]
    public void The_program_of_the_page_on_embedding_gives_what_the_page_says()
    {
        using var folder = new TemporaryFolder();
        string ratings = Repository.PathOf("samples/data/ml-latest-small/ratings.csv.gz"), before =
            Environment.CurrentDirectory;
        TextWriter console = Console.Out;
        using var printed = new StringWriter();
        Environment.CurrentDirectory = folder["."];
        Console.SetOut(printed);
        try
        {
            File.Copy(ratings, "ratings.csv.gz");
            PageCode.AFirstProgram();
            string page = File.ReadAllText(Repository.PathOf("docs/embed.md"));
            Assert.Contains($"`{printed.ToString().TrimEnd().Split('\n')[^1]}`", page);
            (DataSplit split, _) = Splits.StrongGeneralization(
                ClickReader.Read("ratings.csv.gz", new ReadOptions { MinRating = 4 }));
            using Recommender popularity = Clicks.Fitted(Popularity.Type, split.Train),
                model = Recommender.Load("model.safetensors");
            double ndcg = Evaluator.Evaluate(popularity, split.Test!).At(100).Ndcg.Value;
            Assert.Contains(FormattableString.Invariant($"popularity has {ndcg:0.000} on the same users"), page);

            PageCode.Errors();
            PageCode.Devices();
            PageCode.Histories(model);
            PageCode.ManyUsers(model);
            Assert.False(PageCode.Counts(model));
            Assert.Equal(["1210", "2571", "2959"],
                PageCode.WhichItems(model).Items.Select(item => item.Item).Order());
            Assert.Contains(PageCode.Reasons(model), number => number != 0);
            Assert.Equal(model.ItemCount, PageCode.ToAStream(model));
            ClickData few = ClickData.From([("ann", "1"), ("bob", "260"), ("bob", "no item of the model")]);
            Assert.Equal(model.Settings.Get(Autoencoders.AnnealSteps),
                PageCode.TrainOnEverything(few).Get(Autoencoders.AnnealSteps));
            PageCode.TrainAgainTomorrow(few, model.Settings);
            Assert.Contains("2 items go on, 1 start anew", printed.ToString());
            Settings small = model.Settings.With(GradientFit.EpochCount, 12);
            PageCode.Watched(split, small.With(GradientFit.EpochCount, 1));
            Assert.Equal(10, PageCode.StopAndResume(split, small));
            Assert.Equal(0, PageCode.ResumeFromAFile(split, small, "run.checkpoint"));
            Assert.Equal(12, PageCode.ResumeFromAFile(split, small, "run.checkpoint"));
            using (Recommender ease = Clicks.Fitted(Ease.Type, Clicks.Of(3, [0, 1], [1, 2])))
                ease.Save("ease.safetensors");
            Assert.Equal("ease", PageCode.FromTheCatalog());
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = before;
        }
        Assert.Equal((2, 3), (PageCode.Pairs().Users.Count, (int)PageCode.OneByOne().Matrix.ClickCount));
    }
}
