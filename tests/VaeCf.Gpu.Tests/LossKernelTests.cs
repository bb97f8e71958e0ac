using VaeCf.Kernels;

namespace VaeCf.Gpu.Tests;

public class LossKernelTests
{
    private const float Scale = 0.25f, C1 = 2, C0 = 0.5f;

    // Items around the block of 256 threads, and odd primes; whole, and cut in blocks of items.
    public static TheoryData<string, Likelihood, int, int, int> Shapes()
    {
        var data = new TheoryData<string, Likelihood, int, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                foreach ((int users, int items, int width) in ((int, int, int)[])[(1, 1, 1), (3, 255, 64),
                    (2, 256, 255), (5, 257, 256), (7, 521, 521), (4, 1031, 130)])
                    data.Add(device, likelihood, users, items, width);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Losses_and_gradients_are_the_references(
        string device, Likelihood likelihood, int users, int items, int width)
    {
        var batch = new SparseBatch(users, items);
        int clicks = batch.Items.Length;
        float[] bias = Compare.Random(items, 1),
            biased = [.. Compare.Random(users * items, 2).Select((logit, i) => logit + bias[i % items])];
        double[] gradient = biased.ToDouble(), losses = new double[users];
        Reference(likelihood, batch, gradient, losses);

        using var card = new KernelRun(device);
        KernelRun.Memory<int> starts = card.Holding(batch.RowStarts), items1 = card.Holding(batch.Items);
        KernelRun.Memory<float> counts = card.Holding(batch.Counts), scratch = card.Empty<float>(clicks),
            whole = card.Holding(biased), wholeLosses = card.Empty<float>(users);
        switch (likelihood)
        {
            case Likelihood.Multinomial:
                card.Launch("LogSoftmax_MultinomialLoss", new(users), new(256), whole, starts,
                items1, counts, scratch, wholeLosses, Scale, items); break;
            case Likelihood.Logistic:
                card.Launch("LogisticLoss_Loss", new(users), new(256), whole, starts, items1,
                counts, scratch, wholeLosses, Scale, items); break;
            case Likelihood.Gaussian:
                card.Launch("GaussianLoss_Loss", new(users), new(256), whole, starts, items1,
                counts, scratch, wholeLosses, Scale, C1, C0, items); break;
        }
        Assert.InRange(Compare.RelativeError(gradient, whole.Read()), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(losses, wholeLosses.Read()), 0, 1e-6);

        // By blocks of items: from logits without their bias, and from logits with it.
        KernelRun.Memory<float> blockLosses = card.Empty<float>(users), max = card.Empty<float>(users),
            sum = card.Empty<float>(users), factor = card.Empty<float>(users);
        var blocks = new List<KernelRun.Memory<float>>();
        for (int first = 0; first < items; first += width)
        {
            int count = Math.Min(width, items - first);
            bool withoutBias = likelihood == Likelihood.Multinomial;
            blocks.Add(card.Holding<float>([.. Enumerable.Range(0, users * count).Select(i =>
                biased[i / count * items + first + i % count] - (withoutBias ? bias[first + i % count] : 0))]));
            if (withoutBias)
                card.Launch("OutputLayer_Statistics", new(users), new(256), blocks[^1], card.Holding(bias), max, sum,
                    first, count, first == 0 ? 1 : 0);
        }
        if (likelihood == Likelihood.Multinomial)
            card.Launch("OutputLayer_Normalize", new((users + 7) / 8), new(128), max, sum, starts, counts, factor,
                blockLosses, Scale, users);
        for (int block = 0; block < blocks.Count; block++)
        {
            int first = block * width, count = Math.Min(width, items - first), isFirst = block == 0 ? 1 : 0;
            switch (likelihood)
            {
                case Likelihood.Multinomial:
                    card.Launch("OutputLayer_Multinomial", new(users), new(256), blocks[block],
                    starts, items1, counts, scratch, blockLosses, max, factor, Scale, first, count); break;
                case Likelihood.Logistic:
                    card.Launch("OutputLayer_Logistic", new(users), new(256), blocks[block],
                    starts, items1, counts, scratch, blockLosses, Scale, first, count, isFirst); break;
                case Likelihood.Gaussian:
                    card.Launch("OutputLayer_Gaussian", new(users), new(256), blocks[block],
                    starts, items1, counts, scratch, blockLosses, Scale, C1, C0, first, count, isFirst); break;
            }
            double[] expected = [
                .. Enumerable.Range(0, users * count).Select(i => gradient[i / count * items + first + i % count])];
            // Taking the bias off and on again costs a rounding of each logit.
            Assert.InRange(Compare.RelativeError(expected, blocks[block].Read()), 0, 2e-6);
        }
        Assert.InRange(Compare.RelativeError(losses, blockLosses.Read()), 0, 2e-6);
    }

    private static void Reference(Likelihood likelihood, SparseBatch batch, double[] logits, double[] losses)
    {
        double[] counts = batch.Counts.ToDouble();
        switch (likelihood)
        {
            case Likelihood.Multinomial:
                LogSoftmax.Reference.MultinomialLoss(
                batch.Rows, batch.Columns, logits, batch.RowStarts, batch.Items, counts, Scale, losses); break;
            case Likelihood.Logistic:
                LogisticLoss.Reference.Loss(
                batch.Rows, batch.Columns, logits, batch.RowStarts, batch.Items, counts, Scale, losses); break;
            case Likelihood.Gaussian:
                GaussianLoss.Reference.Loss(
                batch.Rows, batch.Columns, logits, batch.RowStarts, batch.Items, counts, C1, C0, Activation.Identity,
                Scale, losses); break;
        }
    }
}
