using System.CommandLine;
using System.Globalization;
using VaeCf.Cli.Explain;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf gradcheck</c>: every gradient of an autoencoder held to central differences.</summary>
internal static class GradcheckCommand
{
    // What the tests of the library hold gradients to.
    private const double Tolerance = 1e-8;

    // Sizes that have every number of every gradient checked in a second or two.
    private const int SmallHidden = 5, SmallLatent = 3, SmallComponents = 4;

    private static readonly Setting[] shape =
    [
        Autoencoders.Likelihood, Autoencoders.Hidden, Autoencoders.Latent, Autoencoders.Gated,
        Autoencoders.KeepProbability, Autoencoders.WeightDecay, Autoencoders.GaussianC1, Autoencoders.GaussianC0,
        Autoencoders.Components, Autoencoders.WeightStart,
    ];

    public static Command Create(CommandContext context)
    {
        var models = new ModelOptions(findsBeta: false, IsOfShape,
            $"Which model: {string.Join(", ", ExplainCommand.Traced.Select(type => type.Name))}.");
        Option<int> items = Options.AtLeast("--items", "Number of items.", 1, 7);
        Option<int> users = Options.AtLeast("--users", "Number of users, each with a random half of the items.", 1, 3);
        Option<double> beta = Options.Number("--beta", "Weight of the KL term.", 0.7, "a finite number of at least 0",
            value => value >= 0 && double.IsFinite(value));
        Option<ulong> seed = Options.Seed(1);
        Option<int?> checks = Options.OptionalNumber<int>("--checks",
            "Numbers of each gradient that are compared, evenly spread. [default: all]", "a whole number of at least 1",
            value => value >= 1);
        Option<bool> json = Options.Json();
        var command = new Command("gradcheck", "Compare every gradient of an autoencoder with central differences in "
            + "double precision; returns 1 if one is beyond its tolerance. By default, sizes are not those of a model "
            + $"that is to be trained: a hidden layer has {SmallHidden} units, and there are {SmallLatent} latent ones "
            + $"and {SmallComponents} pseudo-inputs.");
        models.AddTo(command);
        foreach (Option option in (ReadOnlySpan<Option>)[items, users, beta, seed, checks, json])
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            Settings settings = Small(models.Read(parsed, from: null), setting => models.IsGiven(parsed, setting));
            TracedStep step;
            try
            {
                var options = new TraceOptions
                {
                    Beta = parsed.GetValue(beta),
                    Seed = parsed.GetValue(seed),
                    Checks = parsed.GetValue(checks) ?? int.MaxValue,
                };
                step = TracedStep.Of(settings, Clicks(parsed.GetValue(users), parsed.GetValue(items), options.Seed),
                    options);
            }
            catch (NotFiniteNumberException e)
            {
                throw TooLarge(e.Message, e);
            }
            catch (NotSupportedException e)
            {
                throw InputException.About("--model", e);
            }
            TracedArray[] gradients = [.. step.Gradients.Where(gradient => gradient.Checks.Count > 0)];
            if (gradients.FirstOrDefault(gradient => !double.IsFinite(gradient.Norm)) is { } endless)
                throw TooLarge($"the norm of '{endless.Name}' is not finite");
            if (parsed.GetValue(json))
                context.WriteJson(writer => StepJson.Write(writer, step, item => $"{item}"));
            else
                Write(context, settings, gradients);
            return gradients.All(IsWithin) ? ExitCodes.Good : ExitCodes.Fault;

            InputException TooLarge(string what, Exception? cause = null) => new($"--model {settings.Type}: {what}; "
                + "expected settings that are small enough to compute with", cause);
        });
        return command;
    }

    private static bool IsOfShape(Setting setting) => shape.Any(one => one.Name == setting.Name);

    private static bool IsWithin(TracedArray gradient) => gradient.Error <= Tolerance;

    // The model's own settings, but for sizes that nobody gave.
    private static Settings Small(Settings settings, Func<Setting, bool> isGiven)
    {
        if (!settings.Has(Autoencoders.Hidden))
            return settings;
        if (!isGiven(Autoencoders.Hidden))
            settings = settings.With(Autoencoders.Hidden,
                [.. settings.Get(Autoencoders.Hidden).Select(_ => SmallHidden)]);
        if (!isGiven(Autoencoders.Latent))
            settings = settings.With(Autoencoders.Latent, SmallLatent);
        return settings.Has(Autoencoders.Components) && !isGiven(Autoencoders.Components)
            ? settings.With(Autoencoders.Components, SmallComponents) : settings;
    }

    private static ClickMatrix Clicks(int users, int items, ulong seed)
    {
        var random = new Random((int)seed);
        int[][] rows = [.. Enumerable.Range(0, users).Select(_ =>
            Enumerable.Range(0, items).Where(_ => random.Next(2) == 0).ToArray())];
        long[] starts = new long[users + 1];
        for (int user = 0; user < users; user++)
            starts[user + 1] = starts[user] + rows[user].Length;
        return new ClickMatrix(items, starts, [.. rows.SelectMany(row => row)]);
    }

    private static void Write(CommandContext context, Settings settings, IReadOnlyList<TracedArray> gradients)
    {
        context.WriteLine($"{settings.Type.Title}: {string.Join(", ", settings.Type.Settings.Where(IsOfShape)
            .Select(setting => $"{setting.Name.Replace('_', ' ')} {settings.Text(setting)}"))}");
        var table = new ResultTable(["gradient", "shape", "norm", "error", "worst: gradient", "slope", ""], 6);
        foreach (TracedArray gradient in gradients)
        {
            SlopeCheck worst = gradient.Checks.MaxBy(check => Math.Abs(check.Gradient - check.Slope));
            table.Add(gradient.Name, StepSections.Shape(gradient), Number(gradient.Norm, "0.000000"),
                Number(gradient.Error!.Value, "0.0E+0"), Number(worst.Gradient, "0.000000000"),
                Number(worst.Slope, "0.000000000"), IsWithin(gradient) ? "ok" : "beyond");
        }
        context.WriteTable(table);
        context.WriteLine($"{gradients.Count(IsWithin)} of {gradients.Count} gradients agree to "
            + $"{Number(Tolerance, "0e+0")} ({DataText.Number(gradients.Sum(one => one.Checks.Count))} central "
            + "differences)");
    }

    private static string Number(double value, string format) =>
        value.ToString(Math.Abs(value) < 1e9 ? format : "0.000000000E+0", CultureInfo.InvariantCulture);
}
