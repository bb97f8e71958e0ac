using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Gpu.Tests;

/// <summary>Losses of tanh and sigmoid outputs, of sampled items, and with items left out.</summary>
public class SampledLossKernelTests
{
    private const float Scale = 0.25f, C1 = 2, C0 = 0.5f;

    public static TheoryData<string, Likelihood, Activation, int, int> Shapes()
    {
        var data = new TheoryData<string, Likelihood, Activation, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach ((Likelihood likelihood, Activation output) in ((Likelihood, Activation)[])
                [(Likelihood.Logistic, Activation.Identity), (Likelihood.Gaussian, Activation.Identity),
                 (Likelihood.Gaussian, Activation.Tanh), (Likelihood.Gaussian, Activation.Sigmoid)])
                foreach ((int users, int items) in ((int, int)[])[(1, 1), (3, 15), (8, 257), (9, 521)])
                    data.Add(device, likelihood, output, users, items);
        return data;
    }

    // SELU is an output of sampled losses alone.
    public static TheoryData<string, Likelihood, Activation, int, int> Sampled()
    {
        TheoryData<string, Likelihood, Activation, int, int> data = Shapes();
        foreach (string device in GpuDevices.Names)
            foreach ((int users, int items) in ((int, int)[])[(1, 1), (3, 15), (8, 257)])
                data.Add(device, Likelihood.Gaussian, Activation.Selu, users, items);
        return data;
    }

    private static string Of(Activation output) => output == Activation.Identity ? "" : $"Of{output}";

    private static CudaArgument[] Weights(Likelihood likelihood) =>
        likelihood == Likelihood.Gaussian ? [C1, C0] : [];

    [Theory, MemberData(nameof(Sampled))]
    public void Sampled_losses_and_gradients_are_the_references(
        string device, Likelihood likelihood, Activation output, int users, int items)
    {
        var batch = new SparseBatch(users, items);
        float[] logits = Compare.Random(batch.Items.Length, 1), bias = Compare.Random(items, 2);
        double[] gradient = logits.ToDouble(), losses = new double[users];
        SampledLoss.Reference.Loss(batch.RowStarts, batch.Items, batch.Counts.ToDouble(), bias.ToDouble(),
            new OutputLoss(likelihood, Scale, C1, C0, output), gradient, losses);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> logits1 = card.Holding(logits), losses1 = card.Empty<float>(users);
        card.Launch($"SampledLoss_{likelihood}{Of(output)}", new((users + 7) / 8), new(128),
            [card.Holding(batch.RowStarts), card.Holding(batch.Items), card.Holding(batch.Counts), card.Holding(bias),
                logits1, losses1, Scale, .. Weights(likelihood), users]);
        Assert.InRange(Compare.RelativeError(gradient, logits1.Read()), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(losses, losses1.Read()), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Losses_of_all_items_are_the_references_with_items_left_out_of_a_logistic_one(
        string device, Likelihood likelihood, Activation output, int users, int items)
    {
        var batch = new SparseBatch(users, items);
        for (int n = 0; likelihood == Likelihood.Logistic && n < batch.Counts.Length; n += 2)
            batch.Counts[n] = -1;
        float[] logits = Compare.Random(users * items, 1);
        double[] gradient = logits.ToDouble(), losses = new double[users];
        OutputLayer.Reference.Loss(users, items, gradient, batch.RowStarts, batch.Items, batch.Counts.ToDouble(),
            new OutputLoss(likelihood, Scale, C1, C0, output), losses);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> whole = card.Holding(logits), block = card.Holding(logits),
            losses1 = card.Empty<float>(users), losses2 = card.Empty<float>(users);
        CudaArgument[] clicks = [card.Holding(batch.RowStarts), card.Holding(batch.Items), card.Holding(batch.Counts),
            card.Empty<float>(batch.Items.Length)];
        card.Launch($"{likelihood}Loss_Loss{Of(output)}", new(users), new(256),
            [whole, .. clicks, losses1, Scale, .. Weights(likelihood), items]);
        card.Launch($"OutputLayer_{likelihood}{Of(output)}", new(users), new(256),
            [block, .. clicks, losses2, Scale, .. Weights(likelihood), 0, items, 1]);
        foreach ((KernelRun.Memory<float> found, KernelRun.Memory<float> sums) in
            ((KernelRun.Memory<float>, KernelRun.Memory<float>)[])[(whole, losses1), (block, losses2)])
        {
            Assert.InRange(Compare.RelativeError(gradient, found.Read()), 0, 1e-6);
            Assert.InRange(Compare.RelativeError(losses, sums.Read()), 0, 1e-6);
        }
    }
}
