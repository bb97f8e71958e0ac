using System.CommandLine;

namespace VaeCf.Bench;

/// <summary>
/// Runs the other verbs one after the other, each in a process of its own, and writes a page that leads to what they
/// found.
/// </summary>
internal static class All
{
    /// <summary>Verbs that are not run, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> LeftOut = new Dictionary<string, string>
    {
        ["kernels"] = "BenchmarkDotNet writes a folder of its own",
        ["converge"] = "how low a loss is low enough is for the caller to say",
        ["modules"] = "gpu/campaign.sh runs what is for a GPU",
        ["goals"] = "gpu/campaign.sh runs what is for a GPU",
    };

    private const string IndexName = "README.md";

    private static readonly Option<DirectoryInfo> output = new("--out")
    {
        Description = "Folder for a page a verb and an index, README.md, made if need be.",
        HelpName = "DIR",
        Required = true,
    };
    private static readonly Option<DirectoryInfo>
        clicks = Split("--clicks", "of clicks, for family, mistakes, and SLIM and EASE in baselines"),
        sequences = Split("--sequences", "of clicks in order, for sequences"),
        ratings = Split("--ratings", "of ratings, for ratings"), profile = Verb.Profile();

    /// <summary>A verb to run: the page that it writes is named after it.</summary>
    /// <param name="Verb">Its name.</param>
    /// <param name="Arguments">What follows the name; null if they are not known.</param>
    /// <param name="Chart">Whether it draws one.</param>
    internal sealed record Work(string Verb, string[]? Arguments, bool Chart = false);

    public static Command Command()
    {
        var command = new Command("all", "Runs all of the others that can be run, and writes a page of each and an "
            + "index. It takes hours.") { output, clicks, sequences, ratings, profile };
        Verb.Act(command, parsed =>
        {
            string folder = parsed.GetValue(output)!.FullName;
            return Run(folder, Works(folder, parsed.GetValue(clicks)?.FullName, parsed.GetValue(sequences)?.FullName,
                parsed.GetValue(ratings)?.FullName, parsed.GetValue(profile)?.FullName),
                parsed.InvocationConfiguration.Error);
        });
        return command;
    }

    /// <summary>All verbs that can be run, the fast ones first.</summary>
    public static IReadOnlyList<Work> Works(string folder, string? clicks, string? sequences, string? ratings,
        string? profile)
    {
        string[] like = profile is null ? [] : ["--profile", profile];
        return
        [
            new("step", like, Chart: true), new("ladder", ["gemm"], Chart: true), new("roofline", []),
            new("evaluate", []), new("latency", []), new("load", []), new("sweep", like), new("networks", like),
            new("prices", []), new("scale", like), new("sequences", sequences is null ? null : [sequences]),
            new("ratings", ratings is null ? null : [ratings]),
            new("baselines", [.. like, .. clicks is null ? Array.Empty<string>() : ["--split", clicks]]),
            new("mistakes", clicks is null ? null : [clicks]),
            new("family", clicks is null ? null : [clicks, "--runs", Path.Combine(folder, "family.jsonl")]),
        ];
    }

    /// <summary>Runs verbs; the index is written after each, so that it leads to all that there is.</summary>
    /// <returns>0, or 1 if one of them failed.</returns>
    public static int Run(string folder, IReadOnlyList<Work> works, TextWriter console)
    {
        Directory.CreateDirectory(folder);
        var index = new Report("What was measured", "those of each page");
        Table pages = index.Add(new Table("pages", "Pages", new("page", "page"), new("measures", "what it measures"),
            new("minutes", "minutes"), new("outcome", "outcome")));
        Dictionary<string, string> descriptions = Verbs.Root().Subcommands.ToDictionary(verb => verb.Name,
            verb => verb.Description!);
        bool failed = false;
        foreach (Work work in works)
        {
            if (work.Arguments is null)
            {
                Add(work.Verb, work.Verb, null, "left out: no folder was given for it");
                continue;
            }
            console.WriteLine($"{work.Verb} …");
            string page = $"{work.Verb}.md", chart = $"{work.Verb}.svg";
            (int Code, string Error) end = (0, "");
            double minutes = Measure.Once(() => end = Child.Verb([work.Verb, .. work.Arguments, "--out",
                Path.Combine(folder, page), .. work.Chart ? ["--svg", Path.Combine(folder, chart)]
                    : Array.Empty<string>()])) / 60e3;
            failed |= end.Code != 0;
            if (end.Code == 0)
                Add(work.Verb, $"[{work.Verb}]({page}){(work.Chart ? $", [chart]({chart})" : "")}", minutes,
                    "measured");
            else
                Add(work.Verb, work.Verb, minutes, $"failed: {end.Error.Trim().Split('\n')[0]}");
        }
        foreach ((string verb, string why) in LeftOut)
            Add(verb, verb, null, $"left out: {why}");
        return failed ? 1 : 0;

        void Add(string verb, string page, double? minutes, string outcome)
        {
            pages.Add(page, descriptions[verb], minutes, outcome);
            File.WriteAllText(Path.Combine(folder, IndexName), index.Markdown());
        }
    }

    private static Option<DirectoryInfo> Split(string name, string use) => new Option<DirectoryInfo>(name)
    {
        Description = $"Split folder {use}. [default: none, and they are left out]",
        HelpName = "DIR",
    }.AcceptExistingOnly();
}
