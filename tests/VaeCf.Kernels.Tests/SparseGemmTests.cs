using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class SparseGemmTests
{
    // Columns around one vector, a strip of 8 vectors of each width, and the usual hidden layer; items around a part of
    // 256.
    public static TheoryData<int, int, int> Shapes()
    {
        var data = new TheoryData<int, int, int>();
        foreach (int rows in (ReadOnlySpan<int>)[0, 1, 3, 7, 67])
            foreach ((int items, int columns) in ((int, int)[])[(1, 1), (15, 0), (17, 3), (101, 15), (256, 16),
                (257, 17), (521, 127), (61, 128), (61, 129), (31, 600)])
                data.Add(rows, items, columns);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Gather_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int items, int columns)
    {
        var batch = new SparseBatch(rows, items);
        float[] weights = Compare.Random(items * columns, 1);
        float[] actual = Widths.SameBits(workers =>
        {
            var y = new float[rows * columns];
            y.AsSpan().Fill(float.NaN);
            SparseGemm.Cpu.Gather(workers, rows, columns, batch.RowStarts, batch.Items, batch.Counts, weights, y);
            return y;
        });
        Assert.InRange(Compare.RelativeError(Gather(batch, columns, weights.ToDouble()), actual), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Scatter_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        int rows, int items, int columns)
    {
        var batch = new SparseBatch(rows, items);
        float[] dY = Compare.Random(rows * columns, 2);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, items);
        float[] actual = Widths.SameBits(workers =>
        {
            var dWeights = new float[items * columns];
            dWeights.AsSpan().Fill(float.NaN);
            SparseGemm.Cpu.Scatter(workers, index, columns, batch.Counts, dY, dWeights);
            return dWeights;
        });
        Assert.InRange(Compare.RelativeError(Scatter(batch, columns, dY.ToDouble()), actual), 0, 1e-6);
    }

    // Five batches of changing users: rows fall behind by one to five steps, some catch up with a batch, the rest at
    // the end.
    [Theory, MemberData(nameof(Shapes))]
    public void Update_gives_the_bits_of_scatter_and_adam_for_every_width_and_number_of_threads(
        int rows, int items, int columns)
    {
        SparseBatch[] batches = [
            .. Enumerable.Range(0, 5).Select(t => new SparseBatch(t == 2 ? 0 : rows, items, (ulong)t))];
        AdamStep Step(int t) => new(1e-2 / t, 0.9, 0.999, 1e-8, t, 1e-2);
        float[] dY = Compare.Random(rows * columns, 2), dWeights = new float[items * columns];
        float[] w = Compare.Random(items * columns, 3), m = Compare.Random(items * columns, 4),
            v = [.. m.Select(x => x * x)];
        var index = new ItemIndex();
        float[] actual = Widths.SameBits(workers =>
        {
            float[] w2 = [.. w], m2 = [.. m], v2 = [.. v];
            var backlog = new Adam.Cpu.Backlog(items, columns);
            for (int t = 1; t <= batches.Length; t++)
            {
                SparseBatch batch = batches[t - 1];
                index.Build(batch.RowStarts, batch.Items, items);
                SparseGemm.Cpu.Update(workers, index, columns, batch.Counts, dY.AsSpan(0, batch.Rows * columns),
                    new(w2, m2, v2), backlog, Step(t));
            }
            backlog.CatchUp(workers, new(w2, m2, v2));
            float[] done = [.. w2, .. m2, .. v2];
            backlog.CatchUp(workers, new(w2, m2, v2));
            Assert.Equal([.. w2, .. m2, .. v2], done);
            return done;
        });
        for (int t = 1; t <= batches.Length; t++)
        {
            SparseBatch batch = batches[t - 1];
            index.Build(batch.RowStarts, batch.Items, items);
            SparseGemm.Cpu.Scatter(
                Workers.One, index, columns, batch.Counts, dY.AsSpan(0, batch.Rows * columns), dWeights);
            Adam.Cpu.Step(Workers.One, dWeights, w, m, v, Step(t));
        }
        Assert.Equal([.. w, .. m, .. v], actual);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void UpdateClicked_gives_clicked_rows_the_bits_of_scatter_and_adam_and_leaves_the_others(
        int rows, int items, int columns)
    {
        var batch = new SparseBatch(rows, items);
        var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 3, 1e-2);
        float[] dY = Compare.Random(rows * columns, 2), dWeights = new float[items * columns],
            start = Compare.Random(items * columns, 3), moments = Compare.Random(items * columns, 4),
            squares = [.. moments.Select(x => x * x)];
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, items);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] w = [.. start], m = [.. moments], v = [.. squares];
            SparseGemm.Cpu.UpdateClicked(workers, index, columns, batch.Counts, dY, new(w, m, v), step);
            return [.. w, .. m, .. v];
        });

        float[] w = [.. start], m = [.. moments], v = [.. squares];
        SparseGemm.Cpu.Scatter(Workers.One, index, columns, batch.Counts, dY, dWeights);
        Adam.Cpu.Step(Workers.One, dWeights, w, m, v, step);
        float[] before = [.. start, .. moments, .. squares], after = [.. w, .. m, .. v];
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(batch.Items.Contains(i / Math.Max(1, columns) % items) ? after[i] : before[i], actual[i]);

        double[] w2 = start.ToDouble(), m2 = moments.ToDouble(), v2 = squares.ToDouble();
        SparseGemm.Reference.UpdateClicked(rows, columns, batch.RowStarts, batch.Items, batch.Counts.ToDouble(),
            dY.ToDouble(), new(w2, m2, v2), step);
        Assert.InRange(Compare.RelativeError([.. w2, .. m2, .. v2], actual), 0, 1e-6);
    }

    // Eight steps of a trainer that trains its parts in turn: each tensor counts the steps that it makes, and is read,
    // in part, when the other is trained.
    [Fact]
    public void Tensors_trained_in_turn_each_make_their_own_steps()
    {
        const int items = 101, columns = 19;
        int[][] trainedAt = [[0, 2, 3, 6], [1, 2, 5, 7]];
        float[] start = Compare.Random(items * columns, 3), dY = Compare.Random(3 * columns, 2);
        AdamStep Step(long t) => new(1e-2, 0.9, 0.999, 1e-8, t, 1e-2);
        float[] Train(Workers workers, bool rowwise)
        {
            var index = new ItemIndex();
            float[][] w = [[.. start], [.. start]], m = [new float[start.Length], new float[start.Length]];
            float[][] v = [new float[start.Length], new float[start.Length]];
            Adam.Cpu.Backlog[] backlogs = [new(items, columns), new(items, columns)];
            int[] t = [0, 0];
            for (int step = 0; step < 8; step++)
            {
                var batch = new SparseBatch(3, items, (ulong)step);
                index.Build(batch.RowStarts, batch.Items, items);
                for (int i = 0; i < 2; i++)
                {
                    var tensor = new AdamTensor<float>(w[i], m[i], v[i]);
                    if (!trainedAt[i].Contains(step))
                        backlogs[i].CatchUp(workers, index.Items, tensor);
                    else if (rowwise)
                        SparseGemm.Cpu.Update(
                            workers, index, columns, batch.Counts, dY, tensor, backlogs[i], Step(++t[i]));
                    else
                    {
                        var dWeights = new float[start.Length];
                        SparseGemm.Cpu.Scatter(workers, index, columns, batch.Counts, dY, dWeights);
                        Adam.Cpu.Step(workers, dWeights, w[i], m[i], v[i], Step(++t[i]));
                    }
                }
            }
            for (int i = 0; i < 2; i++)
                backlogs[i].CatchUp(workers, new(w[i], m[i], v[i]));
            return [.. w[0], .. m[0], .. v[0], .. w[1], .. m[1], .. v[1]];
        }
        Assert.Equal(Train(Workers.One, rowwise: false), Widths.SameBits(workers => Train(workers, rowwise: true)));
    }

    [Fact]
    public void A_row_that_catches_up_has_made_every_step_and_the_others_none()
    {
        const int items = 101, columns = 19;
        SparseBatch batch = new(3, items), next = new(5, items, 1);
        float[] dY = Compare.Random(5 * columns, 2), start = Compare.Random(items * columns, 3), w = [.. start],
            m = new float[w.Length], v = new float[w.Length];
        m.AsSpan().Fill(1);
        float[] w2 = [.. w], m2 = [.. m], v2 = [.. v], dWeights = new float[w.Length];
        var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 1, 0);
        var backlog = new Adam.Cpu.Backlog(items, columns);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, items);
        int[] clicked = [.. index.Items];
        SparseGemm.Cpu.Scatter(Workers.One, index, columns, batch.Counts, dY.AsSpan(0, 3 * columns), dWeights);
        Adam.Cpu.Step(Workers.One, dWeights, w, m, v, step);
        SparseGemm.Cpu.Update(
            Workers.One, index, columns, batch.Counts, dY.AsSpan(0, 3 * columns), new(w2, m2, v2), backlog, step);
        index.Build(next.RowStarts, next.Items, items);
        int[] read = [.. index.Items];
        backlog.CatchUp(Workers.One, read, new(w2, m2, v2));
        Assert.NotEmpty(read.Except(clicked));
        for (int item = 0; item < items; item++)
        {
            Range row = (item * columns)..((item + 1) * columns);
            Assert.Equal((clicked.Contains(item) || read.Contains(item) ? w : start)[row], w2[row]);
        }
    }

    [Fact]
    public void A_backlog_refuses_rows_and_weights_that_are_not_its_own()
    {
        var backlog = new Adam.Cpu.Backlog(3, 2);
        var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 1, 0);
        var index = new ItemIndex();
        index.Build([0, 1], [3], 4);
        Assert.Contains("0 … 2", Assert.Throws<ArgumentOutOfRangeException>(() =>
            backlog.CatchUp(Workers.One, [3], new(new float[6], new float[6], new float[6]))).Message);
        Assert.Throws<ArgumentException>(
            "weights", () => backlog.CatchUp(Workers.One, new(new float[6], new float[5], new float[6])));
        Assert.Throws<ArgumentException>("weights", () => SparseGemm.Cpu.Update(Workers.One, index, 2, [1],
            new float[2], new(new float[6], new float[6], new float[6]), backlog, step));
    }

    [Fact]
    public void The_gradient_of_the_weights_is_the_slope()
    {
        var batch = new SparseBatch(4, 7);
        double[] weights = Compare.Random(7 * 3, 3).ToDouble(), dY = Compare.Random(4 * 3, 4).ToDouble();
        CentralDifference.Check(w => CentralDifference.Dot(Gather(batch, 3, w), dY), weights, Scatter(batch, 3, dY));
    }

    [Fact]
    public void An_index_kept_from_batch_to_batch_lists_the_items_ascending_and_their_clicks_by_row()
    {
        var index = new ItemIndex();
        foreach (
            (int rows, int items) in ((int, int)[])[(7, 5003), (0, 3), (67, 64), (1, 65), (101, 1_000_000), (3, 101)])
        {
            var batch = new SparseBatch(rows, items);
            index.Build(batch.RowStarts, batch.Items, items);
            Assert.Equal((rows, items), (index.RowCount, index.ItemCount));
            var expected = Enumerable.Range(0, rows).SelectMany(
                row => Enumerable.Range(batch.RowStarts[row], batch.RowStarts[row + 1] - batch.RowStarts[row])
                .Select(n => (Item: batch.Items[n], Row: row, Position: n))).OrderBy(click => click.Item)
                .ThenBy(click => click.Row).ToArray();
            Assert.Equal(expected.Select(click => click.Item).Distinct(), index.Items.ToArray());
            Assert.Equal(expected.Select(click => click.Row), index.Rows.ToArray());
            Assert.Equal(expected.Select(click => click.Position), index.Positions.ToArray());
            int[] starts = index.Starts.ToArray();
            Assert.Equal(expected.GroupBy(click => click.Item).Select(clicks => clicks.Count()),
                starts.Skip(1).Zip(starts, (end, start) => end - start));
        }
    }

    [Fact]
    public void Rows_that_fall_and_items_outside_the_catalogue_are_refused()
    {
        var index = new ItemIndex();
        Assert.Contains("row 1 starts at 2",
            Assert.Throws<ArgumentException>(() => index.Build([0, 2, 1, 2], [0, 1], 2)).Message);
        Assert.Contains("0 … 1", Assert.Throws<ArgumentOutOfRangeException>(() => index.Build([0, 1], [2], 2)).Message);
        Assert.Contains("0 … 1", Assert.Throws<ArgumentOutOfRangeException>(
            () => SparseGemm.Cpu.Gather(Workers.One, 1, 3, [0, 1], [-1], [1], new float[6], new float[3])).Message);
    }

    private static double[] Gather(SparseBatch batch, int columns, double[] weights)
    {
        var y = new double[batch.Rows * columns];
        SparseGemm.Reference.Gather(
            batch.Rows, columns, batch.RowStarts, batch.Items, batch.Counts.ToDouble(), weights, y);
        return y;
    }

    private static double[] Scatter(SparseBatch batch, int columns, double[] dY)
    {
        var dWeights = new double[batch.Columns * columns];
        SparseGemm.Reference.Scatter(
            batch.Rows, columns, batch.RowStarts, batch.Items, batch.Counts.ToDouble(), dY, dWeights);
        return dWeights;
    }
}
