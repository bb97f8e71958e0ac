using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class SampledLossTests
{
    public static TheoryData<Likelihood, Activation> Losses => new()
    {
        { Likelihood.Logistic, Activation.Identity }, { Likelihood.Gaussian, Activation.Identity },
        { Likelihood.Gaussian, Activation.Tanh }, { Likelihood.Gaussian, Activation.Sigmoid },
    };

    // SELU is an output of sampled losses alone.
    public static TheoryData<Likelihood, Activation> Sampled
    {
        get
        {
            TheoryData<Likelihood, Activation> all = Losses;
            all.Add(Likelihood.Gaussian, Activation.Selu);
            return all;
        }
    }

    private static OutputLoss Of(Likelihood likelihood, Activation output) => new(likelihood, 0.25, 2.5, 0.5, output);

    [Theory, MemberData(nameof(Sampled))]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(
        Likelihood likelihood, Activation output)
    {
        OutputLoss loss = Of(likelihood, output);
        foreach ((int rows, int items) in ((int, int)[])[(0, 5), (1, 1), (7, 15), (8, 16), (9, 17), (67, 101)])
        {
            var batch = new SparseBatch(rows, items);
            float[] start = Compare.Random(batch.Items.Length, 1), bias = Compare.Random(items, 2);
            float[] actual = Widths.SameBits(workers =>
            {
                float[] logits = [.. start], losses = [.. Enumerable.Repeat(float.NaN, rows)];
                SampledLoss.Cpu.Loss(
                    workers, batch.RowStarts, batch.Items, batch.Counts, bias, loss, logits, losses);
                return [.. logits, .. losses];
            });
            (double[] losses, double[] gradient) = Reference(batch, bias.ToDouble(), loss, start.ToDouble());
            Assert.InRange(Compare.RelativeError(gradient, actual.AsSpan(0, gradient.Length)), 0, 1e-6);
            Assert.InRange(Compare.RelativeError(losses, actual.AsSpan(gradient.Length)), 0, 1e-6);
        }
    }

    [Theory, MemberData(nameof(Losses))]
    public void The_loss_and_the_gradient_are_those_of_a_dense_loss_of_the_same_items(
        Likelihood likelihood, Activation output)
    {
        // Every item is a sample.
        const int users = 3, items = 11;
        OutputLoss loss = Of(likelihood, output);
        int[] starts = [.. Enumerable.Range(0, users + 1).Select(user => user * items)],
            all = [.. Enumerable.Range(0, users * items).Select(n => n % items)];
        double[] counts = [.. all.Select((_, n) => n % 3 == 0 ? 1.0 : 0)], bias = Compare.Random(items, 3).ToDouble(),
            logits = Compare.Random(users * items, 4).ToDouble(), losses = new double[users],
            denseLosses = new double[users], dense = [.. logits.Select((f, n) => f + bias[all[n]])];
        SampledLoss.Reference.Loss(starts, all, counts, bias, loss, logits, losses);
        OutputLayer.Reference.Loss(users, items, dense, starts, all, counts, loss, denseLosses);
        Assert.All(Enumerable.Range(0, users), user => Assert.Equal(denseLosses[user], losses[user], 1e-12));
        Assert.All(Enumerable.Range(0, dense.Length), n => Assert.Equal(dense[n], logits[n], 1e-12));
    }

    [Theory, MemberData(nameof(Sampled))]
    public void The_gradient_is_the_slope_of_the_scaled_losses(Likelihood likelihood, Activation output)
    {
        OutputLoss loss = Of(likelihood, output);
        var batch = new SparseBatch(5, 31);
        double[] bias = Compare.Random(31, 5).ToDouble(), logits = Compare.Random(batch.Items.Length, 6).ToDouble();
        CentralDifference.Check(at => loss.Scale * Reference(batch, bias, loss, at).Losses.Sum(), logits,
            Reference(batch, bias, loss, logits).Gradient);
    }

    [Fact]
    public void A_loss_that_needs_all_items_and_an_item_without_a_bias_are_refused()
    {
        Assert.Contains("expected Logistic or Gaussian", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Cpu(new OutputLoss(Likelihood.Multinomial, 1), item: 0)).Message);
        Assert.Contains("expected Identity, Tanh, Sigmoid or Selu", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Cpu(new OutputLoss(Likelihood.Gaussian, 1, 1, 1, Activation.Relu), item: 0)).Message);
        Assert.Contains("0 … 1", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Cpu(new OutputLoss(Likelihood.Logistic, 1), item: 2)).Message);

        static void Cpu(OutputLoss loss, int item) => SampledLoss.Cpu.Loss(Workers.One, [0, 1], [item], [1],
            new float[2], loss, new float[1], new float[1]);
    }

    private static (double[] Losses, double[] Gradient) Reference(SparseBatch batch, double[] bias, OutputLoss loss,
        double[] logits)
    {
        double[] gradient = [.. logits], losses = new double[batch.Rows];
        SampledLoss.Reference.Loss(batch.RowStarts, batch.Items, batch.Counts.ToDouble(), bias, loss, gradient,
            losses);
        return (losses, gradient);
    }
}
