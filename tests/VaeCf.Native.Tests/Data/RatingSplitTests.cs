using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>Ratings cut row by row, and splits that others published.</summary>
public sealed class RatingSplitTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    // User, item, rating and time of each row; the later, the higher the place.
    private static readonly string[] rows = [.. from user in Enumerable.Range(1, 23)
                                                from place in Enumerable.Range(0, 3 + user % 7)
                                                select $"{user},{100 + user * place % 31},{1 + (user + place) % 5},"
                                                    + $"{1000 + place * 50 + user}"];

    private ClickData Read(IEnumerable<string> some) =>
        ClickReader.Read(folder.File("ratings.csv", "userId,movieId,rating,timestamp\n" + string.Join('\n', some)),
            new ReadOptions { KeepCounts = true, KeepOrder = true, Repeats = Repeats.Latest });

    private static IEnumerable<string> Rows(ClickMatrix matrix, DataSplit split) =>
        from user in Enumerable.Range(0, matrix.UserCount)
        from n in Enumerable.Range(0, matrix.CountOf(user))
        select $"{split.TrainUsers![user]}:{split.Items[matrix.ItemsOf(user)[n]]}={matrix.ValuesOf(user)[n]}";

    [Theory]
    [InlineData(FoldInOrder.Random)]
    [InlineData(FoldInOrder.Time)]
    public void A_tenth_is_for_the_test_and_a_tenth_of_the_rest_for_validation(FoldInOrder order)
    {
        ClickData data = Read(rows);
        (DataSplit split, SplitReport report) = Splits.Ratings(data, order);
        int all = (int)data.Matrix.ClickCount, test = all / 10, validation = (all - test) / 10;
        Assert.Equal((all - test - validation, validation, test), ((int)split.Train.ClickCount,
            (int)split.Validation!.HeldOut.ClickCount, (int)split.Test!.HeldOut.ClickCount));
        Assert.Equal(Rows(data.Matrix, split).Order(), Rows(split.Train, split)
            .Concat(Rows(split.Validation.HeldOut, split)).Concat(Rows(split.Test.HeldOut, split)).Order());
        Assert.Same(split.Train, split.Validation.FoldIn);
        Assert.Equal(Rows(split.Test.FoldIn, split).Order(),
            Rows(split.Train, split).Concat(Rows(split.Validation.HeldOut, split)).Order());
        Assert.Equal(Enumerable.Range(0, 23).Count(user => split.Train.CountOf(user) == 0), report.UsersNotInTraining);
        Assert.Equal(split.Items.Count - split.Train.Items.ToArray().Distinct().Count(), report.ItemsNotInTraining);
    }

    [Fact]
    public void By_time_nothing_is_predicted_from_later_ratings()
    {
        DataSplit split = Splits.Ratings(Read(rows), FoldInOrder.Time).Split;
        IEnumerable<long> Times(ClickMatrix matrix) =>
            Enumerable.Range(0, matrix.UserCount).SelectMany(user => matrix.TimestampsOf(user).ToArray());
        Assert.True(Times(split.Train).Max() <= Times(split.Validation!.HeldOut).Min());
        Assert.True(Times(split.Test!.FoldIn).Max() <= Times(split.Test.HeldOut).Min());
    }

    [Fact]
    public void The_order_of_the_rows_changes_nothing_and_the_seed_does()
    {
        DataSplit Of(IEnumerable<string> some, ulong seed) => Splits.Ratings(Read(some), seed: seed).Split;
        DataSplit split = Of(rows, 1), turned = Of(rows.Reverse(), 1), other = Of(rows, 2);
        Assert.Equal(Rows(split.Test!.HeldOut, split), Rows(turned.Test!.HeldOut, turned));
        Assert.NotEqual(Rows(split.Test.HeldOut, split), Rows(other.Test!.HeldOut, other));
    }

    [Fact]
    public void It_is_read_back_as_it_was()
    {
        (DataSplit split, SplitReport report) = Splits.Ratings(Read(rows));
        SplitFolder.Write(System.IO.Path.Combine(folder.Path, "split"), split, report, gzip: true);
        DataSplit read = SplitFolder.Read(System.IO.Path.Combine(folder.Path, "split"));
        Assert.Equal(Rows(split.Train, split).Order(), Rows(read.Train, read).Order());
        Assert.Equal(split.Test!.HeldOut.ClickCount, read.Test!.HeldOut.ClickCount);
        Assert.Equal(split.Test.FoldIn.ClickCount, read.Test.FoldIn.ClickCount);
        Assert.Equal(split.Validation!.HeldOut.ClickCount, read.Validation!.HeldOut.ClickCount);
        Assert.True(
            read is { Train.HasValues: true, Validation.HeldOut.HasValues: true, Test.HeldOut.HasValues: true });
    }

    [Fact]
    public void Validation_can_be_trained_on_in_the_end()
    {
        DataSplit split = Splits.Ratings(Read(rows)).Split, whole = split.TrainedOnValidation();
        Assert.Null(whole.Validation);
        Assert.Equal(Rows(split.Test!.FoldIn, split).Order(), Rows(whole.Train, whole).Order());
        Assert.Same(split.Test, whole.Test);
        Assert.Contains("found no validation users",
            Assert.Throws<InputException>(() => whole.TrainedOnValidation()).Message);
    }

    [Fact]
    public void Other_users_of_validation_are_trained_on_with_all_they_have()
    {
        var options = new StrongOptions { MinClicksPerUser = 3, HeldOutUsers = 4 };
        DataSplit split = Splits.StrongGeneralization(Read(rows), options).Split,
            whole = split.TrainedOnValidation();
        Assert.Equal(split.Train.UserCount + 4, whole.Train.UserCount);
        Assert.Equal(split.Train.ClickCount + split.Validation!.FoldIn.ClickCount + split.Validation.HeldOut.ClickCount,
            whole.Train.ClickCount);
    }

    [Fact]
    public void A_published_split_of_original_ids_is_read()
    {
        string published = System.IO.Path.Combine(folder.Path, "published");
        Directory.CreateDirectory(published);
        void File(string name, params string[] lines) =>
            System.IO.File.WriteAllLines(Path.Combine(published, name), ["userId,movieId,rating", .. lines]);
        File("train.csv", "1,10,5", "1,20,0.5", "2,10,4");
        File("validation.csv", "1,30,3");
        File("test.csv", "2,20,2.5", "3,10,1");
        DataSplit split = SplitFolder.Read(published, out SplitReport report);
        Assert.Equal(["1:10=5", "1:20=0.5", "2:10=4"], Rows(split.Train, split));
        Assert.Equal(["1:30=3"], Rows(split.Validation!.HeldOut, split));
        Assert.Equal(["2:20=2.5", "3:10=1"], Rows(split.Test!.HeldOut, split));
        Assert.Equal(4, split.Test.FoldIn.ClickCount);
        Assert.Equal((1, 1), (report.UsersNotInTraining, report.ItemsNotInTraining));
        System.IO.File.Delete(Path.Combine(published, "validation.csv"));
        Assert.Null(SplitFolder.Read(published).Validation);
    }

    [Fact]
    public void What_cannot_be_cut_is_refused()
    {
        Assert.Contains("found 10 ratings; expected at least 11",
            Assert.Throws<InputException>(() => Splits.Ratings(Read(rows.Take(10)))).Message);
        Assert.Contains("expected ratings", Assert.Throws<ArgumentException>(
            () => Splits.Ratings(ClickData.From([("1", "2")]))).Message);
        ClickData timeless = Read(rows);
        timeless = timeless with { Matrix = timeless.Matrix.WithoutTimes() };
        Assert.Contains("without timestamps",
            Assert.Throws<ArgumentException>(() => Splits.Ratings(timeless, FoldInOrder.Time)).Message);
    }
}

file static class Timeless
{
    public static ClickMatrix WithoutTimes(this ClickMatrix matrix) =>
        new(matrix.ItemCount, [.. matrix.RowStarts], [.. matrix.Items], [.. matrix.Values]);
}
