using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>An NVIDIA card: float kernels compiled ahead to PTX. Clicks, parameters and Adam's state live there; a step uploads its users' numbers.</summary>
internal sealed partial class CudaCompute : Device, Compute
{
    // Threads of a block: 16 for each of 8 rows, or one for each of 128 columns; a block for a row of logits.
    private const int RowThreads = 128, RowsPerBlock = 8, LossThreads = 256;

    // Matrices of clicks kept on the card: those to train on, to validate and to test, and one that comes and goes.
    private const int MostClicks = 4;

    private readonly CudaContext context;
    private readonly string gemmNone, gemmA, gemmB, gemmUpdate;
    private readonly CudaArray<float> partialSums;
    private readonly List<(WeakReference<ClickMatrix> Matrix, CudaClicks Clicks)> resident = [];

    private CudaCompute(CudaContext context, ProductPrecision products)
    {
        this.context = context;
        Products = products;
        string suffix = products == ProductPrecision.Single ? "" : $"{products}";
        (gemmNone, gemmA, gemmB, gemmUpdate) = ($"Gemm_None{suffix}", $"Gemm_A{suffix}", $"Gemm_B{suffix}", $"Gemm_Update{suffix}");
        partialSums = new(context);
        (blocks, maxima, sums, factors, clickGradients, keys) = (new(context), new(context), new(context), new(context), new(context), new(context));
        BlockBytes = context.Card.L2Bytes / 2;
        KeptBytes = context.Card.MemoryBytes / 8;
    }

    /// <summary>Takes a card into use.</summary>
    /// <exception cref="DeviceException">There is no driver or no such card, or it cannot be used.</exception>
    public static CudaCompute Open(ICudaDriver? driver, int index, ProductPrecision products = ProductPrecision.Single)
    {
        IReadOnlyList<CudaCard> cards = CudaCard.FindAll(driver, out string? none);
        if (none is not null)
            throw new DeviceException(none);
        if (index >= cards.Count)
            throw new DeviceException($"no cuda:{index}: there {(cards.Count == 1 ? "is 1 CUDA device" : $"are {cards.Count} CUDA devices")}, numbered from 0");
        return new CudaCompute(new CudaContext(driver!, cards[index]), products);
    }

    public override string Description => $"{context.Card}, compute capability {context.Card.ComputeCapability}, driver for CUDA {context.Card.DriverVersion}{(Products == ProductPrecision.Single ? "" : $", products in {Products}")}";

    /// <summary>How dense products are made.</summary>
    public ProductPrecision Products { get; }

    /// <summary>The card at work, for those who measure it.</summary>
    public CudaContext Context => context;

    private static CudaTensor On(Tensor tensor) => (CudaTensor)tensor;

    private static CudaView View(Tensor tensor) => tensor is RowSlice slice
        ? new(View(slice.Whole).Address + (ulong)slice.Offset * sizeof(float), slice.Length)
        : On(tensor).View;

    private static CudaBatch On(ClickBatch batch) => (CudaBatch)batch;

    // Blocks that cover a number of elements.
    private static int Cover(long elements, int perBlock) => checked((int)((elements + perBlock - 1) / perBlock));

    // A kernel's structure AdamConstants: the same roundings as the CPU's.
    private static CudaArgument Constants(in AdamStep step) => (ReadOnlySpan<float>)
    [
        (float)step.WeightDecay, (float)step.Epsilon,
        (float)step.Beta1, (float)(1 - step.Beta1), (float)step.Beta2, (float)(1 - step.Beta2),
        (float)(-step.LearningRate * step.Correction1), (float)step.Correction2, (float)step.GradientScale,
    ];

    public Tensor Allocate(int rows, int columns) => new CudaTensor(context, rows, columns);

    public ClickBatch AllocateBatch() => new CudaBatch(context);

