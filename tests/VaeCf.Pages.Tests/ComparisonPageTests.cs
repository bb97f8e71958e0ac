using System.Text.Json;

namespace VaeCf.Pages.Tests;

/// <summary>The page of <c>vaecf compare</c>, in a browser.</summary>
public sealed class ComparisonPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [BrowserFact]
    public async Task ThePageShowsEachModelAndIsInOrder()
    {
        string page = folder["page.html"];
        Assert.Equal(0, Vaecf.Run("compare", TinySplit.Write(folder), "--models", "ease,popularity,itemknn", "--out",
            folder["out"], "--report", page).ExitCode);

        await browser.AssertGood(page);
        await using OpenPage open = await browser.Open(page);
        Assert.Equal(3, await open.Count("figure:nth-child(1) rect"));
        Assert.Equal(3, await open.Count("figure:nth-child(2) .chart circle"));
        Assert.Equal(3, await open.Count("details"));
        using JsonDocument data = JsonDocument.Parse(await open.Page.Locator("#comparison").TextContentAsync() ?? "");
        Assert.Equal(await open.Page.Locator("[aria-label=Accuracy] tbody th").AllTextContentsAsync(),
            data.RootElement.GetProperty("models").EnumerateArray().Select(model => Title(model)));
    }

    private static string Title(JsonElement model) =>
        VaeCf.Native.Recommenders.Catalog.Find(model.GetProperty("model").GetString()!).Title;
}
