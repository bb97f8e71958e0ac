using System.CommandLine;
using VaeCf.Baselines;
using VaeCf.Cli.Pages;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary>
/// <c>vaecf compare</c>: models with settings chosen on the validation users, side by side on the test users.
/// </summary>
internal static class CompareCommand
{
    private const string All = "all", Nine = "nine";

    // Those that are often set side by side on MovieLens 20M.
    private static readonly string[] nine = [MultVae.Type.Name, Ae.Type.Name, DeepCollaborative.Type.Name,
        Nmf.Type.Name, NeuMf.Type.Name, ClickRbm.Type.Name, UserKnn.Type.Name, ContentKnn.Type.Name, Hybrid.Type.Name];

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string?>("DIR")
        {
            Description = "A folder written by prepare. [default: the bundled MovieLens data, split as demo splits it]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var models = new Option<string>("--models")
        {
            Description = "Which models, by name and separated by commas; 'vaecf models' lists them. "
                + $"{Nine} are {string.Join(", ", nine)}.",
            HelpName = $"{All}|{Nine}|NAME,NAME,...",
            DefaultValueFactory = _ => All,
        };
        models.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { } text || text is All or Nine)
                return;
            foreach (string name in Names(text).Where(name => Rankers.All(type => type.Name != name)))
                result.AddError($"--models: found '{name}'"
                    + (Catalog.All.Any(type => type.Name == name) ? ", which predicts ratings and ranks nothing" : "")
                    + $"; expected {All}, {Nine}, or names from {string.Join(", ", Rankers)}, separated by commas");
        });
        var features = new Option<string>("--features")
        {
            Description = $"{ContentKnn.Type.Title}: {ContentKnn.Features.Meaning} [default: the bundled data's own; "
                + "with other data none, and the model is left out]",
            HelpName = "FILE",
        };
        var output = new Option<string>("--out")
        {
            Description = "Folder for the models and the state of the comparison; the same command goes on with one "
                + "that was stopped. [default: a new temporary folder]",
            HelpName = "FOLDER",
        };
        Option<double?> budget = SearchRun.Budget("Minutes of training for all models together");
        var report = new Option<string>("--report")
        {
            Description = "File to write the comparison to as a web page, with charts.",
            HelpName = "FILE.html",
        };
        Option<ulong> seed = Options.Seed(GradientFit.Seed.Default);
        var computing = new DeviceOptions();
        Option<bool> force = Options.Force();
        Option<bool> json = Options.Json();
        var command = new Command("compare", "Choose each model's settings on the validation users, measure all on the "
            + "test users, and print one table: accuracy, variety, time and size.")
        {
            folder, models, features, budget, output, report, seed, force
        };
        computing.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            (string? data, string? page) = (parsed.GetValue(folder), parsed.GetValue(report));
            string? items = parsed.GetValue(features) ?? (data is null ? Bundled.Films : null);
            if (page is not null)
                OutputFile.Check(page, "a report that compare wrote", ComparisonPage.IsPage, parsed.GetValue(force),
                    [.. data is null ? [] : SplitFolder.FilesIn(data), .. items is null ? [] : new[] { items }]);
            if (parsed.GetValue(output) is { } folderOfModels)
                ModelComparison.Check(folderOfModels, page);
            DataSplit split = data is null ? Bundled.Split().Split : SplitFolder.Read(data);
            if (split.Validation is null || split.Test is null)
                throw new InputException($"{data}: found no {(split.Test is null ? "test" : "validation")} users; "
                    + "expected both: settings are chosen by the one, models are measured by the other");
            string target =
                parsed.GetValue(output) ?? Directory.CreateTempSubdirectory("vaecf-compare-").FullName;
            IEnumerable<ModelType> types = parsed.GetValue(models)! switch
            {
                All => Rankers,
                Nine => nine.Select(Catalog.Find),
                var text => Names(text).Select(Catalog.Find),
            };
            using Device device = computing.Open(parsed, context);
            ModelComparison comparison;
            try
            {
                comparison = ModelComparison.Run(context, split,
                    [.. types.Select(type => Start(type, parsed.GetValue(seed), items))], target, device,
                    parsed.GetValue(budget));
            }
            catch (OperationCanceledException)
            {
                SearchRun.WriteStopped(context, target);
                throw;
            }
            if (parsed.GetValue(json))
                context.WriteJson(comparison.WriteJson);
            else
                comparison.Write();
            bool isWhole = page is null
                || IsWritten(context, () => ComparisonPage.Write(page, comparison, data ?? "the bundled data", split));
            if (!parsed.GetValue(json))
                context.WriteLine($"the models are in {target}"
                    + (page is not null && isWhole ? $", the report is {page}" : ""));
            return isWhole && !comparison.HasLostFiles && !context.HasLostOutput ? ExitCodes.Good
                : ExitCodes.Incomplete;
        });
        return command;
    }

    private static Settings Start(ModelType type, ulong seed, string? features)
    {
        Settings settings = type.Defaults;
        if (settings.Has(GradientFit.Seed))
            settings = settings.With(GradientFit.Seed, seed);
        return features is not null && settings.Has(ContentKnn.Features)
            ? settings.With(ContentKnn.Features, features) : settings;
    }

    // Predicted ratings are not compared with rankings.
    private static IEnumerable<ModelType> Rankers => Catalog.All.Where(type => !type.PredictsRatings);

    private static bool IsWritten(CommandContext context, Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (InputException e)
        {
            context.WriteErrorLine($"error: {e.Message}");
            return false;
        }
    }

    private static string[] Names(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct()];
}
