using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace VaeCf.Pages.Tests;

/// <summary>Headless Chromium, started for the first page that a class of tests opens.</summary>
public sealed class Browser : IAsyncLifetime
{
    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> started = new(async () =>
    {
        IPlaywright driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new() { ExecutablePath = BrowserFactAttribute.Chromium }));
    });

    /// <summary>Opens a file.</summary>
    /// <param name="file">The page.</param>
    /// <param name="isDark">Whether the reader's system is dark.</param>
    /// <param name="width">The width of the window in pixels.</param>
    public async Task<OpenPage> Open(string file, bool isDark = false, int width = 1280)
    {
        IBrowserContext context = await (await started.Value).Browser.NewContextAsync(new()
        {
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = new OpenPage(context, await context.NewPageAsync());
        await page.GoTo(new Uri(Path.GetFullPath(file)).AbsoluteUri);
        return page;
    }

    /// <summary>Opens a file light on a desk and dark on a phone, and asserts that it is in order each time.</summary>
    public async Task AssertGood(string file)
    {
        foreach ((bool isDark, int width) in new[] { (false, 1280), (true, 390) })
        {
            await using OpenPage page = await Open(file, isDark, width);
            await page.AssertGood();
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (!started.IsValueCreated)
            return;
        await (await started.Value).Browser.DisposeAsync();
        (await started.Value).Driver.Dispose();
    }
}

/// <summary>A page in the browser, with all that it complained of and asked for.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly List<string> errors = [], requests = [];

    internal OpenPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                errors.Add(message.Text);
        };
        page.Request += (_, request) => requests.Add(request.Url);
    }

    /// <summary>The page, to look at and to act on.</summary>
    public IPage Page { get; }

    internal Task GoTo(string address) => Page.GotoAsync(address);

    /// <summary>How many elements a CSS selector finds.</summary>
    public Task<int> Count(string selector) => Page.Locator(selector).CountAsync();

    /// <summary>
    /// Asserts that the page has complained of nothing, has asked for nothing but itself, is no wider than the window,
    /// and that axe finds nothing that keeps a reader out, with everything unfolded.
    /// </summary>
    public async Task AssertGood()
    {
        await Page.EvaluateAsync("() => document.querySelectorAll('details').forEach(one => one.open = true)");
        AxeResult axe = await Page.RunAxe();
        Assert.NotEmpty(axe.Passes);
        Assert.Empty(axe.Violations.SelectMany(rule =>
            rule.Nodes.Select(node => $"{rule.Id}: {rule.Help}: {node.Html}")));
        Assert.True(await Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"),
            "the page is wider than the window");
        Assert.Empty(errors);
        Assert.Equal([Page.Url], requests.Distinct());
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
