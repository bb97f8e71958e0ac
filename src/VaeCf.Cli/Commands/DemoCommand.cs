using System.CommandLine;
using System.Diagnostics;
using VaeCf.Native.Devices;
using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf demo</c>: from the bundled ratings to films recommended by title, in one go.</summary>
internal static class DemoCommand
{
    private const int ListLength = 10;

    private static readonly Settings training = MultVae.Type.Defaults.With(GradientFit.EpochCount, 100)
        .With(GradientFit.BatchSize, 100).With(Autoencoders.AnnealSteps, 1500);

    public static Command Create(CommandContext context)
    {
        var folder = new Option<string>("--out")
        {
            Description = "Folder for the split data and the model. [default: a new temporary folder]",
            HelpName = "DIR",
        };
        Option<ulong> seed = Options.Seed(training.Get(GradientFit.Seed));
        var computing = new DeviceOptions();
        var command = new Command(
            "demo", "Prepare bundled MovieLens data, train a model, evaluate it and recommend, in less than a minute.")
        {
            folder, seed
        };
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            using Device device = computing.Open(parsed, context);
            return Run(context, parsed.GetValue(folder) ?? Directory.CreateTempSubdirectory("vaecf-demo-").FullName,
                training.With(GradientFit.Seed, parsed.GetValue(seed)), device);
        });
        return command;
    }

    internal static int Run(CommandContext context, string folder, Settings settings, Device device)
    {
        var time = Stopwatch.StartNew();
        string path = Path.Combine(folder, "model.safetensors");
        SplitFolder.CheckWrite(folder);
        if (Directory.Exists(folder))
            OutputFile.Check(path, "a model that this program wrote", Recommender.IsModel, force: false);
        DataSplit split = Prepare(context, folder);
        using Recommender model = Train(context, split, settings, device);
        model.Save(path);
        Evaluate(context, split, model);
        IReadOnlyDictionary<string, string> titles = Titles.Read(Bundled.Films);
        Recommend(context, split, model, titles);
        context.WriteLine($"""

            {time.Elapsed.TotalSeconds:0} s in all. The data and the model are in {folder}. Next:
              vaecf evaluate {path} {folder}
              vaecf recommend {path} --items 1,260,1210 --titles {Bundled.Films}
              vaecf prepare RATINGS --out DIR, and vaecf train DIR --out MODEL.safetensors, with your own ratings
            From a clone, vaecf is dotnet run -c Release --project src/VaeCf.Cli --
            """);
        return context.HasLostOutput ? ExitCodes.Incomplete : ExitCodes.Good;
    }

    private static DataSplit Prepare(CommandContext context, string folder)
    {
        (DataSplit split, SplitReport report) = Bundled.Split();
        SplitFolder.Write(folder, split, report);
        context.WriteLine($"{report}\n{split}");
        return split;
    }

    // A run that is stopped keeps its best model so far; one stopped before the first epoch has none.
    private static Recommender Train(CommandContext context, DataSplit split, Settings settings, Device device)
    {
        using var run = new FitRun(split, settings, device);
        context.WriteLine($"\nTraining Mult-VAE, {settings.Text(Autoencoders.Hidden)} hidden and "
            + $"{settings.Text(Autoencoders.Latent)} latent units, "
            + $"{run.Fit.Epochs} epochs in batches of {settings.Text(GradientFit.BatchSize)}");
        Recommender model = ProgressView.Show(context, "train", show => run.Run(show, context.Stop));
        if (run.Best is not null)
            return model;
        model.Dispose();
        throw new OperationCanceledException(context.Stop);
    }

    private static void Evaluate(CommandContext context, DataSplit split, Recommender model)
    {
        context.WriteLine($"\nMult-VAE's best epoch, {model.Info.Epoch}, beside simpler systems, on test users that "
            + "none of them has seen");
        using Recommender ease = Comparison.Fitted(Ease.Type, split, context.Stop);
        Comparison.Of([("Mult-VAE", model), ("EASE", ease)], split, split.Test!, new EvaluationOptions())
            .Write(context);
    }

    // For a test user with about as many films as a reader takes in at once.
    private static void Recommend(
        CommandContext context, DataSplit split, Recommender model, IReadOnlyDictionary<string, string> titles)
    {
        EvaluationSet test = split.Test!;
        int user = Enumerable.Range(0, test.FoldIn.UserCount)
            .MinBy(row => Math.Abs(test.FoldIn.CountOf(row) - 2 * ListLength));
        string[] watched = [.. test.FoldIn.ItemsOf(user).ToArray().Select(item => split.Items[item])];
        string[] recommended = [.. model.Recommend(watched, ListLength).Items.Select(item => item.Item)];
        HashSet<string> found = [.. test.HeldOut.ItemsOf(user).ToArray().Select(item => split.Items[item])];
        context.WriteLine($"\nTest user {test.Users![user]}; * is one of the {found.Count} films that this user liked "
            + "too and that the model was not shown");
        var table = new ResultTable(["liked", "recommended"], 1);
        for (int row = 0; row < Math.Max(watched.Length, recommended.Length); row++)
        {
            string mark = row < recommended.Length && found.Contains(recommended[row]) ? " *" : "";
            table.Add(row < watched.Length ? titles[watched[row]] : "",
                row < recommended.Length ? $"{row + 1,2}. {titles[recommended[row]]}{mark}" : "");
        }
        context.WriteTable(table);
    }
}
