using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using VaeCf.Cli.Explain;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Pages.Tests;

/// <summary>The page of <c>vaecf explain</c>, in a browser: its numbers are the library's.</summary>
public sealed class ExplainPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private const double Tolerance = 1e-9;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Written()
    {
        Vaecf.Run("explain", "--tiny", "--html", folder["page.html"]).AssertGood();
        return folder["page.html"];
    }

    /// <summary>What the page holds: its state, its step, and the slope of the chosen weight.</summary>
    private sealed record Held(JsonElement State, JsonElement Step)
    {
        public static async Task<Held> Of(IPage page)
        {
            JsonElement held = JsonDocument.Parse(await page.EvaluateAsync<string>(
                "() => JSON.stringify({ state: Tiny.state(), step: Tiny.step(Tiny.state()) })")).RootElement;
            return new(held.GetProperty("state"), held.GetProperty("step"));
        }

        public double[] Numbers(string name) => Of(State.GetProperty(name));

        public Dictionary<string, double[]> Weights => Arrays(State.GetProperty("weights"));

        public static Dictionary<string, double[]> Arrays(JsonElement of) =>
            of.EnumerateObject().ToDictionary(one => one.Name, one => Of(one.Value));

        private static double[] Of(JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetDouble())];

        /// <summary>The library's step for the page's state.</summary>
        public TracedStep Expected()
        {
            TracedStep tiny = TracedStep.Tiny(MultVae.Type);
            double[] x = Numbers("x"), mask = Numbers("mask");
            int[] items = [.. Enumerable.Range(0, x.Length).Where(item => x[item] > 0)];
            Dictionary<string, double[]> numbers = Weights;
            numbers["epsilon"] = Numbers("epsilon");
            numbers["dropout_x"] = [.. items.Select(item => mask[item])];
            Settings settings = tiny.Settings
                .With(Autoencoders.KeepProbability, State.GetProperty("keep").GetDouble())
                .With(Autoencoders.WeightDecay, State.GetProperty("weightDecay").GetDouble());
            return TracedStep.Of(settings, new ClickMatrix(x.Length, [0, items.Length], items),
                new() { Beta = Step.GetProperty("beta").GetDouble(), Checks = 0 }, numbers);
        }
    }

    private static void AssertSame(TracedStep expected, Held held)
    {
        Assert.Equal(expected.Loss, held.Step.GetProperty("loss").GetDouble(), Tolerance);
        Assert.Equal(expected.Regularization, held.Step.GetProperty("l2").GetDouble(), Tolerance);
        AssertSame(expected.Forward, Held.Arrays(held.Step.GetProperty("forward")));
        AssertSame(expected.Gradients, Held.Arrays(held.Step.GetProperty("gradients")));
    }

    private static void AssertSame(IReadOnlyList<TracedArray> expected, Dictionary<string, double[]> found)
    {
        Assert.Equal(expected.Select(array => array.Name).Order(), found.Keys.Order());
        foreach (TracedArray array in expected)
        {
            Assert.Equal(array.Values.Count, found[array.Name].Length);
            Assert.All(array.Values.Zip(found[array.Name]), pair =>
                Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance,
                    $"{array.Name}: {pair.Second} in the page, {pair.First} in the library"));
        }
    }

    private static Task Slide(IPage page, string id, double value) => page.EvalOnSelectorAsync($"#{id}",
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value);

    [BrowserFact]
    public async Task ThePageIsInOrder()
    {
        await browser.AssertGood(Written());
        string trained = folder["trained.html"], model = folder["model.safetensors"];
        Assert.Equal(0, TinySplit.Train(TinySplit.Write(folder), model, "3").ExitCode);
        Vaecf.Run("explain", model, "--items", "100,102", "--html", trained).AssertGood();
        await browser.AssertGood(trained);
    }

    [BrowserFact]
    public async Task NumbersOfOtherModelsNeedNoScrollingOnADesk()
    {
        Vaecf.Run("explain", "--tiny", "--model", "recvae", "--html", folder["page.html"]).AssertGood();
        await browser.AssertGood(folder["page.html"]);
        await using OpenPage open = await browser.Open(folder["page.html"], width: 1200);
        Assert.Empty(await open.Page.Locator(".wide").EvaluateAllAsync<string[]>(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"));
    }

    [BrowserFact]
    public async Task ItsNumbersAreTheLibrarysWhateverTheReaderMoves()
    {
        await using OpenPage open = await browser.Open(Written());
        IPage page = open.Page;
        Held held = await Held.Of(page);
        // A term that is 0 has a name and no part of the bar.
        Assert.Equal((2, 3), (await open.Count("#bar span"), await open.Count("#legend .key")));
        AssertSame(TracedStep.Tiny(MultVae.Type), held);
        AssertSame(held.Expected(), held);

        // By keyboard: a click more, one less, another one dropped.
        await page.FocusAsync("#click5");
        await page.Keyboard.PressAsync("Space");
        await page.ClickAsync("#click1");
        await page.ClickAsync("#drop3");
        await page.FocusAsync("#beta");
        await page.Keyboard.PressAsync("ArrowRight");
        await Slide(page, "epsilon0", -1.7);
        await Slide(page, "keep", 0.7);
        await Slide(page, "weightDecay", 0.3);
        Assert.Equal(3, await open.Count("#bar span"));
        await page.SelectOptionAsync("#which", "encoder.1.weight 5");
        await Slide(page, "weight", 1.35);
        Held moved = await Held.Of(page);
        Assert.Equal([1, 0, 0, 1, 0, 1], moved.Numbers("x"));
        Assert.Equal(-1.7, moved.Numbers("epsilon")[0]);
        Assert.Equal(0.25, moved.State.GetProperty("beta").GetDouble(), 1e-12);
        Assert.Equal(1.35, moved.Weights["encoder.1.weight"][5]);
        AssertSame(moved.Expected(), moved);

        string summary = await page.TextContentAsync("#summary") ?? "";
        Assert.Contains($"Loss {moved.Step.GetProperty("loss").GetDouble():0.0000}", summary);
        MatchCollection slope = Regex.Matches(await page.TextContentAsync("#slope") ?? "", @"-?\d\.\d{6}");
        Assert.Equal(double.Parse(slope[0].Value), double.Parse(slope[1].Value), 2e-6);

        // A user without clicks.
        foreach (int item in new[] { 0, 3, 5 })
            await page.ClickAsync($"#click{item}");
        Held empty = await Held.Of(page);
        AssertSame(empty.Expected(), empty);
        await page.ClickAsync("#again");
        AssertSame(TracedStep.Tiny(MultVae.Type), await Held.Of(page));
    }

    [BrowserFact]
    public async Task ItTrainsAsTheLibraryDoes()
    {
        await using OpenPage open = await browser.Open(Written());
        Held before = await Held.Of(open.Page);
        await Slide(open.Page, "weightDecay", 0.05);
        await Slide(open.Page, "annealSteps", 40);
        await open.Page.ClickAsync("#once");
        Assert.EndsWith("after 1 update of Adam.", await open.Page.TextContentAsync("#summary"));
        await open.Page.ClickAsync("#often");
        Held after = await Held.Of(open.Page);
        Assert.Equal(21, after.State.GetProperty("updates").GetInt32());

        // The library's gradients, which have the L2 term's, and its Adam.
        Dictionary<string, double[]> weights = before.Weights, m = Zeros(), v = Zeros();
        TracedStep tiny = TracedStep.Tiny(MultVae.Type);
        Settings settings = tiny.Settings.With(Autoencoders.WeightDecay, 0.05);
        for (int t = 1; t <= 21; t++)
        {
            var numbers = new Dictionary<string, double[]>(weights);
            foreach (TracedArray noise in tiny.Noise)
                numbers[noise.Name] = [.. noise.Values];
            TracedStep step = TracedStep.Of(settings, tiny.Clicks,
                new() { Beta = Math.Min(tiny.Beta, (t - 1) / 40.0), Checks = 0 }, numbers);
            var adam = new AdamStep(settings.Get(Autoencoders.LearningRate), 0.9, 0.999, 1e-8, t, WeightDecay: 0);
            foreach ((string name, double[] w) in weights)
                Adam.Reference.Step([.. step.Gradients.Single(one => one.Name == $"d {name}").Values], w, m[name],
                    v[name], adam);
        }
        foreach ((string name, double[] w) in weights)
            Assert.All(w.Zip(after.Weights[name]), pair => Assert.Equal(pair.First, pair.Second, Tolerance));

        Dictionary<string, double[]> Zeros() =>
            before.Weights.ToDictionary(one => one.Key, one => new double[one.Value.Length]);
    }

    [BrowserFact]
    public async Task EachMistakeChangesWhatItSays()
    {
        await using OpenPage open = await browser.Open(Written());
        IPage page = open.Page;
        await Slide(page, "weightDecay", 0.1);
        await Slide(page, "annealSteps", 5);
        await page.ClickAsync("#often");
        string right = $"{(await Held.Of(page)).Step}";
        IReadOnlyList<ILocator> boxes = await page.Locator(".mistake input").AllAsync();
        Assert.Equal(12, boxes.Count);
        foreach (ILocator box in boxes)
        {
            string key = (await box.GetAttributeAsync("id"))!.Replace("mistake-", "");
            await box.CheckAsync();
            string effect = await page.TextContentAsync($"#effect-{key}") ?? "";
            Assert.NotEmpty(effect);
            string wrong = $"{(await Held.Of(page)).Step}";
            if (key is "quiet" or "averaged" or "undropped" or "uncapped" or "unnormalised" or "unadded")
                Assert.NotEqual(right, wrong);
            else
                Assert.Equal(right, wrong);
            await box.UncheckAsync();
            Assert.Equal("", await page.TextContentAsync($"#effect-{key}"));
            Assert.Equal(right, $"{(await Held.Of(page)).Step}");
        }

        // What shows elsewhere than in the step.
        await page.CheckAsync("#mistake-partial");
        await page.ClickAsync("#once");
        Assert.Equal(20, (await Held.Of(page)).State.GetProperty("updates").GetInt32());
        int Ranked() => page.Locator("#ranking li").CountAsync().Result;
        Assert.Equal(3, Ranked());
        await page.CheckAsync("#mistake-zeroed");
        Assert.Equal(6, Ranked());
        foreach (int item in new[] { 0, 1, 3 })
            await page.ClickAsync($"#click{item}");
        Assert.DoesNotContain("NaN", await page.TextContentAsync("#summary"));
        await page.CheckAsync("#mistake-nan");
        Assert.Contains("NaN", await page.TextContentAsync("#summary"));
    }

    [BrowserFact]
    public async Task EveryArrayIsLinkedToItsKernel()
    {
        await using OpenPage open = await browser.Open(Written());
        IReadOnlyList<string> links = await open.Page.Locator("td a").EvaluateAllAsync<string[]>(
            "links => links.map(link => link.getAttribute('href'))");
        TracedStep tiny = TracedStep.Tiny(MultVae.Type);
        Assert.Equal(tiny.Forward.Concat(tiny.Gradients).SelectMany(array => StepText.Of(tiny, array.Name).Kernels)
            .Select(kernel => $"#kernel-{kernel}"), links);
        foreach (string link in links.Distinct())
            Assert.Equal(1, await open.Count(link));
        string[] pages = await open.Page.Locator("a[href$='.md']").EvaluateAllAsync<string[]>(
            "links => links.map(link => link.getAttribute('href'))");
        Assert.Equal(links.Distinct().Count(), pages.Length);
        Assert.All(pages, page => Assert.True(File.Exists(Repository.PathOf($"docs/examples/{page}")), page));
    }

    [Fact]
    public void TheCommittedPageIsWhatTheCommandWrites()
    {
        byte[] committed = File.ReadAllBytes(Repository.PathOf("docs/examples/explain.html"));
        Assert.Equal(File.ReadAllBytes(Written()), committed);
        Assert.InRange(committed.Length, 0, 200_000);
    }
}
