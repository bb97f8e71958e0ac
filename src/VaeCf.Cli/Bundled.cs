using VaeCf.Cli.Commands;
using VaeCf.Native.Data;

namespace VaeCf.Cli;

/// <summary>MovieLens ml-latest-small, which lies beside the program, its licence with it.</summary>
internal static class Bundled
{
    private const int HeldOutUsers = 60;

    private static readonly string folder = Path.Combine(AppContext.BaseDirectory, "ml-latest-small");

    /// <summary>The films, with titles and genres.</summary>
    public static string Films { get; } = Path.Combine(folder, "movies.csv");

    /// <summary>Ratings of 4 and more as clicks, 60 users held out for validation and 60 for the test.</summary>
    public static (DataSplit Split, SplitReport Report) Split() => Splits.StrongGeneralization(
        ClickReader.Read(Path.Combine(folder, "ratings.csv.gz"),
            new ReadOptions { MinRating = PrepareCommand.LikedRating }),
        new StrongOptions { HeldOutUsers = HeldOutUsers });
}
