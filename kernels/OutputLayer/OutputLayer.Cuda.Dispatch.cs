using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Devices;

/// <content>
/// The output layer on a GPU, by blocks of items: a block's logits f [B, width] = x W^T + b stay in the L2 cache while
/// they become the gradient, which dX and Adam read. The multinomial loss goes over the blocks twice, first for each
/// user's maximum and sum.
/// </content>
public static partial class Operations
{
    // Threads of TopK_Exclude's block.
    private const int ExcludeThreads = 128;

    // Items whose logits fill a number of bytes, in whole tiles of the products, and at most as a grid has columns.
    private static int BlockItems(long bytes, int users, int items) =>
        (int)Math.Min(Math.Min(items, CudaContext.MostColumns),
            Math.Max(1, bytes / sizeof(float) / Math.Max(1, users) / GemmLaunch.TileSide) * GemmLaunch.TileSide);

    // A batch so large that the cache holds few items gets blocks as wide as may be kept: otherwise W's update by a
    // block would have fewer tiles than there are multiprocessors, and x and dX, which every block goes over, would be
    // more to move than its logits.
    private static int BlockItems(CudaCompute cuda, int users, int inputs, int items)
    {
        int cached = BlockItems(cuda.BlockBytes, users, items);
        CudaDim tiles = GemmGrid(cached, inputs);
        return tiles.X * tiles.Y >= cuda.Context.Gpu.Multiprocessors
            ? cached
            : Math.Max(cached, BlockItems(cuda.KeptBytes, users, items));
    }

    private static void Loss(CudaCompute cuda, CudaBatch batch, OutputLoss loss, CudaView logits, CudaView losses)
    {
        (string kernel, CudaArgument[] settings) = loss.Likelihood switch
        {
            Likelihood.Multinomial => ("LogSoftmax_MultinomialLoss", (CudaArgument[])[(float)loss.Scale]),
            Likelihood.Logistic => ("LogisticLoss_Loss", [(float)loss.Scale]),
            Likelihood.Gaussian => ("GaussianLoss_Loss" + OfOutput(loss),
                [(float)loss.Scale, (float)loss.C1, (float)loss.C0]),
            _ => throw loss.Unknown(),
        };
        ReadOnlySpan<CudaArgument> clicks = [batch.RowStarts, batch.Items, batch.Counts, ClickGradients(cuda, batch)];
        cuda.Context.Launch(kernel, new(batch.UserCount), rowBlock,
            [logits, .. clicks, losses, .. settings, batch.ItemCount]);
    }

    // What ends the name of a kernel of the Gaussian loss.
    private static string OfOutput(OutputLoss loss) => loss.Output switch
    {
        Activation.Identity => "",
        Activation.Tanh => "OfTanh",
        Activation.Sigmoid => "OfSigmoid",
        _ => throw GaussianLoss.UnknownOutput(loss.Output),
    };

    // One block of threads for each row.
    private static readonly CudaDim rowBlock = new(Reduce.BlockSize);

    private static CudaView ClickGradients(CudaCompute cuda, CudaBatch batch) =>
        cuda.Scratch("gradients at clicks", batch.ClickCount);

