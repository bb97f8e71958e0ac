using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Gpu.Tests;

/// <summary>Kernels that are the processor's to the bit, and the column sums, which are not.</summary>
public class LayerKernelTests
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0, Step = 0x1_0000_0007;

    // Around a warp, half of one, a block of 128 or 256, and odd primes.
    private static readonly int[] lengths = [1, 15, 16, 17, 31, 33, 127, 129, 257];

    public static TheoryData<string, int> Lengths()
    {
        var data = new TheoryData<string, int>();
        foreach (string device in GpuDevices.Names)
            foreach (int length in lengths)
                data.Add(device, length);
        return data;
    }

    public static TheoryData<string, int, int> Shapes()
    {
        var data = new TheoryData<string, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (3, 15), (7, 16), (5, 20), (8, 17), (9, 31),
                (17, 129), (257, 5)])
                data.Add(device, rows, columns);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Tanh_is_the_processors(string device, int rows, int columns)
    {
        int length = rows * columns;
        float[] x = [.. Compare.Random(length, 1).Select(value => 4 * value)], bias = Compare.Random(columns, 2),
            dY = Compare.Random(length, 3), y = (float[])x.Clone(), dX = new float[length];
        x[0] = y[0] = float.NaN;
        Tanh.Cpu.Forward(Workers.One, rows, columns, y, bias);
        Tanh.Cpu.Backward(Workers.One, y, dY, dX);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> y1 = card.Holding(x), dY1 = card.Holding(dY);
        card.LaunchElements("Tanh_Forward", rows, columns, card.Holding(bias), y1, columns);
        card.LaunchFlat("Tanh_Backward", length, y1, dY1, (long)length);
        Assert.Equal(y, y1.Read());
        Assert.Equal(dX, dY1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Units_of_other_kinds_are_the_processors(string device, int rows, int columns)
    {
        int length = rows * columns;
        float[] x = [.. Compare.Random(length, 1).Select(value => 4 * value)], bias = Compare.Random(columns, 2),
            dY = Compare.Random(length, 3);
        x[0] = float.NaN;
        foreach (Activation activation in (Activation[])[Activation.Sigmoid, Activation.Relu, Activation.Selu])
        {
            float[] y = (float[])x.Clone(), dX = new float[length];
            Activate.Cpu.Forward(Workers.One, activation, rows, columns, y, bias);
            Activate.Cpu.Backward(Workers.One, activation, y, dY, dX);
            using var card = new KernelRun(device);
            KernelRun.Memory<float> y1 = card.Holding(x), dY1 = card.Holding(dY);
            card.LaunchElements($"Activate_{activation}", rows, columns, card.Holding(bias), y1, columns);
            card.LaunchFlat($"Activate_{activation}Backward", length, y1, dY1, (long)length);
            Assert.Equal(y, y1.Read());
            Assert.Equal(dX, dY1.Read());
        }
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Adam_is_the_processors(string device, int length)
    {
        float[] gradient = Compare.Random(length, 1), w = Compare.Random(length, 2), m = Compare.Random(length, 3),
            v = [.. Compare.Random(length, 4).Select(Math.Abs)];
        using var card = new KernelRun(device);
        KernelRun.Memory<float> w1 = card.Holding(w), m1 = card.Holding(m), v1 = card.Holding(v);
        card.LaunchFlat("Adam_Step", length, card.Holding(gradient), w1, m1, v1, (long)length, KernelRun.Adam);
        Adam.Cpu.Step(Workers.One, gradient, w, m, v, KernelRun.AdamStep);
        Assert.Equal(w, w1.Read());
        Assert.Equal(m, m1.Read());
        Assert.Equal(v, v1.Read());
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void The_squared_norm_is_the_processors(string device)
    {
        foreach (int length in (int[])[1, 17, 4095, 4096, 4097, 36_871])
        {
            float[] x = Compare.Random(length, 1);
            using var card = new KernelRun(device);
            int blocks = (length + 4095) / 4096;
            KernelRun.Memory<float> partial = card.Empty<float>(blocks);
            card.Launch("SquaredNorm_Blocks", new((blocks + 7) / 8), new(128), card.Holding(x), partial, (long)length);
            double sum = 0;
            foreach (float block in partial.Read())
                sum += block;
            Assert.Equal(SquaredNorm.Cpu.Sum(Workers.One, x), sum);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Biases_are_added_and_their_gradients_summed(string device, int rows, int columns)
    {
        float[] bias = Compare.Random(columns, 1), y = Compare.Random(rows * columns, 2),
            m = Compare.Random(columns, 3), v = [.. Compare.Random(columns, 4).Select(Math.Abs)];
        using var card = new KernelRun(device);
        KernelRun.Memory<float> bias1 = card.Holding(bias), added = card.Holding(y), dBias = card.Empty<float>(columns),
            m1 = card.Holding(m), v1 = card.Holding(v);
        card.LaunchElements("Bias_Add", rows, columns, bias1, added, columns);
        card.Launch("Bias_Gradient", new((columns + 31) / 32), new(32, 32), card.Holding(y), dBias, rows, columns);
        card.Launch("Bias_Update", new((columns + 31) / 32), new(32, 8), card.Holding(y), bias1, m1, v1, rows, columns,
            KernelRun.Adam);

        var sums = new double[columns];
        Bias.Reference.Gradient(rows, columns, y.ToDouble(), sums);
        Assert.InRange(Compare.RelativeError(sums, dBias.Read()), 0, 1e-6);
        double[] expectedBias = bias.ToDouble(), expectedM = m.ToDouble(), expectedV = v.ToDouble();
        Adam.Reference.Step(sums, expectedBias, expectedM, expectedV, KernelRun.AdamStep);
        Assert.InRange(Compare.RelativeError(expectedBias, bias1.Read()), 0, 1e-6);
        Bias.Cpu.Add(Workers.One, rows, columns, y, bias);
        Assert.Equal(y, added.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Noise_and_the_sampled_latent_are_the_processors(string device, int rows, int latent)
    {
        int[] users = [.. Enumerable.Range(0, rows).Select(row => 17 * row + 3)];
        float[] head = Compare.Random(rows * 2 * latent, 1), dZ = Compare.Random(rows * latent, 2),
            eps = new float[rows * latent], z = new float[eps.Length], kl = new float[rows],
            dHead = new float[head.Length];
        Normal.Cpu.Fill(Workers.One, new(Seed, RandomPurpose.SecondNoise, Step), users, latent, eps);
        Reparameterize.Cpu.Forward(Workers.One, rows, latent, head, eps, z, kl);
        Reparameterize.Cpu.Backward(Workers.One, rows, latent, head, eps, dZ, 0.3f, dHead);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> eps1 = card.Empty<float>(eps.Length), z1 = card.Empty<float>(z.Length),
            mean = card.Empty<float>(z.Length), kl1 = card.Empty<float>(rows), head1 = card.Holding(head),
            dHead1 = card.Empty<float>(head.Length);
        card.LaunchElements("Normal_Fill", rows, (latent + 3) / 4, card.Holding(users), eps1, Seed, Step,
            (uint)RandomPurpose.SecondNoise, latent);
        card.Launch("Reparameterize_Forward", new((rows + 7) / 8), new(128), head1, eps1, z1, kl1, rows, latent,
            0.5f);
        card.LaunchFlat("Reparameterize_Backward", z.Length, head1, eps1, card.Holding(dZ), dHead1, 0.3f, rows, latent);
        card.LaunchFlat("Reparameterize_Mean", z.Length, head1, mean, rows, latent);
        Assert.Equal(eps, eps1.Read());
        Assert.Equal(z, z1.Read());
        Assert.Equal(kl, kl1.Read());
        Assert.Equal(dHead, dHead1.Read());
        Assert.Equal(Enumerable.Range(0, rows).SelectMany(row => head.Skip(row * 2 * latent).Take(latent)),
            mean.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_other_deviation_and_weights_of_rows_are_the_processors(string device, int rows, int latent)
    {
        float[] head = Compare.Random(rows * 2 * latent, 1), dZ = Compare.Random(rows * latent, 2),
            eps = Compare.Random(rows * latent, 3), weights = Compare.Random(rows, 4), z = new float[eps.Length],
            kl = new float[rows], dHead = new float[head.Length];
        Reparameterize.Cpu.Forward(Workers.One, rows, latent, head, eps, z, kl, Sampling.LogSigma);
        Reparameterize.Cpu.Backward(Workers.One, rows, latent, head, eps, dZ, 0.3f, dHead, weights, Sampling.LogSigma);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> z1 = card.Empty<float>(z.Length), kl1 = card.Empty<float>(rows),
            head1 = card.Holding(head), eps1 = card.Holding(eps), dHead1 = card.Empty<float>(head.Length);
        card.Launch("Reparameterize_Forward", new((rows + 7) / 8), new(128), head1, eps1, z1, kl1, rows, latent, 1f);
        card.LaunchFlat("Reparameterize_BackwardWeighted", z.Length, head1, eps1, card.Holding(dZ),
            card.Holding(weights), dHead1, 0.3f, rows, latent, 1f);
        Assert.Equal(z, z1.Read());
        Assert.Equal(kl, kl1.Read());
        Assert.Equal(dHead, dHead1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Steps_of_a_recurrent_unit_are_the_processors(string device, int rows, int units)
    {
        float[] inputBias = Compare.Random(3 * units, 1), stateBias = Compare.Random(3 * units, 2),
            state = Compare.Random(rows * units, 3), gates = Compare.Random(rows * 3 * units, 4),
            projected = Compare.Random(rows * 3 * units, 5), d = Compare.Random(rows * units, 6),
            next = new float[state.Length], dState = Compare.Random(rows * units, 7);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> state1 = card.Holding(state), gates1 = card.Holding(gates),
            projected1 = card.Holding(projected), next1 = card.Empty<float>(next.Length),
            dState1 = card.Holding(dState);
        card.LaunchElements("Gru_Forward", rows, units, card.Holding(inputBias), card.Holding(stateBias), state1,
            gates1, projected1, next1, units);
        Gru.Cpu.Forward(Workers.One, rows, units, inputBias, stateBias, state, gates, projected, next);
        Assert.Equal(gates, gates1.Read());
        Assert.Equal(projected, projected1.Read());
        Assert.Equal(next, next1.Read());
        card.LaunchElements("Gru_Backward", rows, units, state1, card.Holding(d), gates1, projected1, dState1, units);
        Gru.Cpu.Backward(Workers.One, rows, units, state, d, gates, projected, dState);
        Assert.Equal(gates, gates1.Read());
        Assert.Equal(projected, projected1.Read());
        Assert.Equal(dState, dState1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_sparse_input_layer_is_the_processors(string device, int rows, int columns)
    {
        const int items = 61;
        var batch = new SparseBatch(rows, items);
        int clicks = batch.Items.Length;
        int[] users = [.. Enumerable.Range(0, rows).Select(row => 17 * row + 3)], rowOf = [.. Enumerable.Range(0, rows)
            .SelectMany(row => Enumerable.Repeat(row, batch.RowStarts[row + 1] - batch.RowStarts[row]))];
        float[] x = new float[clicks], w = Compare.Random(items * columns, 1), dY = Compare.Random(rows * columns, 2),
            y = new float[rows * columns], dW = new float[w.Length];
        float[] m = Compare.Random(w.Length, 3), v = [.. Compare.Random(w.Length, 4).Select(Math.Abs)];
        const double keep = 0.6;
        float[] dropped = (float[])batch.Counts.Clone(), product = new float[clicks], dBias = new float[items];
        Dropout.Cpu.Clicks(Workers.One, new(Seed, RandomPurpose.SecondDropout, Step), keep, batch.RowStarts, users,
            batch.Items, dropped);
        RowNormalize.Cpu.Forward(Workers.One, batch.RowStarts, batch.Counts, x);
        float[] normalized = (float[])x.Clone();
        Dropout.Cpu.Clicks(Workers.One, new(Seed, RandomPurpose.SecondDropout, Step), keep, batch.RowStarts, users,
            batch.Items, x);
        SparseGemm.Cpu.Gather(Workers.One, rows, columns, batch.RowStarts, batch.Items, x, w, y);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, items);
        SparseGemm.Cpu.Scatter(Workers.One, index, columns, x, dY, dW);
        SampledGemm.Cpu.Multiply(Workers.One, columns, batch.RowStarts, batch.Items, dY, w, product);
        Bias.Cpu.SparseGradient(Workers.One, index, x, dBias);

        using var card = new KernelRun(device);
        KernelRun.Memory<int> starts = card.Holding(batch.RowStarts), items1 = card.Holding(batch.Items),
            rows1 = card.Holding(rowOf);
        KernelRun.Memory<float> x1 = card.Holding(batch.Counts), normalized1 = card.Empty<float>(clicks),
            y1 = card.Empty<float>(y.Length), dW1 = card.Empty<float>(w.Length);
        card.Launch("RowNormalize_Forward", new((rows + 7) / 8), new(128), starts, x1, normalized1, rows);
        Assert.Equal(normalized, normalized1.Read());
        card.LaunchFlat("Dropout_Clicks", clicks, x1, normalized1, card.Holding(users), rows1, items1, Seed, Step,
            (ulong)Math.Ceiling(keep * 4294967296.0), (uint)RandomPurpose.SecondDropout, (float)keep, (long)clicks);
        Assert.Equal(dropped, normalized1.Read());
        card.Launch("SampledGemm_Multiply", new((clicks + 7) / 8), new(128), rows1, items1, card.Holding(dY),
            card.Holding(w), normalized1, columns, clicks);
        Assert.Equal(product, normalized1.Read());
        card.Launch("RowNormalize_Dropout", new((rows + 7) / 8), new(128), starts, x1, x1, card.Holding(users), items1,
            Seed, Step, (ulong)Math.Ceiling(keep * 4294967296.0), (uint)RandomPurpose.SecondDropout, (float)keep, rows);
        Assert.Equal(x, x1.Read());
        card.LaunchElements("SparseGemm_Gather", rows, columns, starts, items1, x1, card.Holding(w), y1, columns);
        Assert.Equal(y, y1.Read());

        KernelRun.Memory<int> itemStarts = card.Holding(new int[items + 1]), cursor = card.Empty<int>(items),
            unordered = card.Empty<int>(clicks), ordered = card.Empty<int>(clicks), itemRows = card.Empty<int>(clicks);
        card.LaunchFlat("Batch_CountItems", clicks, items1, itemStarts, clicks);
        card.Launch("Batch_ItemStarts", new(1), new(1024), itemStarts, cursor, items);
        card.LaunchFlat("Batch_Place", clicks, items1, cursor, unordered, clicks);
        card.LaunchFlat("Batch_Order", clicks, items1, rows1, itemStarts, unordered, ordered, itemRows, clicks);
        card.Launch("Batch_OrderMany", new(2), new(1024), rows1, itemStarts, unordered, ordered, itemRows, items, rows);
        Assert.Equal(index.Positions, ordered.Read());
        Assert.Equal(index.Rows, itemRows.Read());
        KernelRun.Memory<float> dY1 = card.Holding(dY), w1 = card.Holding(w), m1 = card.Holding(m),
            v1 = card.Holding(v), wOfClicked = card.Holding(w);
        card.LaunchElements("SparseGemm_Scatter", items, columns, itemStarts, ordered, itemRows, x1, dY1, dW1, columns);
        Assert.Equal(dW, dW1.Read());
        float[] before = [.. w];
        card.LaunchElements("SparseGemm_UpdateClicked", items, columns, itemStarts, ordered, itemRows, x1, dY1,
            wOfClicked, card.Holding(m), card.Holding(v), columns, KernelRun.Adam);
        card.LaunchElements("SparseGemm_Update", items, columns, itemStarts, ordered, itemRows, x1, dY1, w1, m1, v1,
            columns, KernelRun.Adam);
        Adam.Cpu.Step(Workers.One, dW, w, m, v, KernelRun.AdamStep);
        Assert.Equal(w, w1.Read());
        Assert.Equal(w.Select((after, i) => batch.Items.Contains(i / columns) ? after : before[i]), wOfClicked.Read());
        KernelRun.Memory<float> dBias1 = card.Empty<float>(items);
        card.LaunchFlat("Bias_SparseGradient", items, itemStarts, ordered, x1, dBias1, (long)items);
        Assert.Equal(dBias, dBias1.Read());
    }

    // Items of as many clicks as each thread orders by itself, one more, and one of every user, who are more than the
    // bits of a block.
    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Clicks_of_items_with_few_and_with_many_are_put_in_order(string device)
    {
        const int users = 33_000, items = 5, few = 64;
        int[] every = [1, users / few, users, users / (few + 1), 2];
        int[] most = [users, few, users, few + 1, users];
        (int User, int Item)[] clicks = [.. from user in Enumerable.Range(0, users)
                                            from item in Enumerable.Range(0, items)
                                            where user % every[item] == 0 && user / every[item] < most[item]
                                            select (user, item)];
        int[][] ofItem = [.. Enumerable.Range(0, items)
            .Select(item => Enumerable.Range(0, clicks.Length).Where(n => clicks[n].Item == item).ToArray())];
        Assert.Equal([users, few, 1, few + 1, users / 2], ofItem.Select(its => its.Length));
        int sum = 0;
        int[] starts = [0, .. ofItem.Select(its => sum += its.Length)], expected = [.. ofItem.SelectMany(its => its)];

        using var card = new KernelRun(device);
        KernelRun.Memory<int> rows = card.Holding<int>([.. clicks.Select(click => click.User)]),
            itemStarts = card.Holding(starts);
        KernelRun.Memory<int> unordered = card.Holding<int>([.. ofItem.SelectMany(its => its.Reverse())]),
            ordered = card.Empty<int>(clicks.Length), itemRows = card.Empty<int>(clicks.Length);
        card.LaunchFlat("Batch_Order", clicks.Length, card.Holding<int>([.. clicks.Select(click => click.Item)]), rows,
            itemStarts, unordered, ordered, itemRows, clicks.Length);
        card.Launch("Batch_OrderMany", new(2), new(1024), rows, itemStarts, unordered, ordered, itemRows, items, users);

        Assert.Equal(expected, ordered.Read());
        Assert.Equal(expected.Select(n => clicks[n].User), itemRows.Read());
    }

    // Users and items around the 32 threads of a warp and the 1,024 of a scan.
    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void A_batch_is_the_rows_of_its_users(string device)
    {
        foreach ((int users, int items) in ((int, int)[])[(1, 1), (31, 33), (1023, 2047), (1024, 1024), (1025, 2049),
            (5, 17)])
        {
            var all = new SparseBatch(7, 31);
            int[] chosen = [.. Enumerable.Range(0, users).Select(i => (5 * i + 2) % 7)];
            int[] expectedItems = [
                .. chosen.SelectMany(user => all.Items[all.RowStarts[user]..all.RowStarts[user + 1]])];
            float[] expectedCounts = [
                .. chosen.SelectMany(user => all.Counts[all.RowStarts[user]..all.RowStarts[user + 1]])];
            using var card = new KernelRun(device);
            KernelRun.Memory<int> users1 = card.Holding(chosen), rowStarts = card.Empty<int>(users + 1);
            KernelRun.Memory<long> starts = card.Holding(Array.ConvertAll(all.RowStarts, start => (long)start));
            card.Launch("Batch_RowStarts", new(1), new(1024), users1, starts, rowStarts, users);
            int[] found = rowStarts.Read();
            Assert.Equal(expectedItems.Length, found[users]);
            KernelRun.Memory<int> items1 = card.Empty<int>(expectedItems.Length),
                rows1 = card.Empty<int>(expectedItems.Length);
            KernelRun.Memory<float> ones = card.Empty<float>(expectedItems.Length),
                counts = card.Empty<float>(expectedItems.Length);
            card.Launch("Batch_Copy", new(users), new(128), users1, starts, card.Holding(all.Items), rowStarts, items1,
                rows1, ones);
            card.Launch("Batch_CopyCounts", new(users), new(128), users1, starts, card.Holding(all.Counts), rowStarts,
                counts);
            Assert.Equal(expectedItems, items1.Read());
            Assert.Equal(expectedCounts, counts.Read());
            Assert.All(ones.Read(), one => Assert.Equal(1, one));
            Assert.Equal(Enumerable.Range(0, users)
                .SelectMany(row => Enumerable.Repeat(row, found[row + 1] - found[row])), rows1.Read());

            int[] itemClicks = [.. Enumerable.Range(0, items).Select(item => item % 5)];
            KernelRun.Memory<int> itemStarts = card.Holding<int>([.. itemClicks, 0]), cursor = card.Empty<int>(items);
            card.Launch("Batch_ItemStarts", new(1), new(1024), itemStarts, cursor, items);
            int sum = 0;
            int[] expectedStarts = [0, .. itemClicks.Select(count => sum += count)];
            Assert.Equal(expectedStarts, itemStarts.Read());
            Assert.Equal(expectedStarts[..items], cursor.Read());
        }
    }
}
