using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests.Docs;

/// <summary>The code of docs/embed.md, section by section: what the page shows, compiles.</summary>
internal static class PageCode
{
    public static void AFirstProgram()
    {
        // A rating of 4 or more is a click. A tenth of the users choose the best epoch, a tenth are left for the test.
        ClickData clicks = ClickReader.Read("ratings.csv.gz", new ReadOptions { MinRating = 4 });
        (DataSplit split, _) = Splits.StrongGeneralization(clicks);

        // A small model that learns fast, for small data.
        Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [100]).With(Autoencoders.Latent, 50)
            .With(GradientFit.EpochCount, 20).With(GradientFit.BatchSize, 100).With(Autoencoders.LearningRate, 3e-3);
        using (var run = new FitRun(split, settings))
        using (Recommender trained = run.Run())
            trained.Save("model.safetensors");

        using Recommender model = Recommender.Load("model.safetensors");
        foreach ((string item, float score) in model.Recommend(["1", "260", "1210"]).Items)
            Console.WriteLine($"{item} {score:0.00}");

        EvaluationReport report = Evaluator.Evaluate(model, split.Test!);
        Console.WriteLine($"NDCG@100 {report.At(100).Ndcg.Value:0.000}");
    }

    public static void Watched(DataSplit split, Settings settings)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };

        using var run = new FitRun(split, settings);
        using Recommender model = run.Run(now =>
        {
            if (now.Finished is { } epoch)
                Console.WriteLine($"epoch {epoch.Epoch}: loss {epoch["loss"]:0.0}, NDCG {epoch.Validation:0.000}");
        }, stop.Token);
    }

    public static void Errors()
    {
        try
        {
            using Recommender model = Recommender.Load("model.safetensors");
        }
        catch (InputException e)
        {
            Console.Error.WriteLine(e.Message);
        }
    }

    public static void Devices()
    {
        using Device device = Device.Auto(out string? fallback);   // the first GPU that can be used, else the CPU
        if (fallback is not null)
            Console.WriteLine($"no GPU: {fallback}");
        using Recommender model = Recommender.Load("model.safetensors", device);

        Parallel.For(0, 100, _ => model.Recommend(["1", "260"]));  // answers are the same as one after the other
    }

    public static void Histories(Recommender model)
    {
        Recommendations answer = model.Recommend(["1", "260", "no such item"], k: 20);
        Console.WriteLine($"{answer.Items.Count} items; not known: {string.Join(", ", answer.UnknownItems)}");
    }

    public static bool Counts(Recommender model)
    {
        Recommendations answer = model.Recommend([new HistoryItem("1", 5), new HistoryItem("260", 2)]);
        bool reads = model.Info.TrainedOnCounts;
        return reads && answer.Items.Count > 0;
    }

    public static void ManyUsers(Recommender model)
    {
        ClickData users = ClickData.From([("ann", "1"), ("ann", "260"), ("bob", "2571")]);
        foreach (Recommendations answer in model.Recommend(users, k: 5))
            Console.WriteLine($"{answer.User}: {string.Join(" ", answer.Items.Select(item => item.Item))}");
    }

    public static Recommendations WhichItems(Recommender model)
    {
        var options = new RecommendOptions
        {
            Exclude = ["1196", "1198"],                   // never these: sold out, or hidden by the user
            Only = ["1196", "1210", "2571", "2959"],      // nothing but these: in stock, or in this category
            SeenToo = true,                               // items of the history may come back: things people buy again
        };
        Recommendations answer = model.Recommend(["1", "260"], k: 5, options);
        return answer;
    }

    public static float[] Reasons(Recommender model)
    {
        string[] history = ["1", "260"];
        string[] best = [.. model.Recommend(history, k: 3).Items.Select(item => item.Item)];
        foreach (Explanation why in model.Explain(history.Select(id => new HistoryItem(id)), best))
            Console.WriteLine($"{why.Item}: because of {why.Reasons[0].Item} ({why.Reasons[0].Score:+0.00;-0.00})");

        foreach ((string item, float cosine) in model.Similar("260", k: 5))
            Console.WriteLine($"{item} {cosine:0.00}");

        var code = new float[model.CodeLength];
        model.Encode([new HistoryItem("1"), new HistoryItem("260")]).FlattenTo(code);
        return code;
    }

    public static ClickData Pairs()
    {
        ClickData clicks = ClickData.From([("ann", "tea"), ("ann", "milk"), ("bob", "tea")]);
        return clicks;
    }

    public static ClickData OneByOne()
    {
        var builder = new ClickBuilder(new ReadOptions { KeepCounts = true, KeepTimestamps = true });
        builder.Add("ann", "tea", value: 3, time: 1700000000);
        builder.Add("ann", "milk", value: 1, time: 1700000060);
        builder.Add("bob", "tea", value: 2, time: 1700000100);
        ClickData clicks = builder.Build("orders");
        return clicks;
    }

    public static Settings TrainOnEverything(ClickData clicks)
    {
        using Recommender chosen = Recommender.Load("model.safetensors");   // of the validated run
        Settings final = chosen.Settings.With(GradientFit.EpochCount, Math.Max(1, chosen.Info.Epoch));
        using var run = new FitRun(DataSplit.All(clicks), final);
        using Recommender model = run.Run();
        return model.Settings;
    }

    public static void TrainAgainTomorrow(ClickData clicks, Settings settings)
    {
        using Recommender yesterday = Recommender.Load("model.safetensors");
        using var run = new FitRun(DataSplit.All(clicks), settings.With(GradientFit.EpochCount, 10));
        WarmStart start = run.Fit.StartFrom(yesterday);
        Console.WriteLine($"{start.Shared} items go on, {start.New} start anew, {start.Gone} are gone");
        using Recommender today = run.Run();
    }

    public static int StopAndResume(DataSplit split, Settings settings)
    {
        using var stop = new CancellationTokenSource();
        using var run = new FitRun(split, settings);
        run.Run(now =>
        {
            if (now.Epoch > 10)
                stop.Cancel();
        }, stop.Token).Dispose();
        Checkpoint checkpoint = run.Capture();

        using var resumed = new FitRun(split, settings, from: checkpoint);
        using Recommender model = resumed.Run();
        return checkpoint.Position.Epoch;
    }

    public static int ResumeFromAFile(DataSplit split, Settings settings, string file)
    {
        Checkpoint? newest = CheckpointFile.Newest(file, out InputException? damage);
        using var run = new FitRun(split, settings, from: newest);
        using Recommender model = run.Run(now =>
        {
            if (now.Finished is not null)
                CheckpointFile.Save(file, now.Run.Capture());
        });
        return damage is null ? newest?.Position.Epoch ?? 0 : -1;
    }

    public static int ToAStream(Recommender model)
    {
        using var memory = new MemoryStream();
        model.Save(memory);
        memory.Position = 0;
        using Recommender copy = Recommender.Load(memory);
        return copy.ItemCount;
    }

    public static string FromTheCatalog()
    {
        Catalog.Add(VaeCf.Baselines.BaselineModels.All);
        using Recommender model = Recommender.Load("ease.safetensors");
        return model.Settings.Type.Name;
    }

    public static void AWebEndpoint(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSingleton(_ => Recommender.Load("model.safetensors"));
        WebApplication app = builder.Build();
        app.Services.GetRequiredService<Recommender>();   // load it now, not at the first request
        app.MapGet("/recommend", (Recommender model, string[] id, int k = 10) => k is > 0 and <= 100
            ? Results.Ok(model.Recommend(id, k))
            : Results.BadRequest("expected k from 1 to 100"));
        app.Run();
    }
}
