using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>Folders of the files that He et al. 2017 publish.</summary>
public sealed class NcfFolderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Fill(string prefix = "", string negatives = "(0,30)\t50\t10\t50\n(7,10)\t20\t60\n")
    {
        folder.File($"{prefix}train.rating", "0\t10\t4\t978300760\n0\t20\t1\t978300761\n7\t20\t5\t978300762\n");
        folder.File($"{prefix}test.rating", "0\t30\t4\t978300763\n7\t10\t5\t978300764\n");
        folder.File($"{prefix}test.negative", negatives);
    }

    private static string[] Ids(DataSplit split, ReadOnlySpan<int> items) =>
        [.. items.ToArray().Select(item => split.Items[item])];

    [Theory]
    [InlineData("")]
    [InlineData("ml-1m.")]
    public void Every_row_is_a_click_and_the_negatives_are_the_tests(string prefix)
    {
        Fill(prefix);
        Assert.True(SplitFolder.IsOne(folder.Path));
        Assert.Equal(3, SplitFolder.FilesIn(folder.Path).Count);
        DataSplit split = SplitFolder.Read(folder.Path, out SplitReport report);
        Assert.Equal("weak generalisation", report.Protocol);
        // 50 and 60 are in the negatives alone.
        Assert.Equal(["10", "20", "30", "50", "60"], Ids(split, [.. Enumerable.Range(0, split.Items.Count)]));
        Assert.Null(split.Validation);
        EvaluationSet test = split.Test!;
        Assert.Equal(["0", "7"], [test.Users![0], test.Users[1]]);
        Assert.Equal(["10", "20"], Ids(split, test.FoldIn.ItemsOf(0)));
        Assert.Equal(["30"], Ids(split, test.HeldOut.ItemsOf(0)));
        // One that is there twice counts once; what the user clicked is not taken out of what the file says.
        Assert.Equal(["10", "50"], Ids(split, test.Negatives!.ItemsOf(0)));
        Assert.Equal(["20", "60"], Ids(split, test.Negatives.ItemsOf(1)));
        Assert.False(split.Train.HasValues);
    }

    [Fact]
    public void The_negatives_may_be_missing_and_files_packed()
    {
        Fill();
        foreach (string name in (string[])["train.rating", "test.rating"])
        {
            string path = System.IO.Path.Combine(folder.Path, name);
            folder.File($"{name}.gz", TempFolder.Gzip(System.IO.File.ReadAllText(path)));
            System.IO.File.Delete(path);
        }
        System.IO.File.Delete(System.IO.Path.Combine(folder.Path, "test.negative"));
        DataSplit split = SplitFolder.Read(folder.Path);
        Assert.Equal((3, 2L), (split.Items.Count, split.Test!.HeldOut.ClickCount));
        Assert.Null(split.Test.Negatives);
    }

    [Fact]
    public void A_line_that_is_no_row_of_the_test_and_files_that_are_missing_or_twice_there_are_refused()
    {
        string Error() => Assert.Throws<InputException>(() => SplitFolder.Read(folder.Path)).Message;
        foreach (string wrong in (string[])["(0,10)\t50\n", "0,30\t50\n", "(9,30)\t50\n", "(0,30\t50\n"])
        {
            Fill(negatives: "(0,30)\t50\n" + wrong);
            Assert.Contains("test.negative", Error());
            Assert.Contains("line 2", Error());
            Assert.Contains("expected (USER,ITEM), a row of the test file", Error());
        }
        Fill(negatives: "(0,30)\t50\t30\n(7,10)\t20\n");
        Assert.Contains("line 1", Error());
        Assert.Contains("found '30'; expected items other than the row's own", Error());
        Fill();
        System.IO.File.Delete(System.IO.Path.Combine(folder.Path, "test.rating"));
        Assert.Contains("test.rating is missing beside train.rating", Error());
        folder.File("other.train.rating", "0\t10\t4\t978300760\n");
        Assert.Contains("other.train.rating and train.rating are there; expected one of them", Error());
    }
}
