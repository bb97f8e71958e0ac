using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>This processor: float, SIMD, threads.</summary>
internal sealed class CpuCompute(int threads) : Device, Compute
{
    private readonly Workers workers = new(threads);
    private readonly OutputLayer.Cpu.Workspace workspace = new();

    /// <summary>The threads that run its kernels.</summary>
    public Workers Workers => workers;

    public override string Description => $"cpu, {workers.Count} thread{(workers.Count == 1 ? "" : "s")}, {VectorWidth.Name}";

    private sealed class Buffer : Tensor
    {
        private AlignedBuffer memory;

        public Buffer(int rows, int columns) : base(rows, columns) => memory = new AlignedBuffer(Length);

        public unsafe Span<float> Span => new(memory.Pointer, checked((int)Length));

        /// <summary>Of a weight and its moments whose rows may be behind.</summary>
        public RowwiseWeight? Rowwise { get; set; }

        protected override void Reserve(long length)
        {
            if (length <= memory.Length)
                return;
            memory.Dispose();
            memory = new AlignedBuffer(length);
        }

        public override void Dispose() => memory.Dispose();
    }

    /// <summary>A weight that Adam updates row by row, and its moments.</summary>
    private sealed record RowwiseWeight(Buffer Value, Buffer M, Buffer V)
    {
        public Adam.Cpu.Backlog Backlog { get; } = new(Value.Rows, Value.Columns);

        public AdamTensor<float> Spans => new(Value.Span, M.Span, V.Span);
    }

    // Every kernel reads by this, so that no row it reads is behind; Gather and Update alone know which rows they read.
    private Span<float> Span(Tensor tensor)
    {
        if (tensor is RowSlice slice)
            return Span(slice.Whole).Slice(checked((int)slice.Offset), (int)slice.Length);
        var buffer = (Buffer)tensor;
        buffer.Rowwise?.Backlog.CatchUp(workers, buffer.Rowwise.Spans);
        return buffer.Span;
    }

    private static HostBatch Host(ClickBatch batch) => (HostBatch)batch;

    public Tensor Allocate(int rows, int columns) => new Buffer(rows, columns);

    public ClickBatch AllocateBatch() => new HostBatch();

