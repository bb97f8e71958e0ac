using System.CommandLine;
using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;

namespace VaeCf.Bench;

/// <summary>Ranking and measuring held-out users, against the floor of the output layer's product.</summary>
internal static class Evaluate
{
    private static readonly Option<int> users = Verb.Count("--users", 10_000, "Held-out users."),
        items = Verb.Count("--items", 20_108, "Items."), k = Verb.Count("--k", 100, "Length of a list.");
    private static readonly Option<int> runs = Verb.Count("--runs", 5, "Evaluations to time, after an untimed one."),
        threads = Verb.Threads();
    private static readonly (Option<string> Device, Option<ProductPrecision> Products) on = BenchDevice.Options();
    private static readonly Argument<string> file = new("MODEL");

    public static Command Command() =>
        Verb.Create("evaluate", "Time and memory of evaluating held-out users with the library's evaluator.",
            [users, items, k, runs, threads, on.Device, on.Products], Run);

    public static Command Case() =>
        Verb.Hidden("evaluate-case", [file, users, k, runs, threads, on.Device, on.Products], RunCase);

    private static Report Run(ParseResult parsed)
    {
        int userCount = parsed.GetValue(users), itemCount = parsed.GetValue(items),
            threadCount = parsed.GetValue(threads);
        using var folder = new TemporaryFolder();
        FreshModel.Save(folder["model"], itemCount);
        string deviceName = parsed.GetValue(on.Device)!;
        using BenchDevice device = BenchDevice.Open(deviceName, parsed.GetValue(on.Products), threadCount);
        JsonElement answer = Child.Bench("evaluate-case", folder["model"], "--users", $"{userCount}", "--k",
            $"{parsed.GetValue(k)}", "--runs", $"{parsed.GetValue(runs)}", "--threads", $"{threadCount}", "--device",
            deviceName, "--products", $"{parsed.GetValue(on.Products)}");
        double Number(string key) => answer.GetProperty(key).GetDouble();

        double median = Number("medianMs") / 1e3, floor = Number("floorMs") / 1e3;
        var report = new Report("Evaluation", $"{threadCount}");
        report.Fact("device", "Device", device.Device.Description);
        report.Fact("shape", "Shape",
            $"{userCount} users, the top {parsed.GetValue(k)} of {itemCount} items, H {FreshModel.Hidden}");
        report.Fact("seconds", "Median", median, "s");
        report.Fact("bestSeconds", "Best", Number("bestMs") / 1e3, "s");
        report.Fact("usersPerSecond", "Users a second", userCount / median);
        report.Fact("ceilingGflops", "Multiply-add ceiling", Gflop(userCount, itemCount) / floor, "GFLOP/s");
        report.Fact("floorSeconds", "Floor: the multiply-adds of the scores' product, 2 B I H, median", floor, "s");
        report.Fact("floorRatio", "Evaluation / floor", median / floor);
        report.Fact("loadedMb", "Resident with model and clicks loaded", Number("loadedMb"), "MB");
        report.Fact("peakMb", "Peak resident", Number("peakMb"), "MB");
        return report;
    }

    private static double Gflop(int users, int items) => 2.0 * users * items * FreshModel.Hidden / 1e9;

    private static void RunCase(ParseResult parsed, Answer answer)
    {
        using BenchDevice device = BenchDevice.Open(
            parsed.GetValue(on.Device)!, parsed.GetValue(on.Products), parsed.GetValue(threads));
        using Recommender model = Recommender.Load(parsed.GetValue(file)!, device.Device);
        EvaluationSet set = HoldOut(Synthetic.PowerLaw(model.ItemCount).Clicks(parsed.GetValue(users)));
        var options = new EvaluationOptions { Cutoffs = [parsed.GetValue(k)] };
        answer["loadedMb"] = Environment.WorkingSet / 1e6;
        void Once() => Evaluator.Evaluate(model, set, options);
        Once();
        Func<double> floor = device.FloorMs(Gflop(set.FoldIn.UserCount, model.ItemCount));
        (double Ms, double FloorMs)[] pairs = [
            .. Enumerable.Range(0, parsed.GetValue(runs)).Select(_ => (Measure.Once(Once), floor()))];
        var times = new Times(pairs.Select(pair => pair.Ms));
        (answer["medianMs"], answer["bestMs"], answer["floorMs"]) = (
            times.Median, times.Best, new Times(pairs.Select(pair => pair.FloorMs)).Median);
        answer["peakMb"] = Machine.PeakMb;
    }

    // Every fifth click of a user is held out.
    private static EvaluationSet HoldOut(ClickMatrix clicks)
    {
        ClickMatrix Part(bool held)
        {
            var starts = new long[clicks.UserCount + 1];
            var part = new List<int>();
            for (int user = 0; user < clicks.UserCount; user++)
            {
                for (int n = 0; n < clicks.CountOf(user); n++)
                    if (n % 5 == 4 == held)
                        part.Add(clicks.ItemsOf(user)[n]);
                starts[user + 1] = part.Count;
            }
            return new ClickMatrix(clicks.ItemCount, starts, [.. part]);
        }
        return new EvaluationSet(Part(held: false), Part(held: true));
    }
}
