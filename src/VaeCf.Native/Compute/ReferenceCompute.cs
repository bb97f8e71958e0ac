using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Compute;

/// <summary>Double precision by the plain reference kernels: the oracle that other devices are held to.</summary>
internal sealed class ReferenceCompute : Device, ICompute
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

    private static Span<double> Span(Tensor tensor) => ((Buffer)tensor).Span;

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

    public void Gemm(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int m, int n, int k) = ICompute.GemmSizes(transpose, a, b, c);
        Kernels.Gemm.Reference.Multiply(transpose, m, n, k, Span(a), Span(b), Span(c));
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

    public void Tanh(Tensor y) => Kernels.Tanh.Reference.Forward(Span(y), Span(y));

    public void TanhGradient(Tensor y, Tensor dY) => Kernels.Tanh.Reference.Backward(Span(y), Span(dY), Span(dY));

    public void NormalizeRows(ClickBatch batch, Tensor values)
    {
        HostBatch host = Host(batch);
        values.Resize(host.ClickCount);
        RowNormalize.Reference.Forward(host.RowStarts, Counts(batch), Span(values));
    }

    public void DropoutMask(RandomStream stream, double keep, ClickBatch batch, Tensor mask)
    {
        HostBatch host = Host(batch);
        mask.Resize(host.ClickCount);
        Kernels.Dropout.Reference.Mask(stream, keep, host.RowStarts, host.Users, host.Items, Span(mask));
    }

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
