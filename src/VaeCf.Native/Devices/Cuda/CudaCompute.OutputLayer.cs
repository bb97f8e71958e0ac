using VaeCf.Kernels;
using TopKeys = VaeCf.Kernels.TopK.Cpu;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// Losses, and the output layer by blocks of items: a block's logits F [B, width] = x W^T + b stay in the L2 cache while they become the
/// gradient and are used up, by dX and by Adam. The multinomial loss goes over the blocks twice, first for each user's maximum and sum.
/// </summary>
internal sealed partial class CudaCompute
{
    // Items of a block come in whole tiles of the products.
    private const int BlockMultiple = 128;

    // Items a user gets from TopK_Merge, at most: its keys lie in shared memory.
    private const int MostRanked = 1_024;

    private readonly CudaArray<float> blocks, maxima, sums, factors, clickGradients;
    private readonly CudaArray<ulong> keys;

    /// <summary>Bytes of a block's logits: half of the L2 cache, for the weights go through it too.</summary>
    public long BlockBytes { get; set; }

    /// <summary>Bytes of logits kept from the first pass to the second; beyond it they are computed again, a third more arithmetic.</summary>
    public long KeptBytes { get; set; }

    // Items whose logits fill some bytes.
    private static int BlockItems(long bytes, int users, int items) =>
        (int)Math.Min(items, Math.Max(1, bytes / sizeof(float) / Math.Max(1, users) / BlockMultiple) * BlockMultiple);

    // A batch so large that the cache holds few items has blocks as wide as may be kept: else W's update by a block would have fewer tiles than
    // there are multiprocessors, and x and dX, which each block goes over, would be more to move than its logits.
    private int BlockItems(int users, int inputs, int items)
    {
        int cached = BlockItems(BlockBytes, users, items);
        return Cover(cached, GemmTile) * Cover(inputs, GemmTile) >= context.Card.Multiprocessors ? cached : Math.Max(cached, BlockItems(KeptBytes, users, items));
    }

