using VaeCf.Native.Data;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>
/// Sequences of unequal length as one batch of rows without padding. The sequences lie by length, the longest first, so
/// that those that have a step t are the first of them: rows are [step, sequence], step t has <c>Step(t).Count</c>
/// rows from <c>Step(t).First</c> on, and row i of a step follows row i of the step before.
/// </summary>
internal sealed class SequenceBatch(Compute c, int itemCount) : IDisposable
{
    private int[] places = [], firsts = [0];

    /// <summary>Sequences, B; some may be empty.</summary>
    public int Count => places.Length;

    /// <summary>Steps of the longest.</summary>
    public int Steps => firsts.Length - 1;

    /// <summary>Steps of all of them, N.</summary>
    public int Rows => firsts[^1];

    /// <summary>Of each row its item.</summary>
    public ClickBatch Inputs { get; } = c.AllocateBatch();

    /// <summary>
    /// Of each row the row of the state before its step, among states [B + N, H] whose first B are those that the
    /// sequences begin with.
    /// </summary>
    public ClickBatch Before { get; } = c.AllocateBatch();

    /// <summary>Of each sequence, in the order they were given, the row of its last state among those states.</summary>
    public ClickBatch Last { get; } = c.AllocateBatch();

    /// <summary>The rows of a step.</summary>
    public (int First, int Count) Step(int t) => (firsts[t], firsts[t + 1] - firsts[t]);

    /// <summary>Where, among all states, those before a step begin.</summary>
    public int StateBefore(int t) => t == 0 ? 0 : Count + firsts[t - 1];

    /// <summary>The row of a step of a sequence, by the order in which they were given.</summary>
    public int RowOf(int sequence, int t) => firsts[t] + places[sequence];

    /// <summary>Lays out sequences.</summary>
    /// <param name="sequences">The items of each, the oldest first.</param>
    public void Load(IReadOnlyList<int[]> sequences)
    {
        int[] byLength = [.. Enumerable.Range(0, sequences.Count).OrderByDescending(s => sequences[s].Length)];
        places = new int[byLength.Length];
        for (int place = 0; place < places.Length; place++)
            places[byLength[place]] = place;
        firsts = new int[1 + (places.Length == 0 ? 0 : sequences[byLength[0]].Length)];
        foreach (int[] sequence in sequences)
            for (int t = 0; t < sequence.Length; t++)
                firsts[t + 1]++;
        for (int t = 0; t < Steps; t++)
            firsts[t + 1] = checked(firsts[t + 1] + firsts[t]);

        int[] items = new int[Rows], before = new int[Rows], last = new int[Count];
        for (int s = 0; s < Count; s++)
        {
            last[s] = places[s];
            for (int t = 0; t < sequences[s].Length; t++)
            {
                int row = RowOf(s, t);
                (items[row], before[row], last[s]) = (sequences[s][t], last[s], Count + row);
            }
        }
        LoadOne(itemCount, items, Inputs);
        LoadOne(Count + Rows, before, Before);
        LoadOne(Count + Rows, last, Last);
    }

    // One column a row.
    private void LoadOne(int columns, int[] ofRow, ClickBatch batch)
    {
        int[] rows = [.. Enumerable.Range(0, ofRow.Length)];
        c.Load(new ClickMatrix(columns, [.. Enumerable.Range(0, rows.Length + 1).Select(row => (long)row)], ofRow),
            rows, batch);
    }

    public void Dispose()
    {
        foreach (ClickBatch batch in (ClickBatch[])[Inputs, Before, Last])
            batch.Dispose();
    }
}
