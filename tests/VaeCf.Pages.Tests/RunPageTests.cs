using System.Text.Json;
using Microsoft.Playwright;

namespace VaeCf.Pages.Tests;

/// <summary>The pages of <c>vaecf train --report</c> and of <c>vaecf report</c>, in a browser.</summary>
public sealed class RunPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private const int Epochs = 6;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Trained(string split, params string[] more)
    {
        CommandRun run = Vaecf.Run(["train", split, "--out", folder["model"], "--report", folder["page.html"],
            "--force", .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains($"the report is {folder["page.html"]}", run.Output);
        return folder["page.html"];
    }

    private static async Task<JsonElement> Data(OpenPage page) =>
        JsonDocument.Parse(await page.Page.Locator("#runs").TextContentAsync() ?? "").RootElement;

    // The figure whose title begins with a text: how many points, whiskers and bars it has.
    private static async Task<(int Points, int Whiskers, int Bars)> Figure(OpenPage page, string title)
    {
        string figure = $"figure:has(> b:text-matches(\"^{title}\"))";
        Assert.Equal(1, await page.Count(figure));
        return (await page.Count($"{figure} circle"), await page.Count($"{figure} .error"),
            await page.Count($"{figure} rect"));
    }

    [BrowserFact]
    public async Task ARunOfMultVaeIsShownInFull()
    {
        string split = TinySplit.Write(folder), log = folder["run.jsonl"];
        File.WriteAllLines(folder["titles.csv"], ["item,title", .. Enumerable.Range(100, TinySplit.Items).Select(id =>
            $"{id},Film <{id}> & co")]);
        string file = Trained(split, "--hidden", "16", "--latent", "4", "--epochs", $"{Epochs}", "--batch", "25",
            "--lr", "0.02", "--find-beta", "--validate-every", "2", "--titles", folder["titles.csv"], "--log", log);
        await browser.AssertGood(file);

        await using OpenPage page = await browser.Open(file);
        foreach (string measure in new[] { "Loss", "Reconstruction", "KL", "Beta" })
            Assert.Equal((Epochs, 0, 0), await Figure(page, $"{measure} by epoch"));
        Assert.Equal((Epochs / 2, Epochs / 2, 0), await Figure(page, "Validation NDCG@100 by epoch"));
        Assert.Equal((Epochs / 2, Epochs / 2, 0), await Figure(page, "Validation NDCG@100 against beta"));
        Assert.Equal(2, await page.Count(".chosen"));
        Assert.Equal("Mult-VAE on split", await page.Page.TextContentAsync("h1"));
        Assert.Equal("Mult-VAE on split", await page.Page.TitleAsync());
        ILocator settings = page.Page.Locator("[aria-label='Settings'] tr");
        Assert.Equal(["hidden16", "warm up epochsautomatic"], (await settings.AllTextContentsAsync())
            .Where(row => row.StartsWith("hidden") || row.StartsWith("warm up epochs")));
        // The phases of the time are equals.
        Assert.Equal(0, await page.Count("figure:has(> b:text-matches('^Seconds')) rect.other"));
        // The model, EASE and popularity.
        Assert.Equal((0, 0, 3), await Figure(page, "NDCG@100, "));
        Assert.Equal((15, 15, 0), await Figure(page, "NDCG@100 by clicks of the user"));
        Assert.Equal((4, 0, 0), await Figure(page, "Variance of each number of the code"));
        Assert.Contains("Film <1", await page.Page.Locator("details").Last.TextContentAsync());
        Assert.Contains("times their floor", await page.Page.Locator("main").TextContentAsync());

        // What the charts are drawn from is the log, line by line.
        JsonElement run = (await Data(page)).GetProperty("runs")[0];
        Assert.Equal(File.ReadLines(log).Select(line => line.Replace("<", "\\u003c")),
            run.GetProperty("search").EnumerateArray().Concat(run.GetProperty("train").EnumerateArray())
                .Append(run.GetProperty("result")).Select(line => line.GetRawText()));
    }

    [BrowserFact]
    public async Task AModelWithoutCurvesOrCodeLeavesThemOut()
    {
        string file = Trained(TinySplit.Write(folder), "--model", "ease");
        await browser.AssertGood(file);
        await using OpenPage page = await browser.Open(file);
        Assert.Equal((1, 1, 0), await Figure(page, "Validation NDCG@100 by epoch"));
        Assert.Equal((0, 0, 2), await Figure(page, "NDCG@100, "));
        string text = await page.Page.Locator("main").TextContentAsync() ?? "";
        Assert.DoesNotContain("latent code", text);
        Assert.DoesNotContain("search for beta", text);
        Assert.DoesNotContain("floor", text);
    }

    [BrowserFact]
    public async Task AModelOfRatingsShowsItsErrorsBesideMeanAndBiases()
    {
        string file = Trained(TinySplit.WriteRatings(folder), "--model", "iautorec", "--units", "8", "--epochs", "4");
        await browser.AssertGood(file);
        await using OpenPage page = await browser.Open(file);
        Assert.Equal((4, 4, 0), await Figure(page, "Validation RMSE by epoch"));
        Assert.Equal((0, 0, 3), await Figure(page, "RMSE, "));
        Assert.Contains("biases", await page.Page.Locator("main").TextContentAsync());
    }

    [BrowserFact]
    public async Task SeveralRunsAreShownSideBySide()
    {
        string split = TinySplit.Write(folder);
        foreach ((string log, string epochs) in new[] { ("a", "6"), ("b", "4"), ("c", "5") })
            Assert.Equal(0, Vaecf.Run("train", split, "--out", folder[log], "--log", folder[$"{log}.jsonl"], "--epochs",
                epochs, "--seed", epochs).ExitCode);
        Vaecf.Run("report", folder["a.jsonl"], folder["b.jsonl"], folder["c.jsonl"], "--out", folder["page.html"])
            .AssertGood();
        await browser.AssertGood(folder["page.html"]);
        await using OpenPage page = await browser.Open(folder["page.html"]);
        Assert.Contains("validation NDCG@100",
            await page.Page.Locator("[aria-label='The runs'] thead th").AllTextContentsAsync());
        Assert.Equal((15, 15, 0), await Figure(page, "Validation NDCG@100 by epoch, ± its standard error"));
        Assert.Equal((15, 0, 0), await Figure(page, "Loss by epoch"));
        Assert.Equal(2, await page.Count("[aria-label='Paired differences'] tbody tr"));
        Assert.Equal(["anneal steps", "epochs", "seed"],
            await page.Page.Locator("[aria-label='Settings that differ'] tbody th").AllTextContentsAsync());
        Assert.Equal(2, (await Data(page)).GetProperty("differences").GetArrayLength());
    }

    [BrowserFact]
    public async Task APageIsReadByKeyboardAndInPrint()
    {
        string file = Trained(TinySplit.Write(folder), "--epochs", "2", "--latent", "4");
        await using OpenPage page = await browser.Open(file);
        // From the top, one key reaches all that opens or scrolls, and another opens what opens.
        int places = await page.Count("summary, [tabindex='0']");
        Assert.InRange(places, 5, 50);
        for (int i = 0; i < places; i++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            string reached = await page.Page.EvaluateAsync<string>("() => document.activeElement.tagName");
            Assert.Contains(reached, new[] { "SUMMARY", "DIV" });
            if (reached == "SUMMARY")
                await page.Page.Keyboard.PressAsync("Enter");
        }
        Assert.Equal(0, await page.Count("details:not([open])"));
        await page.Page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.Equal("rgb(255, 255, 255)", await page.Page.EvaluateAsync<string>(
            "() => getComputedStyle(document.body).backgroundColor"));
        await page.AssertGood();
    }
}