    public void MultinomialLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss) => Loss("LogSoftmax_MultinomialLoss", batch, logits, loss, (float)scale);

    public void LogisticLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss) => Loss("LogisticLoss_Loss", batch, logits, loss, (float)scale);

    public void GaussianLoss(ClickBatch batch, double c1, double c0, double scale, Tensor logits, Tensor loss) =>
        Loss("GaussianLoss_Loss", batch, logits, loss, (float)scale, (float)c1, (float)c0);

    // A loss of whole rows of logits, which become the gradient.
    private void Loss(string kernel, ClickBatch batch, Tensor logits, Tensor loss, params ReadOnlySpan<CudaArgument> settings)
    {
        CudaBatch on = On(batch);
        loss.Resize(logits.Rows);
        clickGradients.Reserve(batch.ClickCount);
        context.Launch(kernel, new(logits.Rows), new(LossThreads),
            [View(logits), on.RowStarts, on.Items, on.Counts, clickGradients.View(batch.ClickCount), View(loss), .. settings, logits.Columns]);
    }

    public void TrainOutputLayer(ClickBatch batch, Tensor x, OutputLoss loss, AdamUpdate w, AdamUpdate b, Tensor losses, Tensor dX)
    {
        CudaBatch on = On(batch);
        (int users, int inputs, int items) = (x.Rows, x.Columns, w.Value.Rows);
        losses.Resize(users);
        dX.Resize(users);
        int width = BlockItems(users, inputs, items);
        bool normalized = loss.Likelihood == OutputLikelihood.Multinomial;
        bool kept = normalized && (long)users * items * sizeof(float) <= KeptBytes;
        blocks.Reserve((long)users * (kept ? items : width));
        maxima.Reserve(users);
        sums.Reserve(users);
        factors.Reserve(users);
        clickGradients.Reserve(batch.ClickCount);
        (CudaView max, CudaView sum, CudaView factor) = (maxima.View(users), sums.View(users), factors.View(users));

        if (normalized)
        {
            for (int first = 0; first < items; first += width)
            {
                var f = Block(first);
                Multiply(Transpose.B, View(x), On(w.Value).RowsFrom(first, f.Items), f.View, users, f.Items, inputs, accumulate: false);  // f = x W^T
                context.Launch("OutputLayer_Statistics", new(users), new(LossThreads),                                                // f += b; max, sum exp(f - max)
                    f.View, View(b.Value), max, sum, first, f.Items, first == 0 ? 1 : 0);
            }
            context.Launch("OutputLayer_Normalize", new(Cover(users, RowsPerBlock)), new(RowThreads), max, sum, on.RowStarts, on.Counts, factor, View(losses), (float)loss.Scale, users);
        }
        for (int first = 0; first < items; first += width)
        {
            var f = Block(first);
            CudaView weights = On(w.Value).RowsFrom(first, f.Items);
            if (!kept)
                Logits(x, w.Value, b.Value, first, f.Items, f.View);
            Gradient(on, loss, f.View, losses, first, f.Items);                                                                       // df
            Multiply(Transpose.None, f.View, weights, View(dX), users, inputs, f.Items, accumulate: first > 0);                       // dX += df W
            context.Launch("Bias_Update", new(Cover(f.Items, BiasColumns)), new(BiasColumns, BiasLanes),                              // b by sum over users of df
                f.View, On(b.Value).Memory.View(first, f.Items), On(b.M).Memory.View(first, f.Items), On(b.V).Memory.View(first, f.Items), users, f.Items, Constants(b.Step));
            context.Launch(gemmUpdate, GemmGrid(f.Items, inputs), new(GemmThreads),                                                    // W by df^T x
                f.View, View(x), weights, On(w.M).RowsFrom(first, f.Items), On(w.V).RowsFrom(first, f.Items), f.Items, inputs, users, Constants(w.Step));
        }

        (CudaView View, int Items) Block(int first)
        {
            int count = Math.Min(width, items - first);
            return (blocks.View(kept ? (long)users * first : 0, (long)users * count), count);
        }
    }

    // f [B, count] = x W^T + b of some items.
    private void Logits(Tensor x, Tensor w, Tensor b, int first, int count, CudaView f)
    {
        Multiply(Transpose.B, View(x), On(w).RowsFrom(first, count), f, x.Rows, count, x.Columns, accumulate: false);
        context.LaunchElements("Bias_Add", x.Rows, count, On(b).Memory.View(first, count), f, count);
    }

    // f [B, count] becomes the gradient of some items' logits; what the items add to the losses is added.
    private void Gradient(CudaBatch batch, OutputLoss loss, CudaView f, Tensor losses, int first, int count)
    {
        (int users, float scale) = (batch.UserCount, (float)loss.Scale);
        ReadOnlySpan<CudaArgument> clicks = [f, batch.RowStarts, batch.Items, batch.Counts, clickGradients.View(batch.ClickCount), View(losses)];
        int isFirst = first == 0 ? 1 : 0;
        (string kernel, CudaArgument[] settings) = loss.Likelihood switch
        {
            OutputLikelihood.Multinomial => ("OutputLayer_Multinomial", (CudaArgument[])[maxima.View(users), factors.View(users), scale, first, count]),
            OutputLikelihood.Logistic => ("OutputLayer_Logistic", [scale, first, count, isFirst]),
            _ => ("OutputLayer_Gaussian", [scale, (float)loss.C1, (float)loss.C0, first, count, isFirst]),
        };
        context.Launch(kernel, new(users), new(LossThreads), [.. clicks, .. settings]);
    }

    public void Rank(ClickBatch batch, Tensor x, Tensor w, Tensor b, int k, Span<int> items, Span<float> scores)
    {
        if (k > MostRanked)
            throw new DeviceException($"{context.Card}: {k} items a user; at most {MostRanked} can be ranked on a card");
        if (items.IsEmpty)
            return;
        CudaBatch on = On(batch);
        int users = x.Rows, width = BlockItems(BlockBytes, users, w.Rows);
        blocks.Reserve((long)users * width);
        keys.Reserve(items.Length);
        for (int first = 0; first < w.Rows; first += width)
        {
            int count = Math.Min(width, w.Rows - first);
            CudaView f = blocks.View((long)users * count);
            Logits(x, w, b, first, count, f);
            context.Launch("TopK_Exclude", new(users), new(RowThreads), f, on.RowStarts, on.Items, first, count);
            context.Launch("TopK_Merge", new(users), new(LossThreads), f, keys.View(items.Length), first, count, k, first == 0 ? 1 : 0);
        }
        var ranked = new ulong[items.Length];
        keys.Download(ranked);
        for (int i = 0; i < ranked.Length; i++)
        {
            items[i] = ranked[i] == 0 ? -1 : TopKeys.Index(ranked[i]);
            if (!scores.IsEmpty)
                scores[i] = TopKeys.Score(ranked[i]);
        }
    }
}
