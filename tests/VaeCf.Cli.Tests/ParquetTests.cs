using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Parquet;

namespace VaeCf.Cli.Tests;

/// <summary>
/// Parquet files, written by Apache's C++ library: <c>ratings.parquet</c> in three row groups, with columns of longs,
/// optional longs, doubles and timestamps; <c>texts.parquet</c> with ids that hold quotes, commas and blanks.
/// </summary>
public class ParquetTests
{
    private static readonly string ratings = Fixture("ratings.parquet"), texts = Fixture("texts.parquet");

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "parquet", name);

    [Fact]
    public void Rows_are_clicks_and_timestamps_times()
    {
        ClickData data = ParquetClicks.Read(ratings, new() { MinRating = 4, KeepTimestamps = true });
        Assert.Equal((480, 120, 40, 30), (data.Report.Rows, data.Report.BelowMinRating, data.Users.Count,
            data.Items.Count));
        Assert.Equal("user userId, item movieId, rating rating, time timestamp", data.Report.Columns);
        Assert.Equal(978304835, data.Matrix.TimestampsOf(data.Users.IndexOf(1))[
            data.Matrix.ItemsOf(data.Users.IndexOf(1)).IndexOf(data.Items.IndexOf(103))]);
    }

    [Fact]
    public void Texts_are_ids_as_they_are()
    {
        var options = new ReadOptions { ItemColumn = "track", KeepCounts = true };
        ClickData data = ParquetClicks.Read(texts, options);
        Assert.True(data.Users.IndexOf("u\"1") >= 0 && data.Items.IndexOf("t, 103") >= 0);
        Assert.Equal(ClickValues.Counts, data.Report.Values);
    }

    [Fact]
    public void A_folder_is_read_as_the_parts_of_one_file()
    {
        using var folder = new TemporaryFolder();
        File.Copy(ratings, folder["part-0.parquet"]);
        File.Copy(ratings, folder["part-1.parquet"]);
        File.WriteAllText(folder["_SUCCESS"], "");
        Assert.True(ParquetClicks.IsOne(folder["."]));
        Assert.Equal((960, 480), (ParquetClicks.Read(folder["."]).Report.Rows,
            ParquetClicks.Read(folder["."]).Report.Repeated));
        Directory.CreateDirectory(folder["more"]);
        Assert.Contains("found a folder with the folder more in it",
            Assert.Throws<InputException>(() => ParquetClicks.Read(folder["."])).Message);
        Directory.Delete(folder["more"]);
        File.Copy(texts, folder["part-2.parquet"]);
        Assert.Contains(
            "part-2.parquet: found the columns user_id,track,plays; expected userId,movieId,rating,timestamp",
            Assert.Throws<InputException>(() => ParquetClicks.Read(folder["."])).Message);
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(ratings);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = i % 2 == 0 ? whole[..random.Next(4, whole.Length)] : (byte[])whole.Clone();
            if (i % 2 == 1)
                damaged[random.Next(4, whole.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(folder["x"], damaged);
            try
            {
                ParquetClicks.Read(folder["x"]);
            }
            catch (InputException e)
            {
                Assert.StartsWith(folder["x"], e.Message);
            }
        }
        Assert.False(ParquetClicks.IsOne(folder["none"]));
    }

    [Fact]
    public void The_command_reads_it_as_any_file()
    {
        using var folder = new TemporaryFolder();
        string output = Vaecf.Run("prepare", ratings, "--out", folder["d"]).AssertGood().Output;
        Assert.Contains("ratings from 0.5 to 5: those of at least 4 are clicks, 75 % of the rows", output);
        Assert.Contains("rows: 480",
            Vaecf.Run("stats", texts, "--columns", "user_id,track,plays").AssertGood().Output);
        Vaecf.Run("stats", texts).AssertWrongUse("(--columns USER,ITEM,RATING,TIME says which they are)");
        Vaecf.Run("stats", ratings, "--delimiter", ";").AssertWrongUse("--delimiter: found with the Parquet file");
    }
}
