using System.CommandLine;
using System.Text.Json;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>
/// Reading a file of ratings as large as MovieLens-20M's, splitting it, writing the split, and loading it again.
/// </summary>
internal static class Load
{
    private static readonly Option<int> rows = Verb.Count("--rows", 20_000_000, "Rows of the file."),
        runs = Verb.Count("--runs", 3, "Processes to time, of each kind.");
    private static readonly Argument<string> from = new("FROM"), to = new("TO");

    public static Command Command() => Verb.Create(
        "load", "Time and memory of what prepare does with a large file of ratings, and of loading the split.",
        [rows, runs], Run);

    public static Command PrepareCase() => Verb.Hidden("load-prepare", [from, to], RunPrepare);

    public static Command FolderCase() => Verb.Hidden("load-folder", [from], (parsed, answer) =>
    {
        answer["totalMs"] = Measure.Once(() => SplitFolder.Read(parsed.GetValue(from)!));
        answer["peakMb"] = Machine.PeakMb;
    });

    private static Report Run(ParseResult parsed)
    {
        using var folder = new TemporaryFolder();
        long bytes = 0;
        double generated = Measure.Once(() => bytes = RatingsFile.Write(folder["ratings.csv"], parsed.GetValue(rows)));
        JsonElement[] prepared = [.. Enumerable.Range(0, parsed.GetValue(runs))
            .Select(_ => Child.Bench("load-prepare", folder["ratings.csv"], folder["split"]))];
        JsonElement[] loaded = [
            .. Enumerable.Range(0, parsed.GetValue(runs)).Select(_ => Child.Bench("load-folder", folder["split"]))];

        var report = new Report("Loading", "as many as the readers take");
        report.Fact("rows", "Rows of the file", parsed.GetValue(rows));
        report.Fact("megabytes", "Its size", bytes / 1e6, "MB");
        report.Fact("generatedSeconds", "Time to write it", generated / 1e3, "s");
        report.Fact("splitMegabytes", "Size of the split folder",
            new DirectoryInfo(folder["split"]).EnumerateFiles().Sum(file => file.Length) / 1e6, "MB");
        report.Fact("clicks", "Clicks of the split, ratings of 4 and more",
            prepared[0].GetProperty("clicks").GetInt64());
        Table table = report.Add(new Table("parts", "Each in a process of its own",
            new("part", "part"), new("runs", "runs"), new("medianSeconds", "median s"), new("bestSeconds", "best s"),
            new("megabytesPerSecond", "MB/s of the file"), new("peakMb", "highest peak MB")));
        void Row(string part, JsonElement[] answers, string key, bool peak)
        {
            var times = new Times(answers.Select(answer => answer.GetProperty(key).GetDouble()));
            table.Add(part, times.Count, times.Median / 1e3,
                times.Best / 1e3, part.StartsWith("load", StringComparison.Ordinal) ? "" : bytes / 1e3 / times.Median,
                peak ? answers.Max(answer => answer.GetProperty("peakMb").GetDouble()) : "");
        }
        Row("prepare", prepared, "totalMs", true);
        Row("prepare: read", prepared, "readMs", false);
        Row("prepare: split", prepared, "splitMs", false);
        Row("prepare: write", prepared, "writeMs", false);
        Row("load the split", loaded, "totalMs", true);
        report.Note("Without the start of the runtime. The file and the folder lie in the system's folder for "
            + "temporary files, and mostly in its cache.");
        return report;
    }

    // What `vaecf prepare FROM --out TO` does.
    private static void RunPrepare(ParseResult parsed, Answer answer)
    {
        const float likedRating = 4;
        string path = parsed.GetValue(from)!;
        ClickData data = null!;
        (DataSplit Split, SplitReport Report) made = (null!, null!);
        double read = Measure.Once(() => data = ClickReader.Read(path,
            new ReadOptions { LeastLiked = likedRating }));
        double split = Measure.Once(() => made = Splits.StrongGeneralization(data));
        double write = Measure.Once(() => SplitFolder.Write(parsed.GetValue(to)!, made.Split, made.Report));
        (answer["readMs"], answer["splitMs"], answer["writeMs"], answer["totalMs"]) = (
            read, split, write, read + split + write);
        answer["clicks"] = made.Split.Train.ClickCount + new[] { made.Split.Validation, made.Split.Test }
            .Sum(set => set is null ? 0 : set.FoldIn.ClickCount + set.HeldOut.ClickCount);
        answer["peakMb"] = Machine.PeakMb;
    }
}
