using System.CommandLine;
using VaeCf.Baselines;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Bench;

/// <summary>A sweep of WMF, the users' step and the items', beside its floors.</summary>
internal static class Sweep
{
    public static Command Command()
    {
        Option<int> users = Verb.Count("--users", 136_677, "Users."), items = Verb.Count("--items", 20_108, "Items."),
            factors = Verb.Count("--factors", 128, "Factors, K."),
            sweeps = Verb.Count("--sweeps", 3, "Sweeps to time, after one that is not."), threads = Verb.Threads();
        Option<DirectoryInfo> profile = Verb.Profile();
        Option<FileInfo?> write = new("--write")
        {
            Description = "Also write the clicks, a line of user,item each below a heading, for the programs in peers.",
            HelpName = "FILE",
        };
        return Verb.Create("sweep", "Time of a sweep of WMF (implicit ALS), against its floors.",
            [users, items, factors, sweeps, threads, profile, write], parsed =>
            {
                Synthetic data = Synthetic.Of(parsed.GetValue(profile), parsed.GetValue(items));
                ClickMatrix clicks = data.Clicks(parsed.GetValue(users));
                if (parsed.GetValue(write) is { } file)
                    Write(clicks, file);
                return Run(data, clicks, parsed.GetValue(factors), parsed.GetValue(sweeps), parsed.GetValue(threads));
            });
    }

    private static void Write(ClickMatrix clicks, FileInfo file)
    {
        using StreamWriter text = file.CreateText();
        text.WriteLine("user,item");
        for (int user = 0; user < clicks.UserCount; user++)
            foreach (int item in clicks.ItemsOf(user))
                text.WriteLine($"{user},{item}");
    }

    private static Report Run(Synthetic data, ClickMatrix clicks, int factors, int sweeps, int threads)
    {
        int[] ofUsers = [.. Enumerable.Range(0, clicks.UserCount).Select(clicks.CountOf)],
            ofItems = new int[clicks.ItemCount];
        foreach (int item in clicks.Items)
            ofItems[item]++;
        using Device device = Device.Cpu(threads);
        using var workers = new Workers(threads);
        Settings settings = Wmf.Type.Defaults.With(Wmf.Factors, factors).With(Wmf.Sweeps, sweeps + 1);
        using var run = new FitRun(new DataSplit(FreshModel.Items(clicks.ItemCount), clicks, null, null), settings,
            device);
        (double Direct, double Smaller)[] gflop = [Gflop(ofUsers, factors), Gflop(ofItems, factors)];
        var samples = new List<double>[6];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = [];
        run.Fit.Step();
        run.Fit.Step();
        for (int step = 0; step < 2 * sweeps; step++)
        {
            int side = step % 2 * 3;
            samples[side].Add(Measure.Once(() => run.Fit.Step()));
            samples[side + 1].Add(Measure.Once(Ceiling.MultiplyAdds(workers, gflop[step % 2].Direct)));
            samples[side + 2].Add(Measure.Once(Ceiling.MultiplyAdds(workers, gflop[step % 2].Smaller)));
        }
        Times[] times = [.. samples.Select(sample => new Times(sample))];

        var report = new Report("A sweep of WMF", $"{threads}");
        report.Fact("shape", "Shape",
            $"{clicks.UserCount} users, {clicks.ItemCount} items, {clicks.ClickCount} clicks, K {factors}; "
            + $"{sweeps} sweeps");
        report.Fact("clicks", "Clicks", data.Description);
        report.Fact("medianMs", "Sweep, sum of medians", times[0].Median + times[3].Median, "ms");
        report.Fact("directRatio", "Floor of systems of K unknowns / sweep",
            (times[1].Median + times[4].Median) / (times[0].Median + times[3].Median));
        report.Fact("floorRatio", "Sweep / floor of systems of min(n, K) unknowns",
            (times[0].Median + times[3].Median) / (times[2].Median + times[5].Median));
        Table table = report.Add(new Table("steps", "By step", new("step", "step"), new("medianMs", "median ms"),
            new("bestMs", "best ms"), new("directMs", "floor of K ms"), new("floorMs", "floor of min(n, K) ms"),
            new("floorRatio", "step / that floor")));
        for (int side = 0; side < 2; side++)
            table.Add(side == 0 ? "users" : "items", times[3 * side].Median, times[3 * side].Best,
                times[3 * side + 1].Median, times[3 * side + 2].Median,
                times[3 * side].Median / times[3 * side + 2].Median);
        report.Note("A floor is nothing but as many multiply-adds, in registers, after each step: n K (K + 1) / 2 and "
            + "K^3 / 6 for a row of n clicks, as everybody's normal equations take; and m (m + 1) M / 2 and m^3 / 6 "
            + "for m the smaller and M the larger of n and K, as the operation takes.");
        return report;
    }

    // Of systems of K unknowns, and of min(n, K).
    private static (double Direct, double Smaller) Gflop(int[] lengths, double k)
    {
        double direct = 0, smaller = 0;
        foreach (int n in lengths.Where(n => n > 0))
        {
            double few = Math.Min(n, k), many = Math.Max(n, k);
            direct += n * k * (k + 1) / 2 + k * k * k / 6;
            smaller += few * (few + 1) * many / 2 + few * few * few / 6;
        }
        return (2e-9 * direct, 2e-9 * smaller);
    }
}
