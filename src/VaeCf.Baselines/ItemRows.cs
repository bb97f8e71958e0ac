using VaeCf.Native.Data;

namespace VaeCf.Baselines;

/// <summary>Clicks item by item.</summary>
internal static class ItemRows
{
    /// <summary>A row for each item, with the users who clicked it, and their counts if there are any.</summary>
    public static ClickMatrix Of(ClickMatrix clicks)
    {
        var starts = new long[clicks.ItemCount + 1];
        foreach (int item in clicks.Items)
            starts[item + 1]++;
        for (int item = 0; item < clicks.ItemCount; item++)
            starts[item + 1] += starts[item];
        long[] places = starts[..^1];
        var users = new int[clicks.ClickCount];
        float[]? values = clicks.HasValues ? new float[clicks.ClickCount] : null;
        for (int user = 0; user < clicks.UserCount; user++)
        {
            ReadOnlySpan<int> items = clicks.ItemsOf(user);
            for (int n = 0; n < items.Length; n++)
            {
                long place = places[items[n]]++;
                users[place] = user;
                if (values is not null)
                    values[place] = clicks.ValuesOf(user)[n];
            }
        }
        return new ClickMatrix(clicks.UserCount, starts, users, values);
    }
}
