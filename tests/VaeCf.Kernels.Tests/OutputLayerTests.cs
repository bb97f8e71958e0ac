using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class OutputLayerTests
{
    private static readonly AdamStep weightStep = new(1e-2, 0.9, 0.999, 1e-8, 3, 1e-2), biasStep = weightStep with
    {
        WeightDecay = 0,
    };

    // Around the tiles, the lanes of users, the blocks of 120 items, and the groups of one or more blocks.
    public static TheoryData<Likelihood, int, int, int> Shapes()
    {
        var data = new TheoryData<Likelihood, int, int, int>();
        (int, int, int)[] shapes = [(1, 1, 1), (3, 7, 119), (2, 32, 120), (31, 33, 121), (33, 12, 257), (65, 31, 509),
            (5, 3, 2053)];
        foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
            foreach ((int users, int inputs, int items) in shapes)
                data.Add(likelihood, users, inputs, items);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        Likelihood likelihood, int users, int inputs, int items)
    {
        var batch = new SparseBatch(users, items);
        var loss = new OutputLoss(likelihood, 0.25, C1: 2, C0: 0.5);
        State<double> expected = Random(users, inputs, items).Map(x => (double)x);
        OutputLayer.Reference.Train(
            users, inputs, items, expected.Hidden, expected.Weights, expected.Bias, batch.RowStarts, batch.Items,
            batch.Counts.ToDouble(), loss, weightStep, biasStep, expected.Losses, expected.DHidden);
        foreach (long mostLogits in new[] { OutputLayer.Cpu.MostLogits, 0 })
        {
            State<float> actual = Random(users, inputs, items);
            Widths.SameBits(workers => (actual = Train(workers, batch, inputs, loss, mostLogits)).All());
            foreach ((double[] wanted, float[] found) in expected.Tensors().Zip(actual.Tensors()))
                Assert.InRange(Compare.RelativeError(wanted, found), 0, 2e-6);
        }
    }

    [Theory]
    [InlineData(Likelihood.Gaussian, Activation.Tanh, false)]
    [InlineData(Likelihood.Gaussian, Activation.Sigmoid, false)]
    [InlineData(Likelihood.Logistic, Activation.Identity, true)]
    public void Outputs_of_logits_and_items_left_out_agree_with_the_reference(
        Likelihood likelihood, Activation output, bool leavesOut)
    {
        var batch = new SparseBatch(33, 257);
        var loss = new OutputLoss(likelihood, 0.25, C1: 2, C0: 0.5, output);
        for (int n = 0; leavesOut && n < batch.Counts.Length; n += 3)
            batch.Counts[n] = -1;
        State<double> expected = Random(33, 12, 257).Map(x => (double)x);
        OutputLayer.Reference.Train(33, 12, 257, expected.Hidden, expected.Weights, expected.Bias, batch.RowStarts,
            batch.Items, batch.Counts.ToDouble(), loss, weightStep, biasStep, expected.Losses, expected.DHidden);
        State<float> actual = Random(33, 12, 257);
        Widths.SameBits(workers => (actual = Train(workers, batch, 12, loss, OutputLayer.Cpu.MostLogits)).All());
        foreach ((double[] wanted, float[] found) in expected.Tensors().Zip(actual.Tensors()))
            Assert.InRange(Compare.RelativeError(wanted, found), 0, 2e-6);
    }

    [Fact]
    public void Logits_computed_twice_are_those_that_were_kept()
    {
        var batch = new SparseBatch(33, 509);
        var loss = new OutputLoss(Likelihood.Multinomial, 0.25);
        Assert.Equal(Train(Workers.One, batch, 13, loss, OutputLayer.Cpu.MostLogits).All(),
            Train(Workers.One, batch, 13, loss, 0).All());
    }

    [Fact]
    public void Logits_of_80_neither_overflow_nor_lose_the_loss()
    {
        var batch = new SparseBatch(4, 401);
        State<double> expected = Random(4, 1, 401).Map(x => (double)MathF.CopySign(80, x));
        State<float> actual = expected.Map(x => (float)x);
        expected.Hidden.AsSpan().Fill(1);
        actual.Hidden.AsSpan().Fill(1);
        var loss = new OutputLoss(Likelihood.Multinomial, 1);
        OutputLayer.Reference.Train(4, 1, 401, expected.Hidden, expected.Weights, expected.Bias, batch.RowStarts,
            batch.Items, batch.Counts.ToDouble(), loss, weightStep, biasStep, expected.Losses, expected.DHidden);
        Train(Workers.One, batch, 1, loss, OutputLayer.Cpu.MostLogits, actual);
        Assert.InRange(Compare.RelativeError(expected.Losses, actual.Losses), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expected.DHidden, actual.DHidden), 0, 2e-6);
    }

    [Fact]
    public void A_batch_of_another_shape_is_refused_with_what_was_expected()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Train(Workers.One, new SparseBatch(4, 17), 3, new(Likelihood.Logistic, 1), 0, Random(3, 3, 17)));
        Assert.Contains("expected 3 and 17", error.Message);
    }

    /// <summary>Arguments of a step, and its results.</summary>
    private sealed record State<T>(int Users, int Inputs, int Items, T[] Hidden, T[] W, T[] WM, T[] WV, T[] B, T[] BM,
        T[] BV, T[] Losses, T[] DHidden)
    {
        public AdamTensor<T> Weights => new(W, WM, WV);
        public AdamTensor<T> Bias => new(B, BM, BV);
        public T[][] Tensors() => [W, WM, WV, B, BM, BV, Losses, DHidden];
        public T[] All() => [.. Tensors().SelectMany(tensor => tensor)];

        public State<R> Map<R>(Func<T, R> f)
        {
            R[] To(T[] tensor) => [.. tensor.Select(f)];
            return new(Users, Inputs, Items, To(Hidden), To(W), To(WM), To(WV), To(B), To(BM), To(BV), To(Losses),
                To(DHidden));
        }
    }

    private static State<float> Random(int users, int inputs, int items)
    {
        ulong seed = 0;
        float[] Next(int length) => Compare.Random(length, ++seed);
        // Second moments well above 0, so that Adam's quotient is as smooth as in training.
        float[] NextV(int length) => [.. Next(length).Select(x => 1 + x * x)];
        return new(users, inputs, items, Next(users * inputs), Next(items * inputs), Next(items * inputs),
            NextV(items * inputs), Next(items), Next(items), NextV(items), [.. Enumerable.Repeat(float.NaN, users)],
            [.. Enumerable.Repeat(float.NaN, users * inputs)]);
    }

    private static State<float> Train(
        Workers workers, SparseBatch batch, int inputs, OutputLoss loss, long mostLogits, State<float>? state = null)
    {
        state ??= Random(batch.Rows, inputs, batch.Columns);
        var index = new ItemIndex();
        index.Build(batch.RowStarts, batch.Items, batch.Columns);
        using var workspace = new OutputLayer.Cpu.Workspace();
        OutputLayer.Cpu.Train(workers, workspace, state.Users, inputs, state.Items, state.Hidden, state.Weights,
            state.Bias, index, batch.Counts, loss, weightStep, biasStep, state.Losses, state.DHidden, mostLogits);
        return state;
    }
}