    private static void Train(CudaCompute cuda, CudaBatch batch, CudaView counts, Tensor x, OutputLoss loss,
        AdamUpdate w, AdamUpdate b, CudaView losses, CudaView dX)
    {
        (int users, int inputs, int items) = (x.Rows, x.Columns, w.Value.Rows);
        int width = BlockItems(cuda, users, inputs, items);
        bool normalized = loss.Likelihood == Likelihood.Multinomial;
        bool kept = normalized && (long)users * items * sizeof(float) <= cuda.KeptBytes;
        CudaView logits = cuda.Scratch("logits", (long)users * (kept ? items : width));
        CudaView max = cuda.Scratch("maxima", users), sum = cuda.Scratch("sums", users),
            factor = cuda.Scratch("factors", users);

        if (normalized)
        {
            for (int first = 0; first < items; first += width)
            {
                var f = Block(first);
                // f = x W^T; f += b, max, and sum exp(f - max)
                CudaView weights = RowsOf(cuda, w.Value, first, f.Items);
                Multiply(cuda, Transpose.B, cuda[x], weights, f.View, users, f.Items, inputs, accumulate: false);
                cuda.Context.Launch("OutputLayer_Statistics", new(users), rowBlock,
                    f.View, cuda[b.Value], max, sum, first, f.Items, first == 0 ? 1 : 0);
            }
            cuda.LaunchRows("OutputLayer_Normalize", users,
                max, sum, batch.RowStarts, counts, factor, losses, (float)loss.Scale, users);
        }
        for (int first = 0; first < items; first += width)
        {
            var f = Block(first);
            CudaView weights = Rows(w.Value);
            if (!kept)
                Logits(cuda, x, w.Value, b.Value, first, f.Items, f.View);
            // df
            Gradient(cuda, batch, counts, loss, f.View, losses, max, factor, first, f.Items);
            // dX += df W
            Multiply(cuda, Transpose.None, f.View, weights, dX, users, inputs, f.Items, accumulate: first > 0);
            // b by the sum over users of df
            LaunchColumns(cuda, "Bias_Update", f.Items,
                f.View, Part(b.Value), Part(b.M), Part(b.V), users, f.Items, AdamConstants(b.Step));
            // W by df^T x
            cuda.Context.Launch(gemmKernels[(int)cuda.Products][GemmUpdate], GemmGrid(f.Items, inputs), gemmBlock,
                f.View, cuda[x], weights, Rows(w.M), Rows(w.V), f.Items, inputs, users, AdamConstants(w.Step));

            CudaView Rows(Tensor of) => RowsOf(cuda, of, first, f.Items);
            CudaView Part(Tensor of) => cuda[of].Slice(first, f.Items);
        }

        (CudaView View, int Items) Block(int first)
        {
            int count = Math.Min(width, items - first);
            return (logits.Slice(kept ? (long)users * first : 0, (long)users * count), count);
        }
    }

    private static CudaView RowsOf(CudaCompute cuda, Tensor tensor, int first, int rows) =>
        cuda[tensor].Slice((long)first * tensor.Columns, (long)rows * tensor.Columns);

    // f [B, count] = x W^T + b of some items.
    private static void Logits(CudaCompute cuda, Tensor x, Tensor w, Tensor b, int first, int count, CudaView f)
    {
        Multiply(cuda, Transpose.B, cuda[x], RowsOf(cuda, w, first, count), f, x.Rows, count, x.Columns,
            accumulate: false);
        AddBias(cuda, cuda[b].Slice(first, count), f, x.Rows, count);
    }

    // f [B, count] becomes the gradient of some items' logits; their terms are added to the losses.
    private static void Gradient(CudaCompute cuda, CudaBatch batch, CudaView counts, OutputLoss loss, CudaView f,
        CudaView losses, CudaView max, CudaView factor, int first, int count)
    {
        float scale = (float)loss.Scale;
        int isFirst = first == 0 ? 1 : 0;
        (string kernel, CudaArgument[] settings) = loss.Likelihood switch
        {
            Likelihood.Multinomial => ("OutputLayer_Multinomial", (CudaArgument[])[max, factor, scale, first, count]),
            Likelihood.Logistic => ("OutputLayer_Logistic", [scale, first, count, isFirst]),
            Likelihood.Gaussian => ("OutputLayer_Gaussian" + OfOutput(loss),
                [scale, (float)loss.C1, (float)loss.C0, first, count, isFirst]),
            _ => throw loss.Unknown(),
        };
        cuda.Context.Launch(kernel, new(batch.UserCount), rowBlock,
            [f, batch.RowStarts, batch.Items, counts, ClickGradients(cuda, batch), losses, .. settings]);
    }

    private static void Rank(CudaCompute cuda, CudaBatch batch, Tensor x, Tensor w, Tensor b, int k, RankFilter filter,
        Span<int> items, Span<float> scores)
    {
        if (items.IsEmpty)
            return;
        TopKeys keys = new(cuda, batch, w.Rows, k, filter);
        int users = x.Rows, width = BlockItems(cuda.BlockBytes, users, w.Rows);
        CudaView logits = cuda.Scratch("logits", (long)users * width);
        for (int first = 0; first < w.Rows; first += width)
        {
            int count = Math.Min(width, w.Rows - first);
            CudaView f = logits.Slice(0, (long)users * count);
            Logits(cuda, x, w, b, first, count, f);
            keys.Merge(f, first, count);
        }
        keys.Read(items, scores);
    }
}
