namespace VaeCf.Native.Data;

internal sealed partial class ClickRows
{
    /// <summary>
    /// The rows with at most one of each pair, chosen before a least value is applied. The order of the rows stays.
    /// </summary>
    /// <param name="repeats">Which row of a pair is chosen; not <see cref="Repeats.Merge"/>.</param>
    /// <param name="least">The least value of a row that is kept.</param>
    /// <param name="repeated">Rows that gave way to another of their pair, or to none.</param>
    /// <param name="below">Rows that were chosen and are below the least value.</param>
    public ClickRows Settle(Repeats repeats, float least, out long repeated, out long below)
    {
        int[] places = ByPair();
        var chosen = new bool[Count];
        (repeated, below) = (0, 0);
        for (int from = 0, to; from < places.Length; from = to)
        {
            to = from + 1;
            while (to < places.Length && Pair(places[to]) == Pair(places[from]))
                to++;
            bool none = repeats == Repeats.Drop && to - from > 1;
            int place = places[repeats == Repeats.First ? from : to - 1];
            repeated += none ? to - from : to - from - 1;
            if (none)
                continue;
            if (repeats == Repeats.Sum)
                for (int i = from; i < to - 1; i++)
                    Value(place) += Value(places[i]);
            if (!(Math.Abs(Value(place)) <= ClickMatrix.LargestValue))
                throw new InputException($"found rows of one user and item that add up to more than "
                    + $"{ClickMatrix.LargestValue}; expected at most that");
            chosen[place] = !(Value(place) < least);
            below += chosen[place] ? 0 : 1;
        }
        var settled = new ClickRows(hasValues, hasTimestamps);
        for (int place = 0; place < chosen.Length; place++)
            if (chosen[place])
            {
                (Chunk chunk, int i) = (chunks[place / ChunkRows], place % ChunkRows);
                settled.Add(chunk.Users[i], chunk.Items[i], Value(place), hasTimestamps ? chunk.Timestamps![i] : 0);
            }
        return settled;
    }

    private ref float Value(int place) => ref chunks[place / ChunkRows].Values![place % ChunkRows];

    private (int User, int Item) Pair(int place) =>
        (chunks[place / ChunkRows].Users[place % ChunkRows], chunks[place / ChunkRows].Items[place % ChunkRows]);

    // Places of all rows, by pair, then by time, then as they came.
    private int[] ByPair()
    {
        int[] places = [.. Enumerable.Range(0, checked((int)Count))];
        long Time(int place) => hasTimestamps ? chunks[place / ChunkRows].Timestamps![place % ChunkRows] : 0;
        Array.Sort(places, (a, b) => Pair(a).CompareTo(Pair(b)) is not 0 and var byPair ? byPair
            : Time(a).CompareTo(Time(b)) is not 0 and var byTime ? byTime : a.CompareTo(b));
        return places;
    }
}
