using System.CommandLine;
using System.CommandLine.Parsing;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf recommend</c>: the best items for users who need not have been trained on.</summary>
internal static class RecommendCommand
{
    // Users ranked at once; memory grows with it.
    private const int BlockSize = 512;

    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL") { Description = "A model as train writes." };
        var items = new Option<string>("--items") { Description = "Ids of one user's items, separated by commas.", HelpName = "ID,ID,..." };
        items.Validators.Add(CheckItems);
        var histories = new Option<string>("--histories") { Description = "A file of clicks, in any layout that prepare reads; every row counts: an answer for each user in it.", HelpName = "FILE" };
        Option<int> k = Options.AtLeast("-k", "Items to recommend to each user; fewer where the model has no more that are new to the user.", 1, 10);
        var titleFile = new Option<string>("--titles") { Description = "A table with an item and a title column, such as MovieLens's movies.csv.", HelpName = "FILE" };
        var computing = new DeviceOptions();
        var json = new Option<bool>("--json") { Description = "Print JSON on standard output: one object, or, with --histories, one a line for each user." };
        var command = new Command("recommend", "Recommend items to users given by theirs; ids that the model does not know are reported.") { modelFile, items, histories, k, titleFile, json };
        computing.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(items) is null == result.GetResult(histories) is null)
                result.AddError($"{(result.GetResult(items) is null ? "neither" : "both")} of --items and --histories found; expected one of them");
        });
        command.SetAction(parsed =>
        {
            using Device device = computing.Open(parsed, context);
            using Model model = Model.Load(parsed.GetRequiredValue(modelFile), device);
            IReadOnlyDictionary<string, string>? titles = parsed.GetValue(titleFile) is { } path ? Titles.Read(path) : null;
            var answers = new Answers(context, titles, parsed.GetValue(json));
            int count = Math.Min(parsed.GetValue(k), model.ItemCount);
            if (parsed.GetValue(items) is { } ids)
            {
                Recommendations found = model.Recommend(ids.Split(','), count);
                answers.Write(new Answer(null, [.. found.Items.Select(item => (item.Item, (float?)item.Score))], found.UnknownItems));
            }
            else
                foreach (Answer answer in Rank(model, ClickReader.Read(parsed.GetRequiredValue(histories)), count))
                {
                    context.Stop.ThrowIfCancellationRequested();
                    answers.Write(answer);
                }
            return ExitCodes.Good;
        });
        return command;
    }

    private static IEnumerable<Answer> Rank(Model model, ClickData data, int k)
    {
        // Column of each item of the file in the model, or -1.
        int[] column = [.. Enumerable.Range(0, data.Items.Count).Select(item => model.Items.IndexOf(data.Items[item]))];
        for (int first = 0; first < data.Users.Count; first += BlockSize)
        {
            int[] users = [.. Enumerable.Range(first, Math.Min(BlockSize, data.Users.Count - first))];
            int[][] known = [.. users.Select(user => data.Matrix.ItemsOf(user).ToArray().Select(item => column[item]).Where(item => item >= 0).Order().ToArray())];
            long[] starts = new long[users.Length + 1];
            for (int i = 0; i < users.Length; i++)
                starts[i + 1] = starts[i] + known[i].Length;
            var ranked = new int[users.Length * k];
            model.Rank(new ClickMatrix(model.ItemCount, starts, [.. known.SelectMany(row => row)]), [.. Enumerable.Range(0, users.Length)], k, ranked);
            for (int i = 0; i < users.Length; i++)
                yield return new Answer(data.Users[users[i]],
                    [.. ranked.Skip(i * k).Take(k).Where(item => item >= 0).Select(item => (model.Items[item], (float?)null))],
                    [.. data.Matrix.ItemsOf(users[i]).ToArray().Where(item => column[item] < 0).Select(item => data.Items[item])]);
        }
    }

    private static void CheckItems(OptionResult result)
    {
        string text = result.Tokens is [var token, ..] ? token.Value : "";
        if (text.Split(',').Any(id => id.Length == 0))
            result.AddError($"--items: found '{text}'; expected ids, separated by commas");
    }
}
