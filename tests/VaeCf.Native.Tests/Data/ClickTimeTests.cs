using System.Text;
using VaeCf.Native.Data;

namespace VaeCf.Native.Tests.Data;

public class ClickTimeTests
{
    [Theory]
    [InlineData("978304835", 978304835)]
    [InlineData("978304835.0", 978304835)]
    [InlineData("9.78304835e8", 978304835)]
    [InlineData("-1.5", -2)]
    [InlineData("2000-12-31T23:20:35Z", 978304835)]
    [InlineData("2000-12-31 23:20:35", 978304835)]
    [InlineData("2000-12-31 23:20:35.25", 978304835)]
    [InlineData("2001-01-01T01:20:35+02:00", 978304835)]
    [InlineData("2000/12/31 23:20:35", 978304835)]
    [InlineData("31-Dec-2000 23:20:35", 978304835)]
    [InlineData("Dec 31, 2000 23:20:35", 978304835)]
    [InlineData("December 31, 2000 23:20:35", 978304835)]
    [InlineData("2000-12-31 23:20:35.5 UTC", 978304835)]
    [InlineData("Sun Dec 31 23:20:35 +0000 2000", 978304835)]
    [InlineData("Sun, 31 Dec 2000 23:20:35 GMT", 978304835)]
    [InlineData("2000-12-31 23:20:35 UTC", 978304835)]
    [InlineData("2000-12-31", 978220800)]
    [InlineData("1-Jan-1970", 0)]
    public void Numbers_and_dates_are_times(string text, long expected)
    {
        Assert.True(Try(text, thousandths: false, out long time));
        Assert.Equal(expected, time);
    }

    private static bool Try(string text, bool thousandths, out long time) =>
        new ClickTime(LayoutGuess.IsDate(text), thousandths).TryParse(Encoding.UTF8.GetBytes(text), out time);

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("03/04/2020")]
    [InlineData("2020-13-01")]
    [InlineData("1e300")]
    [InlineData("NaN")]
    public void Others_are_not(string text) =>
        Assert.False(Try(text, thousandths: false, out _));

    [Fact]
    public void Fractions_make_thousandths()
    {
        Assert.False(ClickTime.HaveFractions(["978304835.0", "2000-12-31", "7"]));
        Assert.True(ClickTime.HaveFractions(["978304835", "978304835.5"]));
        Assert.True(ClickTime.HaveFractions(["2000-12-31T23:20:35.250Z"]));
        (string, long)[] times =
            [("978304835", 978304835000), ("978304835.5", 978304835500), ("2000-12-31", 978220800000)];
        foreach ((string text, long expected) in times)
        {
            Assert.True(Try(text, thousandths: true, out long time));
            Assert.Equal(expected, time);
        }
    }
}
