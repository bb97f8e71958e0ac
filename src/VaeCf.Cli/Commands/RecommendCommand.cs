using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf recommend</c>: the best items for users, whether or not the model was trained on them.</summary>
internal static class RecommendCommand
{
    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL") { Description = "A model file written by train." };
        var users = new HistoryOptions();
        Option<int> k = Options.AtLeast(
            "-k", "Number of items to recommend to each user; fewer if fewer are left.", 1, 10);
        k.Aliases.Add("--k");
        Option<string> exclude = Options.Ids(
            "--exclude", "Ids of items not to recommend, or @FILE with one id on each line.");
        Option<string> only = Options.Ids(
            "--only", "Ids of the only items to recommend, or @FILE with one id on each line.");
        var seen = new Option<bool>("--seen") { Description = "Also recommend items that the user already has." };
        var explain = new Option<bool>("--explain")
        {
            Description = "Show which of the user's items contributed most to each recommendation.",
        };
        var known = new Option<string>("--user")
        {
            Description = "Id of a user that the model was trained on and knows by it, as GMF, MLP and NeuMF do; with "
                + "--items, those are left out.",
            HelpName = "ID",
        };
        var titleFile = new TitleOptions();
        var computing = new DeviceOptions();
        var json = new Option<bool>("--json")
        {
            Description = "Print JSON on standard output: one object, or, with --histories, a line for each user.",
        };
        var command = new Command(
            "recommend",
            "Recommend items to users given by the items they have; ids unknown to the model are reported.")
        {
            modelFile
        };
        users.AddTo(command, instead: known);
        foreach (Option option in (ReadOnlySpan<Option>)[known, k, exclude, only, seen, explain, json])
            command.Options.Add(option);
        titleFile.AddTo(command);
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            using Device device = computing.Open(parsed, context);
            using Recommender model = Recommender.Load(parsed.GetRequiredValue(modelFile), device);
            var answers = new Answers(context, titleFile.Read(context, parsed, model.Items), parsed.GetValue(json));
            int count = Math.Min(parsed.GetValue(k), model.ItemCount);
            IReadOnlyList<string>? Filter(Option<string> option)
            {
                IReadOnlyList<string>? given = Options.ReadIds(parsed, option);
                IdSpelling.ReportUnknown(context, option.Name, given ?? [], model.Items);
                if (given is [var id] && model.Items.IndexOf(id) < 0 && File.Exists(id))
                    context.WriteErrorLine($"{option.Name} @{id} reads the ids in that file");
                return given;
            }
            var options = new RecommendOptions
            {
                User = parsed.GetValue(known),
                Exclude = Filter(exclude),
                Only = Filter(only),
                SeenToo = parsed.GetValue(seen),
            };
            if (users.Items(parsed) is not null && model.Settings.Type.PredictsRatings)
                throw new InputException($"--items: found with {model.Settings.Type.Title}, which reads how the user "
                    + "rated them; expected --histories with ratings");
            if (options.User is not null && users.Reads(parsed))
                throw new InputException("--user: found with --histories, whose users have ids; expected one of them");
            // Which ids are unknown, each answer says.
            if ((users.Items(parsed) ?? (options.User is null ? null : Array.Empty<string>())) is { } ids)
            {
                IdSpelling.ReportSpelling(context, "--items", ids, model.Items);
                try
                {
                    Write(model.Recommend(ids, count, options), [.. ids.Distinct().Select(id => new HistoryItem(id))]);
                }
                catch (ArgumentException e) when (options.User is not null)
                {
                    throw InputException.About("--user", e);
                }
            }
            else
            {
                ClickData data = users.Read(context, parsed, model);
                IdSpelling.ReportSpelling(context, "--histories", [.. IdSpelling.Ids(data.Items)], model.Items);
                int row = 0;
                foreach (Recommendations answer in model.Recommend(data, count, options))
                {
                    context.Stop.ThrowIfCancellationRequested();
                    if (context.OutputFailure is not null)
                        break;
                    Write(answer, parsed.GetValue(explain) ? HistoryOptions.Of(data, row) : []);
                    row++;
                }
            }
            return ExitCodes.Good;

            void Write(Recommendations answer, IReadOnlyList<HistoryItem> history) => answers.Write(answer,
                parsed.GetValue(explain) ? model.Explain(history, [.. answer.Items.Select(item => item.Item)]) : null);
        });
        return command;
    }
}
