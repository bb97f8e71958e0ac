using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

/// <summary>One cut in time for all users.</summary>
public class TimedSplitTests
{
    private const long Start = 1_000_000_000, Day = 86_400;

    // Twenty users with a click a day for ten days, each from a day of their own on; the item i29 only on late days.
    private static ClickData Data(long unit = 1, bool timed = true)
    {
        var clicks = new ClickBuilder(new ReadOptions { KeepTimestamps = timed });
        for (int user = 0; user < 20; user++)
            for (int day = user; day < user + 10; day++)
                clicks.Add($"u{user}", day > 26 ? "i29" : $"i{(user + 3 * day) % 29}", 1,
                    timed ? (Start + day * Day) * unit : null);
        return clicks.Build();
    }

    private static IEnumerable<long> Times(ClickMatrix matrix) =>
        Enumerable.Range(0, matrix.UserCount).SelectMany(user => matrix.TimestampsOf(user).ToArray());

    private static IEnumerable<string> Clicks(ClickMatrix matrix) =>
        from user in Enumerable.Range(0, matrix.UserCount)
        from item in matrix.ItemsOf(user).ToArray()
        select $"{user}:{item}";

    [Fact]
    public void Nothing_is_trained_on_or_predicted_from_that_is_later_than_what_is_held_out()
    {
        (DataSplit split, SplitReport report) = Splits.ByTime(Data(), new() { HeldOutShare = 0.2 });
        Assert.True(Times(split.Train).Max() < Times(split.Validation!.HeldOut).Min());
        Assert.True(Times(split.Test!.FoldIn).Max() < Times(split.Test.HeldOut).Min());
        Assert.Same(split.Train, split.Validation.FoldIn);
        Assert.Equal(Clicks(split.Test.FoldIn).Order(),
            Clicks(split.Train).Concat(Clicks(split.Validation.HeldOut)).Order());
        Assert.True(split.Train.HasOrder && split.Test.FoldIn.HasOrder && split.Test.HeldOut.HasOrder);
        Assert.All(Enumerable.Range(0, split.Items.Count), item => Assert.Contains(item, split.Train.Items.ToArray()));
        Assert.Equal(("by time", 20), (report.Protocol, split.Train.UserCount));
        // All of a user's clicks are somewhere, or are of an item that training lacks.
        Assert.Equal(Data().Matrix.ClickCount,
            Clicks(split.Test.FoldIn).Count() + Clicks(split.Test.HeldOut).Count() + report.ClicksNotInTraining);
        Assert.True(report.ClicksNotInTraining > 0 && report.ItemsNotInTraining > 0 && report.UsersNotInTraining > 0);
        Assert.Equal(split.Validation.HeldOut.UsersWithoutClicks() + split.Test.HeldOut.UsersWithoutClicks(),
            report.HeldOutUsersWithoutTargets);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_date_cuts_times_in_seconds_or_in_milliseconds(long unit)
    {
        DateTimeOffset date = DateTimeOffset.FromUnixTimeSeconds(Start + 22 * Day);
        DataSplit split = Splits.ByTime(Data(unit), new() { From = date }).Split;
        Assert.Equal((Start + 22 * Day) * unit, Times(split.Test!.HeldOut).Min());
        Assert.Equal((Start + 21 * Day) * unit, Times(split.Test.FoldIn).Max());
        // Validation has the test's share of what is before: by whole days, for a day is one time.
        double test = Data().Matrix.TimestampsOf(0).Length * 20
            - Times(Data().Matrix).Count(time => time < Start + 22 * Day);
        double share = test / 200, before = 200 - test;
        Assert.InRange(Times(Data().Matrix).Count(time => time < Times(split.Validation!.HeldOut).Min() / unit),
            (1 - share) * before - 20, (1 - share) * before);
    }

    [Fact]
    public void A_cut_that_leaves_one_side_empty_is_an_error_that_says_so()
    {
        string Error(TimedOptions options, ClickData? data = null) =>
            Assert.Throws<InputException>(() => Splits.ByTime(data ?? Data(), options)).Message;
        DateTimeOffset At(long time) => DateTimeOffset.FromUnixTimeSeconds(time);
        Assert.Contains("expected some from time 2000000000 on", Error(new() { From = At(2_000_000_000) }));
        Assert.Contains("expected some before time", Error(new() { From = At(1) }));
        Assert.Contains("expected some before time", Error(new() { HeldOutShare = 0.999 }));
        Assert.Contains("enough clicks (minimum 11)", Error(new() { MinClicksPerUser = 11 }));
        Assert.Contains("expected above 0 and below 1",
            Assert.Throws<ArgumentException>(() => Splits.ByTime(Data(), new() { HeldOutShare = 1 })).Message);
        Assert.Contains("clicks without timestamps",
            Assert.Throws<ArgumentException>(() => Splits.ByTime(Data(timed: false))).Message);
    }

    [Fact]
    public void Items_that_only_later_clicks_have_are_no_targets() =>
        Assert.Contains("found no click to test on", Assert.Throws<InputException>(() => Splits.ByTime(
            Data(), new() { From = DateTimeOffset.FromUnixTimeSeconds(Start + 27 * Day) })).Message);
}
