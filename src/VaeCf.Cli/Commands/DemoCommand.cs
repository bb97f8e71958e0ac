using System.CommandLine;
using System.Diagnostics;
using Spectre.Console;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf demo</c>: from the ratings that come with the command to films recommended by title, in one go.</summary>
internal static class DemoCommand
{
    private const int HeldOutUsers = 60;
    private const int ListLength = 10;

    // MovieLens ml-latest-small lies beside the program, its licence with it.
    private static readonly string bundled = Path.Combine(AppContext.BaseDirectory, "ml-latest-small");

    private static readonly TrainingOptions training = new() { Epochs = 100, BatchSize = 100, AnnealSteps = 1500 };

    public static Command Create(CommandContext context)
    {
        var folder = new Option<string>("--out") { Description = "Folder for the split data and the model. [default: a new temporary folder]", HelpName = "DIR" };
        Option<ulong> seed = Options.Seed(training.Seed);
        var computing = new DeviceOptions();
        var command = new Command("demo", "Prepare, train, evaluate and recommend on bundled MovieLens data, in less than a minute.") { folder, seed };
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            using Device device = computing.Open(parsed, context);
            return Run(context, parsed.GetValue(folder) ?? Directory.CreateTempSubdirectory("vaecf-demo-").FullName,
                new ModelConfig(), training with { Seed = parsed.GetValue(seed) }, device);
        });
        return command;
    }

    internal static int Run(CommandContext context, string folder, ModelConfig config, TrainingOptions options, Device device)
    {
        var time = Stopwatch.StartNew();
        DataSplit split = Prepare(context, folder);
        using Model model = Train(context, split, config, options, device);
        string path = Path.Combine(folder, "model.safetensors");
        model.Save(path);
        Evaluate(context, split, model);
        IReadOnlyDictionary<string, string> titles = Titles.Read(Path.Combine(bundled, "movies.csv"));
        Recommend(context, split, model, titles);
        context.WriteLine($"""

            {time.Elapsed.TotalSeconds:0} s in all. Data and model are in {folder}. Next:
              vaecf evaluate {path} {folder}
              vaecf recommend {path} --items 1,260,1210
              vaecf prepare RATINGS --out DIR, and vaecf train DIR --out MODEL.safetensors, with ratings of your own
            """);
        return ExitCodes.Good;
    }

    private static DataSplit Prepare(CommandContext context, string folder)
    {
        ClickData data = ClickReader.Read(Path.Combine(bundled, "ratings.csv.gz"), new ReadOptions { MinRating = PrepareCommand.LikedRating });
        (DataSplit split, SplitReport report) = Splits.StrongGeneralization(data, new StrongOptions { HeldOutUsers = HeldOutUsers });
        SplitFolder.Write(folder, split, report);
        DataText.Write(context, split, report);
        return split;
    }

    // A run that is stopped keeps its best model so far; one stopped before the first epoch has none.
    private static Model Train(CommandContext context, DataSplit split, ModelConfig config, TrainingOptions options, Device device)
    {
        using var trainer = new Trainer(split, config, options, device);
        context.WriteLine($"\nTraining Mult-VAE, {string.Join(", ", config.Hidden)} hidden and {config.Latent} latent units, {trainer.Options.Epochs} epochs in batches of {trainer.Options.BatchSize}");
        Model model = ProgressView.Show(context, "train", show => trainer.Run(show, context.Stop));
        if (trainer.Best is not null)
            return model;
        model.Dispose();
        throw new OperationCanceledException(context.Stop);
    }

    private static void Evaluate(CommandContext context, DataSplit split, Model model)
    {
        context.WriteLine($"\nThe best epoch, {model.Info.Epoch}, and popularity, on test users that neither has seen");
        Comparison.Of(model, split, split.Test!, new EvaluationOptions()).Write(context,
            [("NDCG@100", report => report.At(100).Ndcg), ("Recall@20", report => report.At(20).Recall), ("Recall@50", report => report.At(50).Recall)]);
    }

    // Of a test user with about as many films as a reader takes in at once.
    private static void Recommend(CommandContext context, DataSplit split, Model model, IReadOnlyDictionary<string, string> titles)
    {
        EvaluationSet test = split.Test!;
        int user = Enumerable.Range(0, test.FoldIn.UserCount).MinBy(row => Math.Abs(test.FoldIn.CountOf(row) - 2 * ListLength));
        string[] watched = [.. test.FoldIn.ItemsOf(user).ToArray().Select(item => split.Items[item])];
        string[] recommended = [.. model.Recommend(watched, ListLength).Items.Select(item => item.Item)];
        HashSet<string> found = [.. test.HeldOut.ItemsOf(user).ToArray().Select(item => split.Items[item])];
        context.WriteLine($"\nTest user {test.Users![user]}; * is one of the {found.Count} films that this user liked too and the model was not told");
        Table table = new Table().Border(context.Output.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Markdown).AddColumns("liked", "recommended");
        for (int row = 0; row < Math.Max(watched.Length, recommended.Length); row++)
            table.AddRow(new Text(row < watched.Length ? titles[watched[row]] : ""),
                new Text(row < recommended.Length ? $"{row + 1,2}. {titles[recommended[row]]}{(found.Contains(recommended[row]) ? " *" : "")}" : ""));
        context.Output.Write(table);
    }
}
