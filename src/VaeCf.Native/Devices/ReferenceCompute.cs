using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>Double precision by the plain reference kernels: the oracle that other devices are held to.</summary>
internal sealed class ReferenceCompute : Device, Compute
{
    public override string Description => "reference, double precision";

    private sealed class Buffer : Tensor
    {
        private double[] memory;

        public Buffer(int rows, int columns) : base(rows, columns) => memory = new double[Length];

        public Span<double> Span => memory.AsSpan(0, (int)Length);

        protected override void Reserve(long length)
        {
            if (length > memory.Length)
                memory = new double[length];
        }

        public override void Dispose() => memory = [];
    }

    private static Span<double> Span(Tensor tensor) => tensor is RowSlice slice
        ? Span(slice.Whole).Slice(checked((int)slice.Offset), (int)slice.Length)
        : ((Buffer)tensor).Span;

    private static double[] Counts(ClickBatch batch)
    {
        var counts = new double[batch.ClickCount];
        for (int i = 0; i < counts.Length; i++)
            counts[i] = Host(batch).Counts[i];
        return counts;
    }

    private static HostBatch Host(ClickBatch batch) => (HostBatch)batch;

    public Tensor Allocate(int rows, int columns) => new Buffer(rows, columns);

    public ClickBatch AllocateBatch() => new HostBatch();

