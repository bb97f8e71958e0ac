using System.CommandLine;
using System.Globalization;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf evaluate</c>: a saved model's measures on held-out users, beside popularity's.</summary>
internal static class EvaluateCommand
{
    private enum HeldOutUsers
    {
        Test,
        Validation,
    }

    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL") { Description = "A model file written by train." };
        var folder = new Argument<string>("DIR")
        {
            Description = "The folder that the model was trained on, or one with the same items.",
        };
        Option<HeldOutUsers> part = Options.Choice<HeldOutUsers>("--split", "Which held-out users to measure on.");
        Option<CountList> cutoffs = Options.Counts(
            "--k", "Lengths of the lists to measure.", [.. new EvaluationOptions().Cutoffs]);
        cutoffs.Aliases.Add("-k");
        var next = new Option<bool>("--next-item")
        {
            Description = "Also measure at which rank the very next item is, the first that is held out of each user; "
                + "for clicks that were split by time.",
        };
        Option<int?> negatives = Options.OptionalNumber<int>("--negatives",
            "Also rank each target among this many items drawn from those that its user did not click (99 in He et al. "
            + "2017): HitRate@10 and NDCG@10 among them. [default: the items that DIR gives, if it does]",
            $"a whole number from 1 to {int.MaxValue}", value => value >= 1);
        var computing = new DeviceOptions();
        Option<bool> json = Options.Json();
        var command = new Command("evaluate", "Measure a model on held-out users, beside popularity; or, where it "
            + "predicts ratings, its errors on those that are held out, beside those of the mean and of biases.")
        {
            modelFile, folder, part, cutoffs, negatives, next, json
        };
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            (string modelPath, string path) = (parsed.GetRequiredValue(modelFile), parsed.GetRequiredValue(folder));
            HeldOutUsers users = parsed.GetValue(part);
            using Device device = computing.Open(parsed, context);
            using Recommender model = Recommender.Load(modelPath, device);
            DataSplit split = SplitFolder.Read(path);
            CheckItems(modelPath, model.Items, path, split.Items);
            string name = users.ToString().ToLowerInvariant();
            EvaluationSet set = (users == HeldOutUsers.Test ? split.Test : split.Validation)
                ?? throw new InputException($"{path}: there are no {name} users");
            if (model.Settings.Type.PredictsRatings)
            {
                Options.Refuse(parsed, $"{model.Settings.Type.Title}, whose errors have no list", cutoffs, negatives,
                    next);
                if (!set.FoldIn.HasValues || !set.HeldOut.HasValues)
                    throw new InputException($"{path}: found {name} clicks without ratings; expected a folder "
                        + $"written by prepare --ratings, for {model.Settings.Type.Title} predicts them");
                WriteRatings(context, name, RatingComparison.Of(model, split.Items, set, context.Stop),
                    parsed.GetValue(json));
                return ExitCodes.Good;
            }
            context.WarnOfNoOrder(model.Settings.Type, path, set.FoldIn);
            SampledOptions? sampled = set.Negatives is null && parsed.GetValue(negatives) is null ? null
                : new() { Negatives = parsed.GetValue(negatives), CancellationToken = context.Stop };
            // What is measured among sampled items is measured among all of them too.
            IEnumerable<int> lengths =
                [.. parsed.GetValue(cutoffs)!.Values, .. sampled is null ? Array.Empty<int>() : [sampled.Cutoff]];
            Comparison comparison = Comparison.Of([("model", model)], split, set,
                new EvaluationOptions
                {
                    Cutoffs = [.. lengths.Distinct()],
                    NextItem = parsed.GetValue(next),
                    CancellationToken = context.Stop,
                }, sampled);
            if (parsed.GetValue(json))
                WriteJson(context, name, comparison);
            else
            {
                comparison.Write(
                    context, comparison.Columns[0].Report.Cutoffs.SelectMany(metrics =>
                        Measures(metrics.K, metrics.Next is not null)));
                WriteQuintiles(context, comparison);
                comparison.WriteSampled(context);
            }
            return ExitCodes.Good;
        });
        return command;
    }

    private static void WriteRatings(CommandContext context, string name, RatingComparison ratings, bool json)
    {
        if (json)
            WriteJson(context, name, ratings);
        else
            ratings.Write(context);
    }

    private static void WriteJson(CommandContext context, string name, IComparison comparison) =>
        context.WriteJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("split", name);
            comparison.WriteJson(writer);
            writer.WriteEndObject();
        });

    private static void CheckItems(string modelPath, Vocabulary known, string path, Vocabulary found)
    {
        if (known.Count != found.Count)
            throw new InputException(
                $"{path}: found {found.Count} items; expected {known.Count}, those of {modelPath}");
        for (int item = 0; item < known.Count; item++)
            if (known[item] != found[item])
                throw new InputException(
                    $"{path}: found '{found[item]}' as item {item}; expected '{known[item]}', as in {modelPath}");
    }

    private static IEnumerable<(string, Func<EvaluationReport, Estimate?>)> Measures(int k, bool nextItem)
    {
        (string, Func<EvaluationReport, Estimate?>) OverUsers(string name, Func<CutoffMetrics, Estimate> of) =>
            ($"{name}@{k}", report => of(report.At(k)));
        (string, Func<EvaluationReport, Estimate?>) OverLists(string name, Func<CutoffMetrics, double?> of) =>
            ($"{name}@{k}", report => of(report.At(k)) is double value ? new Estimate(value, null) : null);
        return
        [
            OverUsers("NDCG", metrics => metrics.Ndcg),
            OverUsers("Recall", metrics => metrics.Recall),
            OverUsers("Recall of targets", metrics => metrics.RecallOfTargets),
            OverUsers("Precision", metrics => metrics.Precision),
            OverUsers("HitRate", metrics => metrics.HitRate),
            OverUsers("MAP", metrics => metrics.Map),
            OverUsers("MRR", metrics => metrics.Mrr),
            .. nextItem ? (IEnumerable<(string, Func<EvaluationReport, Estimate?>)>)
            [
                OverUsers("Next item: HitRate", metrics => metrics.Next!.Value.HitRate),
                OverUsers("Next item: NDCG", metrics => metrics.Next!.Value.Ndcg),
                OverUsers("Next item: MRR", metrics => metrics.Next!.Value.Mrr),
            ] : [],
            OverLists("Coverage", metrics => metrics.Coverage),
            OverLists("Gini", metrics => metrics.Gini),
            OverLists("Personalisation", metrics => metrics.Personalization),
            OverLists("Novelty (bits)", metrics => metrics.Novelty),
        ];
    }

    // The measures that choose models, at the largest cutoff.
    private static void WriteQuintiles(CommandContext context, Comparison comparison)
    {
        int k = comparison.Columns[0].Report.Cutoffs[^1].K;
        var table = new ResultTable(
            ["fold-in clicks", "users", $"NDCG@{k} model", "popularity", $"Recall@{k} model", "popularity"]);
        EvaluationReport first = comparison.Columns[0].Report, second = comparison.Columns[1].Report;
        foreach ((ActivityQuintile model, ActivityQuintile popularity) in first.Quintiles.Zip(second.Quintiles))
        {
            (QuintileMetrics ours, QuintileMetrics theirs) = (model.Cutoffs[^1], popularity.Cutoffs[^1]);
            table.Add(string.Create(CultureInfo.InvariantCulture, $"{model.FewestClicks} to {model.MostClicks}"),
                DataText.Number(model.Users), Comparison.Text(ours.Ndcg), Comparison.Text(theirs.Ndcg),
                Comparison.Text(ours.Recall), Comparison.Text(theirs.Recall));
        }
        context.WriteTable(table);
    }
}
