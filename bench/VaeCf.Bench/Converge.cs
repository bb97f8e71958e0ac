using System.CommandLine;
using System.Diagnostics;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>Training of Mult-VAE to a loss: seconds after each epoch, as a user would wait for them.</summary>
internal static class Converge
{
    private static readonly Option<int> users = Verb.Count("--users", 116_677, "Users."),
        items = Verb.Count("--items", 20_108, "Items."), batch = Verb.Count("--batch", 500, "Users per step."),
        epochs = Verb.Count("--epochs", 20, "Epochs at most."), threads = Verb.Threads();
    private static readonly Option<double> loss = new("--loss")
    {
        Description = "Mean loss of an epoch that is enough.",
        HelpName = "LOSS",
    };
    private static readonly Option<DirectoryInfo> profile = Verb.Profile();
    private static readonly (Option<string> Device, Option<ProductPrecision> Products) on = BenchDevice.Options();

    public static Command Command() => Verb.Create("converge",
        "Seconds to train Mult-VAE (hidden 600, latent 200) on synthetic clicks until an epoch's loss is low enough.",
        [users, items, batch, epochs, loss, profile, threads, on.Device, on.Products], Run);

    private static Report Run(ParseResult parsed)
    {
        Synthetic data = Synthetic.Of(parsed.GetValue(profile), parsed.GetValue(items));
        ClickMatrix clicks = data.Clicks(parsed.GetValue(users));
        Settings settings = FreshModel.Settings.With(GradientFit.EpochCount, parsed.GetValue(epochs))
            .With(GradientFit.BatchSize, parsed.GetValue(batch));
        using BenchDevice device =
            BenchDevice.Open(parsed.GetValue(on.Device)!, parsed.GetValue(on.Products), parsed.GetValue(threads));
        var report = new Report("Training to a loss", $"{parsed.GetValue(threads)}");
        report.Fact("device", "Device", device.Device.Description);
        report.Fact("products", "Products", parsed.GetValue(on.Products));
        report.Fact("clicks", "Clicks", $"{clicks.ClickCount} of {clicks.UserCount} users: {data.Description}");
        Table table = report.Add(new Table("epochs", "Epochs", new("epoch", "epoch"), new("loss", "mean loss"),
            new("seconds", "seconds so far")));
        double? reached = null;
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        using var run = new FitRun(new DataSplit(FreshModel.Items(data.ItemCount), clicks, null, null), settings,
            device.Device);
        using Recommender model = run.Run(now =>
        {
            if (now.Finished is not { } epoch)
                return;
            double mean = epoch["loss"];
            table.Add(epoch.Epoch, mean, clock.Elapsed.TotalSeconds);
            if (mean > parsed.GetValue(loss))
                return;
            reached = clock.Elapsed.TotalSeconds;
            stop.Cancel();
        }, stop.Token);
        report.Fact("loss", "Loss to reach", parsed.GetValue(loss));
        report.Fact("seconds", "Reached after", reached, "s");
        return report;
    }
}