    public void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch) => Host(batch).Load(clicks, users);

    public void Write(ReadOnlySpan<float> source, Tensor target) => source.CopyTo(Span(target));

    public void Write(ReadOnlySpan<double> source, Tensor target)
    {
        Span<float> span = Span(target);
        for (int i = 0; i < span.Length; i++)
            span[i] = (float)source[i];
    }

    public void Read(Tensor source, Span<float> target) => Span(source).CopyTo(target);

    public void Read(Tensor source, Span<double> target)
    {
        Span<float> span = Span(source);
        for (int i = 0; i < span.Length; i++)
            target[i] = span[i];
    }

    public void Fill(double value, Tensor target) => Span(target).Fill((float)value);

    public void Gemm(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmSizes(transpose, a, b, c);
        Kernels.Gemm.Cpu.Multiply(workers, transpose, m, n, k, Span(a), Span(b), Span(c));
    }

    public void GemmAdd(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmAddSizes(transpose, a, c);
        Kernels.Gemm.Cpu.MultiplyAdd(workers, transpose, m, n, k, Span(a), Span(b), Span(c));
    }

    public void SparseGemm(ClickBatch batch, Tensor values, Tensor w, Tensor y)
    {
        HostBatch host = Host(batch);
        y.Resize(host.UserCount);
        Kernels.SparseGemm.Cpu.Gather(workers, host.UserCount, w.Columns, host.RowStarts, host.Items, Span(values), ClickedRows(host, w), Span(y));
    }

    // A weight of which the rows of the batch's items are up to date.
    private Span<float> ClickedRows(HostBatch host, Tensor w)
    {
        if (w is not Buffer { Rowwise: { } rowwise })
            return Span(w);
        rowwise.Backlog.CatchUp(workers, host.ByItem.Items, rowwise.Spans);
        return rowwise.Value.Span;
    }

    public void SparseGemmGradient(ClickBatch batch, Tensor values, Tensor dY, Tensor dW) =>
        Kernels.SparseGemm.Cpu.Scatter(workers, Host(batch).ByItem, dW.Columns, Span(values), Span(dY), Span(dW));

    public void AddBias(Tensor bias, Tensor y) => Bias.Cpu.Add(workers, y.Rows, y.Columns, Span(y), Span(bias));

    public void BiasGradient(Tensor dY, Tensor dBias) => Bias.Cpu.Gradient(workers, dY.Rows, dY.Columns, Span(dY), Span(dBias));

    public void AddBiasTanh(Tensor bias, Tensor y) => Tanh.Cpu.Forward(workers, y.Rows, y.Columns, Span(y), Span(bias));

    public void TanhGradient(Tensor y, Tensor dY) => Tanh.Cpu.Backward(workers, Span(y), Span(dY), Span(dY));

    public void Add(Tensor x, Tensor y) => Kernels.Add.Cpu.Forward(workers, Span(x), Span(y));

    public void Gate(Tensor a, Tensor g, Tensor y)
    {
        y.Resize(a.Rows);
        Kernels.Gate.Cpu.Forward(workers, Span(a), Span(g), Span(y));
    }

    public void GateGradient(Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG)
    {
        dA.Resize(a.Rows);
        dG.Resize(a.Rows);
        Kernels.Gate.Cpu.Backward(workers, Span(a), Span(g), Span(dY), Span(dA), Span(dG));
    }

    public void Swish(Tensor x, Tensor y)
    {
        y.Resize(x.Rows);
        Kernels.Swish.Cpu.Forward(workers, Span(x), Span(y));
    }

    public void SwishGradient(Tensor x, Tensor dY, Tensor dX)
    {
        dX.Resize(x.Rows);
        Kernels.Swish.Cpu.Backward(workers, Span(x), Span(dY), Span(dX));
    }

    public void LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
    {
        y.Resize(x.Rows);
        statistics.Resize(x.Rows);
        Kernels.LayerNorm.Cpu.Forward(workers, x.Rows, x.Columns, Span(x), Span(weight), Span(bias), (float)epsilon, Span(y), Span(statistics));
    }

    public void LayerNormGradient(Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias)
    {
        dX.Resize(x.Rows);
        Kernels.LayerNorm.Cpu.Backward(workers, x.Rows, x.Columns, Span(x), Span(weight), Span(statistics), Span(dY), Span(dX), Span(dWeight), Span(dBias));
    }

    public void Clamp(Tensor x, double low, double high, Tensor y)
    {
        y.Resize(x.Rows);
        Kernels.Clamp.Cpu.Forward(workers, Span(x), (float)low, (float)high, Span(y));
    }

    public void ClampGradient(Tensor x, double low, double high, Tensor dY) => Kernels.Clamp.Cpu.Backward(workers, Span(x), (float)low, (float)high, Span(dY));

    public void NormalizeRows(ClickBatch batch, Tensor values)
    {
        HostBatch host = Host(batch);
        values.Resize(host.ClickCount);
        RowNormalize.Cpu.Forward(workers, host.RowStarts, host.Counts, Span(values));
    }

    public void NormalizeRowsDropout(RandomStream stream, double keep, ClickBatch batch, Tensor values)
    {
        NormalizeRows(batch, values);
        HostBatch host = Host(batch);
        Kernels.Dropout.Cpu.Clicks(workers, stream, keep, host.RowStarts, host.Users, host.Items, Span(values));
    }

    public void DropoutMask(RandomStream stream, double keep, Tensor mask) =>
        Kernels.Dropout.Cpu.DenseMask(workers, stream, keep, mask.Rows, mask.Columns, Span(mask));

    public void Dropout(Tensor mask, double keep, Tensor values) =>
        Kernels.Dropout.Cpu.Apply(workers, Span(values), Span(mask), (float)keep, Span(values));

    public void Normal(RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Resize(batch.UserCount);
        Kernels.Normal.Cpu.Fill(workers, stream, Host(batch).Users, output.Columns, Span(output));
    }

    public void Reparameterize(Tensor head, Tensor epsilon, Tensor z, Tensor kl)
    {
        z.Resize(head.Rows);
        kl.Resize(head.Rows);
        Kernels.Reparameterize.Cpu.Forward(workers, head.Rows, z.Columns, Span(head), Span(epsilon), Span(z), Span(kl));
    }

    public void ReparameterizeGradient(Tensor head, Tensor epsilon, Tensor dZ, double klScale, Tensor dHead)
    {
        dHead.Resize(head.Rows);
        Kernels.Reparameterize.Cpu.Backward(workers, head.Rows, dZ.Columns, Span(head), Span(epsilon), Span(dZ), (float)klScale, Span(dHead));
    }

    public void Mean(Tensor head, Tensor z)
    {
        z.Resize(head.Rows);
        for (int row = 0; row < head.Rows; row++)
            Span(head).Slice(row * head.Columns, z.Columns).CopyTo(Span(z)[(row * z.Columns)..]);
    }

    public void ClicksPerUser(ClickBatch batch, double scale, Tensor perUser)
    {
        perUser.Resize(batch.UserCount);
        for (int user = 0; user < batch.UserCount; user++)
            Span(perUser)[user] = (float)(scale * Host(batch).Total(user));
    }

    public void Sample(Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity)
    {
        z.Resize(mean.Rows);
        logDensity.Resize(mean.Rows);
        Kernels.Sample.Cpu.Forward(workers, mean.Rows, mean.Columns, Span(mean), Span(logvar), Span(epsilon), Span(z), Span(logDensity));
    }

    public void SampleGradient(Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(dZ.Rows);
        dLogvar.Resize(dZ.Rows);
        Kernels.Sample.Cpu.Backward(workers, dZ.Rows, dZ.Columns, Span(logvar), Span(epsilon), Span(dZ), Span(weight), Span(dMean), Span(dLogvar));
    }

    public void NormalLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        Kernels.NormalLogDensity.Cpu.Forward(workers, z.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(logDensity));
    }

    public void NormalLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(z.Rows);
        dLogvar.Resize(z.Rows);
        Kernels.NormalLogDensity.Cpu.Backward(workers, z.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(weight), Span(dZ), Span(dMean), Span(dLogvar));
    }

    public void MixtureLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity)
    {
        responsibilities.Resize(z.Rows);
        logDensity.Resize(z.Rows);
        Kernels.MixtureLogDensity.Cpu.Forward(workers, z.Rows, mean.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(responsibilities), Span(logDensity));
    }

    public void MixtureLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(mean.Rows);
        dLogvar.Resize(mean.Rows);
        Kernels.MixtureLogDensity.Cpu.Backward(workers, z.Rows, mean.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(responsibilities), Span(weight), Span(dZ), Span(dMean), Span(dLogvar));
    }

    public void CompositeLogDensity(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        Kernels.CompositeLogDensity.Cpu.Forward(workers, z.Rows, z.Columns, Span(z), Span(oldMean), Span(oldLogvar), Span(logDensity));
    }

    public void CompositeLogDensityGradient(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ) =>
        Kernels.CompositeLogDensity.Cpu.Backward(workers, z.Rows, z.Columns, Span(z), Span(oldMean), Span(oldLogvar), Span(weight), Span(dZ));

    public void MultinomialLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        LogSoftmax.Cpu.MultinomialLoss(workers, logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, host.Counts, (float)scale, Span(loss));
    }

    public void LogisticLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        Kernels.LogisticLoss.Cpu.Loss(workers, logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, host.Counts, (float)scale, Span(loss));
    }

    public void GaussianLoss(ClickBatch batch, double c1, double c0, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        Kernels.GaussianLoss.Cpu.Loss(workers, logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, host.Counts, (float)c1, (float)c0, (float)scale, Span(loss));
    }

    public double SquaredNorm(Tensor x) => Kernels.SquaredNorm.Cpu.Sum(workers, Span(x));

    public void Adam(Tensor gradient, AdamUpdate update) =>
        Kernels.Adam.Cpu.Step(workers, Span(gradient), Span(update.Value), Span(update.M), Span(update.V), update.Step);

    public void SparseGemmUpdate(ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w)
    {
        RowwiseWeight rowwise = Rowwise(w);
        Kernels.SparseGemm.Cpu.Update(workers, Host(batch).ByItem, dY.Columns, Span(values), Span(dY), rowwise.Spans, rowwise.Backlog, w.Step);
    }

    private RowwiseWeight Rowwise(AdamUpdate w)
    {
        (Buffer value, Buffer m, Buffer v) = ((Buffer)w.Value, (Buffer)w.M, (Buffer)w.V);
        if (value.Rowwise is null || value.Rowwise.M != m)
        {
            _ = Span(value);                                      // up to date by the moments it had
            value.Rowwise = m.Rowwise = v.Rowwise = new RowwiseWeight(value, m, v);
        }
        return value.Rowwise;
    }

    public void TrainOutputLayer(ClickBatch batch, Tensor x, OutputLoss loss, AdamUpdate w, AdamUpdate b, Tensor losses, Tensor dX)
    {
        HostBatch host = Host(batch);
        losses.Resize(x.Rows);
        dX.Resize(x.Rows);
        OutputLayer.Cpu.Train(workers, workspace, x.Rows, x.Columns, w.Value.Rows, Span(x), Spans(w), Spans(b), host.ByItem, host.Counts, loss, w.Step, b.Step, Span(losses), Span(dX));
    }

    private AdamTensor<float> Spans(AdamUpdate update) => new(Span(update.Value), Span(update.M), Span(update.V));

    public void Rank(ClickBatch batch, Tensor x, Tensor w, Tensor b, int k, Span<int> items, Span<float> scores)
    {
        HostBatch host = Host(batch);
        OutputLayer.Cpu.Rank(workers, workspace, x.Rows, x.Columns, w.Rows, Span(x), Span(w), Span(b), host.RowStarts, host.Items, k, items, scores);
    }

    public override void Dispose()
    {
        workers.Dispose();
        workspace.Dispose();
    }
}