    public void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch) => On(batch).Load(clicks, Resident(clicks), users);

    // The newest are last; whose matrix is gone, and then the oldest, give their memory to the next, as a user's clicks do to the next user's.
    private CudaClicks Resident(ClickMatrix matrix)
    {
        int at = resident.FindIndex(one => one.Matrix.TryGetTarget(out ClickMatrix? target) && target == matrix);
        bool known = at >= 0;
        if (!known)
            at = resident.FindIndex(one => !one.Matrix.TryGetTarget(out _));
        if (at < 0 && resident.Count == MostClicks)
            at = 0;
        CudaClicks clicks = at < 0 ? new CudaClicks(context) : resident[at].Clicks;
        if (at >= 0)
            resident.RemoveAt(at);
        if (!known)
            clicks.Load(matrix);
        resident.Add((new WeakReference<ClickMatrix>(matrix), clicks));
        return clicks;
    }

    public void Write(ReadOnlySpan<float> source, Tensor target) => context.Upload(source, View(target).Address);

    public void Write(ReadOnlySpan<double> source, Tensor target)
    {
        var values = new float[source.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)source[i];
        Write(values, target);
    }

    public void Read(Tensor source, Span<float> target) => context.Download(View(source).Address, target);

    public void Read(Tensor source, Span<double> target)
    {
        var values = new float[target.Length];
        Read(source, values);
        for (int i = 0; i < values.Length; i++)
            target[i] = values[i];
    }

    public void Fill(double value, Tensor target) => context.LaunchFlat("Batch_Fill", target.Length, View(target), (float)value, target.Length);

    public void Gemm(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmSizes(transpose, a, b, c);
        Multiply(transpose, View(a), View(b), View(c), m, n, k, accumulate: false);
    }

    public void GemmAdd(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmAddSizes(transpose, a, c);
        Multiply(transpose, View(a), View(b), View(c), m, n, k, accumulate: true);
    }

    // The products' tile of C, [128, 128], threads of its block, and blocks that a multiprocessor holds. A sum is split to fill the card with blocks,
    // but into no shorter parts than these, and into multiples of what the kernels go by.
    private const int GemmTile = 128, GemmThreads = 128, GemmBlocks = 2, LeastDepth = 128, DepthStep = 16;

    private static CudaDim GemmGrid(int m, int n) => new(Cover(n, GemmTile), Cover(m, GemmTile));

    // C (+)= op(A) op(B). Split sums are added in order: the bits depend on the card's size, not on the run.
    private void Multiply(Transpose transpose, CudaView a, CudaView b, CudaView c, int m, int n, int k, bool accumulate)
    {
        string kernel = transpose switch { Transpose.A => gemmA, Transpose.B => gemmB, _ => gemmNone };
        CudaDim grid = GemmGrid(m, n);
        int splits = Math.Min(GemmBlocks * context.Card.Multiprocessors / Math.Max(1, grid.X * grid.Y), k / LeastDepth);
        if (splits <= 1)
        {
            context.Launch(kernel, grid, new(GemmThreads), a, b, c, m, n, k, k, accumulate ? 1 : 0);
            return;
        }
        int depth = Cover(Cover(k, splits), DepthStep) * DepthStep;
        splits = Cover(k, depth);
        long count = (long)m * n;
        partialSums.Reserve(splits * count);
        CudaView parts = partialSums.View(splits * count);
        context.Launch(kernel, grid with { Z = splits }, new(GemmThreads), a, b, parts, m, n, k, depth, 0);
        context.LaunchFlat("Gemm_AddSplits", count, parts, c, count, splits, accumulate ? 1 : 0);
    }

    public void SparseGemm(ClickBatch batch, Tensor values, Tensor w, Tensor y)
    {
        CudaBatch on = On(batch);
        y.Resize(on.UserCount);
        context.LaunchElements("SparseGemm_Gather", on.UserCount, w.Columns, on.RowStarts, on.Items, View(values), View(w), View(y), w.Columns);
    }

    public void SparseGemmGradient(ClickBatch batch, Tensor values, Tensor dY, Tensor dW)
    {
        CudaBatch on = On(batch);
        on.Index();
        context.LaunchElements("SparseGemm_Scatter", dW.Rows, dW.Columns, on.ItemStarts, on.ItemClicks, on.ItemRows, View(values), View(dY), View(dW), dW.Columns);
    }

    public void SparseGemmUpdate(ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w)
    {
        CudaBatch on = On(batch);
        on.Index();
        context.LaunchElements("SparseGemm_Update", w.Value.Rows, dY.Columns,
            on.ItemStarts, on.ItemClicks, on.ItemRows, View(values), View(dY), View(w.Value), View(w.M), View(w.V), dY.Columns, Constants(w.Step));
    }

    public void AddBias(Tensor bias, Tensor y) => context.LaunchElements("Bias_Add", y.Rows, y.Columns, View(bias), View(y), y.Columns);

    public void BiasGradient(Tensor dY, Tensor dBias) =>
        context.Launch("Bias_Gradient", new(Cover(dY.Columns, BiasColumns)), new(BiasColumns, BiasLanes), View(dY), View(dBias), dY.Rows, dY.Columns);

    private const int BiasColumns = 32, BiasLanes = 32;

    public void AddBiasTanh(Tensor bias, Tensor y) => context.LaunchElements("Tanh_Forward", y.Rows, y.Columns, View(bias), View(y), y.Columns);

    public void TanhGradient(Tensor y, Tensor dY) => context.LaunchFlat("Tanh_Backward", y.Length, View(y), View(dY), y.Length);

    public void NormalizeRows(ClickBatch batch, Tensor values)
    {
        CudaBatch on = On(batch);
        values.Resize(on.ClickCount);
        LaunchRows("RowNormalize_Forward", on.UserCount, on.RowStarts, on.Counts, View(values), on.UserCount);
    }

    public void NormalizeRowsDropout(RandomStream stream, double keep, ClickBatch batch, Tensor values)
    {
        CudaBatch on = On(batch);
        values.Resize(on.ClickCount);
        LaunchRows("RowNormalize_Dropout", on.UserCount, on.RowStarts, on.Counts, View(values), on.Users, on.Items,
            stream.Seed, stream.Step, Threshold(keep), (uint)stream.Purpose, (float)keep, on.UserCount);
    }

    // Words below it keep an element.
    private static ulong Threshold(double keep) => (ulong)Math.Ceiling(keep * (1L << 32));

    public void Dropout(Tensor mask, double keep, Tensor values) =>
        context.LaunchFlat("Dropout_Apply", values.Length, View(values), View(mask), (float)keep, values.Length);

    // Numbers that one Philox block gives.
    private const int WordsOfBlock = 4;

    public void Normal(RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Resize(batch.UserCount);
        context.LaunchElements("Normal_Fill", output.Rows, Cover(output.Columns, WordsOfBlock), On(batch).Users, View(output), stream.Seed, stream.Step, (uint)stream.Purpose, output.Columns);
    }

    public void Reparameterize(Tensor head, Tensor epsilon, Tensor z, Tensor kl)
    {
        z.Resize(head.Rows);
        kl.Resize(head.Rows);
        context.Launch("Reparameterize_Forward", new(Cover(head.Rows, RowsPerBlock)), new(RowThreads), View(head), View(epsilon), View(z), View(kl), head.Rows, z.Columns);
    }

    public void ReparameterizeGradient(Tensor head, Tensor epsilon, Tensor dZ, double klScale, Tensor dHead)
    {
        dHead.Resize(head.Rows);
        context.LaunchFlat("Reparameterize_Backward", dZ.Length, View(head), View(epsilon), View(dZ), View(dHead), (float)klScale, dZ.Rows, dZ.Columns);
    }

    public void Mean(Tensor head, Tensor z)
    {
        z.Resize(head.Rows);
        context.LaunchFlat("Reparameterize_Mean", z.Length, View(head), View(z), z.Rows, z.Columns);
    }

    public double SquaredNorm(Tensor x)
    {
        const int elementsOfSum = 4_096;
        var sums = new float[Cover(x.Length, elementsOfSum)];
        partialSums.Reserve(sums.Length);
        context.Launch("SquaredNorm_Blocks", new(Cover(sums.Length, RowsPerBlock)), new(RowThreads), View(x), partialSums.View(sums.Length), x.Length);
        partialSums.Download(sums);
        double sum = 0;
        foreach (float part in sums)
            sum += part;
        return sum;
    }

    public void Adam(Tensor gradient, AdamUpdate update) =>
        context.LaunchFlat("Adam_Step", gradient.Length, View(gradient), View(update.Value), View(update.M), View(update.V), gradient.Length, Constants(update.Step));

    public override void Dispose()
    {
        foreach ((_, CudaClicks clicks) in resident)
            clicks.Dispose();
        foreach (CudaArray<float> array in (ReadOnlySpan<CudaArray<float>>)[partialSums, blocks, maxima, sums, factors, clickGradients])
            array.Dispose();
        keys.Dispose();
        context.Dispose();
    }
}