    public void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch) => Host(batch).Load(clicks, users);

    public void Write(ReadOnlySpan<float> source, Tensor target)
    {
        Span<double> span = Span(target);
        for (int i = 0; i < span.Length; i++)
            span[i] = source[i];
    }

    public void Write(ReadOnlySpan<double> source, Tensor target) => source.CopyTo(Span(target));

    public void Read(Tensor source, Span<float> target)
    {
        Span<double> span = Span(source);
        for (int i = 0; i < span.Length; i++)
            target[i] = (float)span[i];
    }

    public void Read(Tensor source, Span<double> target) => Span(source).CopyTo(target);

    public void Fill(double value, Tensor target) => Span(target).Fill(value);

    public void Gemm(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmSizes(transpose, a, b, c);
        Kernels.Gemm.Reference.Multiply(transpose, m, n, k, Span(a), Span(b), Span(c));
    }

    public void GemmAdd(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = Compute.GemmAddSizes(transpose, a, c);
        Kernels.Gemm.Reference.MultiplyAdd(transpose, m, n, k, Span(a), Span(b), Span(c));
    }

    public void SparseGemm(ClickBatch batch, Tensor values, Tensor w, Tensor y)
    {
        HostBatch host = Host(batch);
        y.Resize(host.UserCount);
        Kernels.SparseGemm.Reference.Gather(host.UserCount, w.Columns, host.RowStarts, host.Items, Span(values), Span(w), Span(y));
    }

    public void SparseGemmGradient(ClickBatch batch, Tensor values, Tensor dY, Tensor dW)
    {
        HostBatch host = Host(batch);
        Kernels.SparseGemm.Reference.Scatter(host.UserCount, dW.Columns, host.RowStarts, host.Items, Span(values), Span(dY), Span(dW));
    }

    public void AddBias(Tensor bias, Tensor y) => Bias.Reference.Add(y.Rows, y.Columns, Span(y), Span(bias));

    public void BiasGradient(Tensor dY, Tensor dBias) => Bias.Reference.Gradient(dY.Rows, dY.Columns, Span(dY), Span(dBias));

    public void AddBiasTanh(Tensor bias, Tensor y) => Tanh.Reference.Forward(y.Rows, y.Columns, Span(y), Span(bias));

    public void TanhGradient(Tensor y, Tensor dY) => Tanh.Reference.Backward(Span(y), Span(dY), Span(dY));

    public void Add(Tensor x, Tensor y) => Kernels.Add.Reference.Forward(Span(x), Span(y));

    public void Gate(Tensor a, Tensor g, Tensor y)
    {
        y.Resize(a.Rows);
        Kernels.Gate.Reference.Forward(Span(a), Span(g), Span(y));
    }

    public void GateGradient(Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG)
    {
        dA.Resize(a.Rows);
        dG.Resize(a.Rows);
        Kernels.Gate.Reference.Backward(Span(a), Span(g), Span(dY), Span(dA), Span(dG));
    }

    public void Swish(Tensor x, Tensor y)
    {
        y.Resize(x.Rows);
        Kernels.Swish.Reference.Forward(Span(x), Span(y));
    }

    public void SwishGradient(Tensor x, Tensor dY, Tensor dX)
    {
        dX.Resize(x.Rows);
        Kernels.Swish.Reference.Backward(Span(x), Span(dY), Span(dX));
    }

    public void LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
    {
        y.Resize(x.Rows);
        statistics.Resize(x.Rows);
        Kernels.LayerNorm.Reference.Forward(x.Rows, x.Columns, Span(x), Span(weight), Span(bias), epsilon, Span(y), Span(statistics));
    }

    public void LayerNormGradient(Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias)
    {
        dX.Resize(x.Rows);
        Kernels.LayerNorm.Reference.Backward(x.Rows, x.Columns, Span(x), Span(weight), Span(statistics), Span(dY), Span(dX), Span(dWeight), Span(dBias));
    }

    public void Clamp(Tensor x, double low, double high, Tensor y)
    {
        y.Resize(x.Rows);
        Kernels.Clamp.Reference.Forward(Span(x), low, high, Span(y));
    }

    public void ClampGradient(Tensor x, double low, double high, Tensor dY) => Kernels.Clamp.Reference.Backward(Span(x), low, high, Span(dY));

    public void NormalizeRows(ClickBatch batch, Tensor values)
    {
        HostBatch host = Host(batch);
        values.Resize(host.ClickCount);
        RowNormalize.Reference.Forward(host.RowStarts, Counts(batch), Span(values));
    }

    public void NormalizeRowsDropout(RandomStream stream, double keep, ClickBatch batch, Tensor values)
    {
        NormalizeRows(batch, values);
        HostBatch host = Host(batch);
        Kernels.Dropout.Reference.Clicks(stream, keep, host.RowStarts, host.Users, host.Items, Span(values));
    }

    public void DropoutMask(RandomStream stream, double keep, Tensor mask) =>
        Kernels.Dropout.Reference.DenseMask(stream, keep, mask.Rows, mask.Columns, Span(mask));

    public void Dropout(Tensor mask, double keep, Tensor values) =>
        Kernels.Dropout.Reference.Apply(Span(values), Span(mask), keep, Span(values));

    public void Normal(RandomStream stream, ClickBatch batch, Tensor output)
    {
        output.Resize(batch.UserCount);
        Kernels.Normal.Reference.Fill(stream, Host(batch).Users, output.Columns, Span(output));
    }

    public void Reparameterize(Tensor head, Tensor epsilon, Tensor z, Tensor kl)
    {
        z.Resize(head.Rows);
        kl.Resize(head.Rows);
        Kernels.Reparameterize.Reference.Forward(head.Rows, z.Columns, Span(head), Span(epsilon), Span(z), Span(kl));
    }

    public void ReparameterizeGradient(Tensor head, Tensor epsilon, Tensor dZ, double klScale, Tensor dHead)
    {
        dHead.Resize(head.Rows);
        Kernels.Reparameterize.Reference.Backward(head.Rows, dZ.Columns, Span(head), Span(epsilon), Span(dZ), klScale, Span(dHead));
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
            Span(perUser)[user] = scale * Host(batch).Total(user);
    }

    public void Sample(Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity)
    {
        z.Resize(mean.Rows);
        logDensity.Resize(mean.Rows);
        Kernels.Sample.Reference.Forward(mean.Rows, mean.Columns, Span(mean), Span(logvar), Span(epsilon), Span(z), Span(logDensity));
    }

    public void SampleGradient(Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(dZ.Rows);
        dLogvar.Resize(dZ.Rows);
        Kernels.Sample.Reference.Backward(dZ.Rows, dZ.Columns, Span(logvar), Span(epsilon), Span(dZ), Span(weight), Span(dMean), Span(dLogvar));
    }

    public void NormalLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        Kernels.NormalLogDensity.Reference.Forward(z.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(logDensity));
    }

    public void NormalLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(z.Rows);
        dLogvar.Resize(z.Rows);
        Kernels.NormalLogDensity.Reference.Backward(z.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(weight), Span(dZ), Span(dMean), Span(dLogvar));
    }

    public void MixtureLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity)
    {
        responsibilities.Resize(z.Rows);
        logDensity.Resize(z.Rows);
        Kernels.MixtureLogDensity.Reference.Forward(z.Rows, mean.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(responsibilities), Span(logDensity));
    }

    public void MixtureLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar)
    {
        dMean.Resize(mean.Rows);
        dLogvar.Resize(mean.Rows);
        Kernels.MixtureLogDensity.Reference.Backward(z.Rows, mean.Rows, z.Columns, Span(z), Span(mean), Span(logvar), Span(responsibilities), Span(weight), Span(dZ), Span(dMean), Span(dLogvar));
    }

    public void CompositeLogDensity(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor logDensity)
    {
        logDensity.Resize(z.Rows);
        Kernels.CompositeLogDensity.Reference.Forward(z.Rows, z.Columns, Span(z), Span(oldMean), Span(oldLogvar), Span(logDensity));
    }

    public void CompositeLogDensityGradient(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ) =>
        Kernels.CompositeLogDensity.Reference.Backward(z.Rows, z.Columns, Span(z), Span(oldMean), Span(oldLogvar), Span(weight), Span(dZ));

    public void MultinomialLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        LogSoftmax.Reference.MultinomialLoss(logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, Counts(batch), scale, Span(loss));
    }

    public void LogisticLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        Kernels.LogisticLoss.Reference.Loss(logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, Counts(batch), scale, Span(loss));
    }

    public void GaussianLoss(ClickBatch batch, double c1, double c0, double scale, Tensor logits, Tensor loss)
    {
        HostBatch host = Host(batch);
        loss.Resize(logits.Rows);
        Kernels.GaussianLoss.Reference.Loss(logits.Rows, logits.Columns, Span(logits), host.RowStarts, host.Items, Counts(batch), c1, c0, scale, Span(loss));
    }

    public double SquaredNorm(Tensor x) => Kernels.SquaredNorm.Reference.Sum(Span(x));

    public void Adam(Tensor gradient, AdamUpdate update) =>
        Kernels.Adam.Reference.Step(Span(gradient), Span(update.Value), Span(update.M), Span(update.V), update.Step);

    public void SparseGemmUpdate(ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w)
    {
        using Tensor dW = Allocate(w.Value.Rows, w.Value.Columns);
        SparseGemmGradient(batch, values, dY, dW);
        Adam(dW, w);
    }

    public void TrainOutputLayer(ClickBatch batch, Tensor x, OutputLoss loss, AdamUpdate w, AdamUpdate b, Tensor losses, Tensor dX)
    {
        HostBatch host = Host(batch);
        losses.Resize(x.Rows);
        dX.Resize(x.Rows);
        OutputLayer.Reference.Train(x.Rows, x.Columns, w.Value.Rows, Span(x), Spans(w), Spans(b), host.RowStarts, host.Items, Counts(batch), loss, w.Step, b.Step, Span(losses), Span(dX));
    }

    private static AdamTensor<double> Spans(AdamUpdate update) => new(Span(update.Value), Span(update.M), Span(update.V));

    public void Rank(ClickBatch batch, Tensor x, Tensor w, Tensor b, int k, Span<int> items, Span<float> scores)
    {
        HostBatch host = Host(batch);
        var logits = new double[scores.Length];
        OutputLayer.Reference.Rank(x.Rows, x.Columns, w.Rows, Span(x), Span(w), Span(b), host.RowStarts, host.Items, k, items, logits);
        for (int i = 0; i < scores.Length; i++)
            scores[i] = (float)logits[i];
    }

    public override void Dispose() { }
}
