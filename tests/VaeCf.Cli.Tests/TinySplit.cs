namespace VaeCf.Cli.Tests;

/// <summary>
/// A split folder of users with two tastes: those of even number click items of the first half of 20, the others of the
/// second.
/// </summary>
internal static class TinySplit
{
    public const int Items = 20, TrainUsers = 60, HeldOutUsers = 10;

    /// <summary>Writes the folder; item ids are 100 … 119.</summary>
    public static string Write(TemporaryFolder folder, string name = "split", bool validation = true, bool test = true)
    {
        string path = folder[name];
        Directory.CreateDirectory(path);
        void Lines(string file, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(path, file), lines);
        // The user's half without some places of it, which differ from user to user.
        IEnumerable<string> Clicks(int first, int users, Func<int, int, bool> clicked) => ["uid,sid", ..
            from user in Enumerable.Range(first, users)
            from place in Enumerable.Range(0, Items / 2)
            where clicked(user, place)
            select $"{user},{user % 2 * (Items / 2) + place}"];
        Lines("unique_sid.txt", Enumerable.Range(100, Items).Select(id => $"{id}"));
        Lines("train.csv", Clicks(0, TrainUsers, (user, place) => (user + place) % 3 != 0));
        foreach ((string set, bool wanted,
            int first) in new[] { ("validation", validation, TrainUsers), ("test", test, TrainUsers + HeldOutUsers) })
            if (wanted)
            {
                Lines($"{set}_tr.csv", Clicks(first, HeldOutUsers, (user, place) => (user + place) % 3 == 1));
                Lines($"{set}_te.csv", Clicks(first, HeldOutUsers, (user, place) => (user + place) % 3 == 2));
            }
        return path;
    }

    /// <summary>Writes a folder of ratings from 1 to 5, split row by row; users and items differ in how high.</summary>
    public static string WriteRatings(TemporaryFolder folder, string name = "ratings")
    {
        File.WriteAllLines(folder[$"{name}.csv"], ["user,item,rating", ..
            from user in Enumerable.Range(0, TrainUsers)
            from item in Enumerable.Range(0, Items)
            where (user + item) % 3 != 0
            select $"u{user},i{item},{1 + (user % 3 + item % 2 + user * item % 2) % 5}"]);
        Vaecf.Run("prepare", folder[$"{name}.csv"], "--ratings", "--out", folder[name]).AssertGood();
        return folder[name];
    }

    /// <summary>Trains a small model on the folder.</summary>
    public static CommandRun Train(string split, string model, string epochs, params string[] more) =>
        Vaecf.Run(["train", split, "--out", model, "--hidden", "16", "--latent", "4", "--epochs", epochs, "--batch",
            "25", "--lr", "0.02", .. more]);
}
