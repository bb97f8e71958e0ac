using VaeCf.Kernels;
using VaeCf.Kernels.Common;

namespace VaeCf.Gpu.Tests;

/// <summary>The kernels that draw units of Boltzmann machines are the processor's to the bit.</summary>
public class GibbsKernelTests
{
    private static readonly RandomStream stream = new(11, RandomPurpose.VisibleUnits, 3);

    public static TheoryData<string, int, int> Shapes => LayerKernelTests.Shapes();

    [Theory, MemberData(nameof(Shapes))]
    public void Uniform_numbers_and_units_drawn_by_them_are_the_processors(string device, int rows, int columns)
    {
        int[] users = [.. Enumerable.Range(0, rows).Select(b => b * 977)];
        float[] uniform = new float[rows * columns],
            p = [.. Compare.Random(rows * columns, 1).Select(x => 1 / (1 + MathF.Exp(-x)))];
        p[0] = float.NaN;
        Uniform.Cpu.Fill(Workers.One, stream, users, columns, uniform);
        float[] units = (float[])uniform.Clone();
        Gibbs.Cpu.Bernoulli(Workers.One, p, units);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> units1 = card.Empty<float>(uniform.Length);
        card.LaunchElements("Uniform_Fill", rows, (columns + 3) / 4, card.Holding(users), units1, stream.Seed,
            stream.Step, (uint)stream.Purpose, columns);
        Assert.Equal(uniform, units1.Read());
        card.LaunchFlat("Gibbs_Bernoulli", units.Length, card.Holding(p), units1, (long)units.Length);
        Assert.Equal(units, units1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_softmax_its_mean_and_its_draws_are_the_processors(string device, int groups, int values)
    {
        float[] logits = [.. Compare.Random(groups * values, 1).Select(f => 4 * f)], v = Compare.Random(values, 2),
            p = (float[])logits.Clone(), means = new float[groups], uniform = new float[groups];
        Gibbs.Cpu.Softmax(Workers.One, values, p);
        Gibbs.Cpu.Expectation(Workers.One, v, p, means);
        Uniform.Cpu.Fill(Workers.One, stream, [4], groups, uniform);
        float[] units = (float[])p.Clone();
        Gibbs.Cpu.Categorical(Workers.One, values, uniform, units);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> units1 = card.Holding(logits), means1 = card.Empty<float>(groups);
        card.LaunchFlat("Gibbs_Softmax", groups, units1, (long)groups, values);
        Assert.Equal(p, units1.Read());
        card.LaunchFlat("Gibbs_Expectation", groups, card.Holding(v), units1, means1, (long)groups, values);
        Assert.Equal(means, means1.Read());
        card.LaunchFlat("Gibbs_Categorical", groups, card.Holding(uniform), units1, (long)groups, values);
        Assert.Equal(units, units1.Read());
    }

    [Theory, MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Numbers_biases_and_weights_at_clicks_are_the_processors(string device)
    {
        const int rows = 9, items = 37;
        var batch = new SparseBatch(rows, items);
        int count = batch.Items.Length;
        int[] users = [.. Enumerable.Range(0, rows).Select(b => b * 977)],
            rowOf = [.. Enumerable.Range(0, rows).SelectMany(row =>
                Enumerable.Repeat(row, batch.RowStarts[row + 1] - batch.RowStarts[row]))];
        float[] bias = Compare.Random(items, 1), values = new float[count];
        Uniform.Cpu.AtClicks(Workers.One, stream, batch.RowStarts, users, batch.Items, values);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> values1 = card.Empty<float>(count);
        card.LaunchFlat("Uniform_AtClicks", count, card.Holding(users), card.Holding(rowOf), card.Holding(batch.Items),
            values1, stream.Seed, stream.Step, (uint)stream.Purpose, (long)count);
        Assert.Equal(values, values1.Read());
        Bias.Cpu.SparseAdd(Workers.One, batch.Items, values, bias);
        card.LaunchFlat("Bias_SparseAdd", count, card.Holding(batch.Items), values1, card.Holding(bias), (long)count);
        Assert.Equal(values, values1.Read());
    }
}
