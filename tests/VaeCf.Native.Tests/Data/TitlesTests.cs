using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public sealed class TitlesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Quoted_titles_are_read()
    {
        IReadOnlyDictionary<string, string> titles = Titles.Read(
            folder.File("movies.csv", "movieId,title,genres\n1,Toy Story (1995),A|B\n11,\"American President, The "
                + "(1995)\",C\n7,\"a \"\"b\"\"\",\n"));
        Assert.Equal(("Toy Story (1995)", "American President, The (1995)", "a \"b\"", 3),
            (titles["1"], titles["11"], titles["7"], titles.Count));
    }

    [Fact]
    public void Tabs_other_names_gzip_and_Latin_1_are_read()
    {
        Assert.Equal("Kimi no Na wa.", Titles.Read(folder.File("a",
            TempFolder.Gzip("anime_ids\tname\tgenre\n1723\tKimi no Na wa.\tDrama, Romance\n")))["1723"]);
        Assert.Equal("\"Weird\" Bjørk",
            Titles.Read(folder.File("b", Encoding.Latin1.GetBytes("id\tname\turl\n5\t\"Weird\" Bjørk\thttp\n")))["5"]);
        Assert.Equal(
            "x", Titles.Read(folder.File("c", "isbn;movieId;long name;title\n1;2;x;y\n"), "ISBN", "long name")["1"]);
    }

    [Theory]
    [InlineData("101::Über Alles (1995)::Comedy|Drama\n7::x::\n", "Über Alles (1995)")]
    [InlineData("101|Über Alles (1995)|01-Jan-1995||\"x|0\n7|x||||0\n", "Über Alles (1995)")]
    [InlineData("101,1995,Über, Alles\n7,NULL,x\n", "Über, Alles")]
    [InlineData("101,\"Über, Alles\"\n7,x\n", "Über, Alles")]
    public void Tables_without_a_header_are_read(string text, string title)
    {
        foreach (Encoding encoding in (Encoding[])[Encoding.Latin1, Encoding.UTF8])
        {
            IReadOnlyDictionary<string, string> titles = Titles.Read(folder.File("t", encoding.GetBytes(text)));
            Assert.Equal((title, "x", 2), (titles["101"], titles["7"], titles.Count));
        }
    }

    [Fact]
    public void Missing_columns_and_second_titles_are_refused()
    {
        string Error(string text) => Assert.Throws<InputException>(() => Titles.Read(folder.File("t", text))).Message;
        Assert.Contains("expected a title column", Error("id,genres\n1,x\n"));
        Assert.Contains("expected an item column", Error("year,title\n1,x\n"));
        Assert.Contains("line 3: found 3 fields; expected 2", Error("id,title\n1,x\n2,a,b\n"));
        Assert.Contains("line 3: found a second title of item 1, 'y'; expected 'x'", Error("id,title\n1,x\n1,y\n"));
    }
}
