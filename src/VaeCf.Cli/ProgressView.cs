using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// A training run on the error console while it goes: a live display on a terminal, else a line for an epoch now and
/// then.
/// </summary>
internal sealed class ProgressView
{
    private const int WidestBar = 40;
    private static readonly TimeSpan redraw = TimeSpan.FromSeconds(0.1), betweenLines = TimeSpan.FromSeconds(1);

    private readonly string phase;
    private readonly int barWidth;
    private readonly Stopwatch sinceShown = new();
    private double? validation;

    private ProgressView(string phase, int width) => (this.phase, barWidth) = (phase, Math.Min(WidestBar, width));

    /// <summary>Runs a training and shows it.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="phase">What the run is for.</param>
    /// <param name="run">The training, given what to call after every update.</param>
    public static T Show<T>(CommandContext context, string phase, Func<Action<FitProgress>, T> run)
    {
        var view = new ProgressView(phase, context.Error.Profile.Width);
        return context.Error.Profile.Capabilities.Interactive
            ? context.Error.Live(new Text(phase)).Start(live => run(progress =>
            {
                if (view.IsDue(progress, progress.Finished is not null, redraw))
                    live.UpdateTarget(view.Draw(progress));
            }))
            : run(progress =>
            {
                if (progress.Finished is not null
                    && view.IsDue(progress, progress.Step == progress.Steps, betweenLines))
                    context.WriteErrorLine(
                        string.Join(", ", [view.Place(progress), .. Numbers(progress), .. view.Validated(progress)]));
            });
    }

    // The first is shown at once.
    private bool IsDue(FitProgress progress, bool mustShow, TimeSpan interval)
    {
        validation = progress.Finished?.Validation ?? validation;
        if (!mustShow && sinceShown.IsRunning && sinceShown.Elapsed < interval)
            return false;
        sinceShown.Restart();
        return true;
    }

    private Rows Draw(FitProgress progress)
    {
        int done = (int)(barWidth * progress.Share);
        return new Rows((IEnumerable<IRenderable>)
        [
            new Markup($"[green]{new string('━', done)}[/][grey]{new string('─', barWidth - done)}[/]"),
            new Text(Place(progress)),
            .. Numbers(progress).Select(line => new Text(line)),
            .. Validated(progress).Select(line => new Text(line)),
        ]);
    }

    private string Place(FitProgress progress) => string.Create(CultureInfo.InvariantCulture,
        $"{phase}: epoch {progress.Epoch} of {progress.Epochs}, "
            + $"{(long)progress.Remaining.TotalHours}:{progress.Remaining:mm\\:ss} left, {progress.UsersPerSecond:N0} "
            + $"users/s");

    // None where a fit has no measures.
    private static IEnumerable<string> Numbers(FitProgress progress) => progress.Measures.Count == 0 ? [] :
        [string.Join(", ", progress.Measures.Select(measure =>
            string.Create(CultureInfo.InvariantCulture, $"{measure.Name} {measure.Value:0.000}")))];

    private IEnumerable<string> Validated(FitProgress progress) => progress.Best is not { } best ? [] :
        [string.Create(CultureInfo.InvariantCulture, $"validation {progress.Run.Settings.Type.Validation.Name} "
            + $"{validation:0.0000}, best {best.Validation:0.0000} in epoch {best.Epoch}")];
}
