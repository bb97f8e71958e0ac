using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices;

/// <summary>A step of Adam on a tensor: settings, values, and moments of the same shape.</summary>
internal readonly record struct AdamUpdate(AdamStep Step, Tensor Value, Tensor M, Tensor V);

/// <summary>
/// What a model asks of a device: buffers and kernels. A model is a list of these calls and knows no device. Shapes:
/// B users in the batch, N clicks in it, I items, H and Z units. Output comes last; an output is overwritten and its rows
/// are set by the call. Not safe for use by two threads at once.
/// </summary>
internal interface Compute : IDisposable
{
    /// <summary>A tensor of zeros.</summary>
    Tensor Allocate(int rows, int columns);

    /// <summary>An empty batch.</summary>
    ClickBatch AllocateBatch();

    /// <summary>Puts the clicks of some users into a batch.</summary>
    /// <param name="clicks">All clicks.</param>
    /// <param name="users">Rows of <paramref name="clicks"/>, B of them.</param>
    /// <param name="batch">Receives them.</param>
    void Load(ClickMatrix clicks, ReadOnlySpan<int> users, ClickBatch batch);

    /// <summary>Copies numbers into a tensor, which keeps its size.</summary>
    void Write(ReadOnlySpan<float> source, Tensor target);

    /// <inheritdoc cref="Write(ReadOnlySpan{float}, Tensor)"/>
    void Write(ReadOnlySpan<double> source, Tensor target);

    /// <summary>Copies a tensor's numbers out.</summary>
    void Read(Tensor source, Span<float> target);

    /// <inheritdoc cref="Read(Tensor, Span{float})"/>
    void Read(Tensor source, Span<double> target);

    /// <summary>Sets every number of a tensor.</summary>
    void Fill(double value, Tensor target);

    /// <summary>C = op(A) op(B).</summary>
    void Gemm(Transpose transpose, Tensor a, Tensor b, Tensor c);

    /// <summary>C += op(A) op(B).</summary>
    void GemmAdd(Transpose transpose, Tensor a, Tensor b, Tensor c);

    /// <summary>y [B, H] = x w, for sparse x (values [N, 1] of the batch's clicks) and w [I, H].</summary>
    void SparseGemm(ClickBatch batch, Tensor values, Tensor w, Tensor y);

    /// <summary>dW [I, H] = x^T dY, for sparse x.</summary>
    void SparseGemmGradient(ClickBatch batch, Tensor values, Tensor dY, Tensor dW);

    /// <summary>Adds bias [1, H] to each row of y [B, H].</summary>
    void AddBias(Tensor bias, Tensor y);

    /// <summary>dBias [1, H] = column sums of dY [B, H].</summary>
    void BiasGradient(Tensor dY, Tensor dBias);

    /// <summary>y [B, H] = tanh(y + bias [1, H]), in place.</summary>
    void AddBiasTanh(Tensor bias, Tensor y);

    /// <summary>dY = dY * (1 - y^2), in place: the gradient before the tanh that gave y.</summary>
    void TanhGradient(Tensor y, Tensor dY);

    /// <summary>y += x, where a tensor feeds two readers or a sum.</summary>
    void Add(Tensor x, Tensor y);

    /// <summary>y = a s(g), s the sigmoid: a gated unit of the values a and the gates g.</summary>
    void Gate(Tensor a, Tensor g, Tensor y);

    /// <summary>dA = dY s(g), dG = dY a s(g) (1 - s(g)); dA may be dY.</summary>
    void GateGradient(Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG);

    /// <summary>y = x s(x), s the sigmoid.</summary>
    void Swish(Tensor x, Tensor y);

    /// <summary>dX = dY s(x) (1 + x (1 - s(x))); dX may be dY.</summary>
    void SwishGradient(Tensor x, Tensor dY, Tensor dX);

    /// <summary>
    /// y [B, H] = weight (x - mean) / deviation + bias, mean and deviation, sqrt(variance + epsilon), those of each row; weight and bias
    /// [1, H]. statistics [B, 2] = mean and 1 / deviation, for the gradient.
    /// </summary>
    void LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics);

    /// <summary>dX, dWeight and dBias of <see cref="LayerNorm"/>; dX may be dY.</summary>
    void LayerNormGradient(Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias);

    /// <summary>y = x cut to [low, high]; y may be x.</summary>
    void Clamp(Tensor x, double low, double high, Tensor y);

    /// <summary>dY = 0 where x &lt;= low or x &gt;= high, in place; x as it was before <see cref="Clamp"/> or after.</summary>
    void ClampGradient(Tensor x, double low, double high, Tensor dY);

    /// <summary>values [N, 1] = each user's clicks over their Euclidean norm.</summary>
    void NormalizeRows(ClickBatch batch, Tensor values);

    /// <summary><see cref="NormalizeRows"/>, then values * mask / keep; the mask is 1 with probability keep, else 0, drawn per user and item.</summary>
    void NormalizeRowsDropout(RandomStream stream, double keep, ClickBatch batch, Tensor values);

    /// <summary>mask = 1 with probability keep, else 0; drawn per row and column.</summary>
    void DropoutMask(RandomStream stream, double keep, Tensor mask);

    /// <summary>values = values * mask / keep, in place.</summary>
    void Dropout(Tensor mask, double keep, Tensor values);

    /// <summary>output [B, Z] ~ N(0, 1), drawn per user and column.</summary>
    void Normal(RandomStream stream, ClickBatch batch, Tensor output);

    /// <summary>z = mu + epsilon exp(logvar/2) for head [B, 2Z] = [mu | logvar]; kl [B, 1] = KL(N(mu, exp logvar) || N(0, 1)).</summary>
    void Reparameterize(Tensor head, Tensor epsilon, Tensor z, Tensor kl);

    /// <summary>dHead from dZ and from klScale times the gradient of the KL.</summary>
    void ReparameterizeGradient(Tensor head, Tensor epsilon, Tensor dZ, double klScale, Tensor dHead);

    /// <summary>z [B, Z] = mu, the left half of head [B, 2Z].</summary>
    void Mean(Tensor head, Tensor z);

    /// <summary>perUser [B, 1] = scale times the sum of each user's counts.</summary>
    void ClicksPerUser(ClickBatch batch, double scale, Tensor perUser);

    /// <summary>
    /// z = mean + epsilon exp(logvar / 2), [B, Z] each; logDensity [B, 1] = log q(z) = -1/2 sum_d (epsilon^2 + logvar), of
    /// q = N(mean, exp logvar). Every log density here leaves out its -Z/2 log 2 pi.
    /// </summary>
    void Sample(Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity);

    /// <summary>
    /// dMean = dZ, dLogvar = dZ epsilon exp(logvar / 2) / 2 - weight / 2: by way of z, and of weight [B, 1] times log q(z). dMean may be dZ.
    /// </summary>
    void SampleGradient(Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar);

    /// <summary>logDensity [B, 1] = log p(z), p = N(mean, exp logvar): -1/2 sum_d ((z - mean)^2 / exp logvar + logvar).</summary>
    void NormalLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor logDensity);

    /// <summary>Gradient of -weight log p(z), weight [B, 1]: added to dZ, written to dMean and dLogvar.</summary>
    void NormalLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar);

    /// <summary>
    /// logDensity [B, 1] = log p(z), p = 1/C sum_c N(mean_c, exp logvar_c), mean and logvar [C, Z]. responsibilities [B, C] = the share
    /// of each component in p(z), for the gradient.
    /// </summary>
    void MixtureLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity);

    /// <summary>Gradient of -weight log p(z), weight [B, 1]: added to dZ, written to dMean and dLogvar [C, Z].</summary>
    void MixtureLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar);

    /// <summary>
    /// logDensity [B, 1] = sum_d log p(z_d), p the mixture of 0.15 N(0, 1), 0.75 N(oldMean, exp oldLogvar) and 0.10 N(0, e^10) in
    /// each dimension; oldMean and oldLogvar [B, Z].
    /// </summary>
    void CompositeLogDensity(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor logDensity);

    /// <summary>Gradient of -weight log p(z), weight [B, 1]: added to dZ. oldMean and oldLogvar have none.</summary>
    void CompositeLogDensityGradient(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ);

    /// <summary>loss [B, 1] = -sum_i x_i log softmax(f)_i; logits f [B, I] become scale times their gradient.</summary>
    void MultinomialLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss);

    /// <summary>loss [B, 1] = -sum_i (x_i log s(f_i) + (1 - x_i) log(1 - s(f_i))); logits become scale times their gradient.</summary>
    void LogisticLoss(ClickBatch batch, double scale, Tensor logits, Tensor loss);

    /// <summary>loss [B, 1] = sum_i c/2 (x_i - f_i)^2, c = c1 on clicks, else c0; logits become scale times their gradient.</summary>
    void GaussianLoss(ClickBatch batch, double c1, double c0, double scale, Tensor logits, Tensor loss);

    /// <summary>The sum of squares.</summary>
    double SquaredNorm(Tensor x);

    /// <summary>One step of Adam, by a gradient of the tensor's shape.</summary>
    void Adam(Tensor gradient, AdamUpdate update);

    /// <summary><see cref="SparseGemmGradient"/> and <see cref="Adam"/> on W [I, H] by it, without dW as a whole.</summary>
    void SparseGemmUpdate(ClickBatch batch, Tensor values, Tensor dY, AdamUpdate w);

    /// <summary>
    /// A training step of the output layer f = x W^T + b, W [I, H]: its loss [B, 1], the gradient dX [B, H], and Adam's updates of W and b.
    /// </summary>
    void TrainOutputLayer(ClickBatch batch, Tensor x, OutputLoss loss, AdamUpdate w, AdamUpdate b, Tensor losses, Tensor dX);

    /// <summary>For each user of the batch the k items with the highest logits f = x W^T + b, none of its own clicks; no B x I is held.</summary>
    /// <param name="batch">The users' clicks.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="w">[I, H].</param>
    /// <param name="b">[1, I].</param>
    /// <param name="k">How many.</param>
    /// <param name="items">Receives B x k items, the best first; of equals the lower first; -1 where fewer are left.</param>
    /// <param name="scores">Receives their logits, NaN beside -1; or empty.</param>
    void Rank(ClickBatch batch, Tensor x, Tensor w, Tensor b, int k, Span<int> items, Span<float> scores);

    /// <summary>Sizes (M, N, K) of a product; sets C's rows. Every device's <see cref="Gemm"/> begins with it.</summary>
    static (int M, int N, int K) GemmSizes(Transpose transpose, Tensor a, Tensor b, Tensor c)
    {
        (int M, int N, int K) sizes = GemmAddSizes(transpose, a, c);
        c.Resize(sizes.M);
        return sizes;
    }

    /// <summary>Sizes (M, N, K) of a product that is added to C, which has its rows.</summary>
    static (int M, int N, int K) GemmAddSizes(Transpose transpose, Tensor a, Tensor c) =>
        transpose == Transpose.A ? (a.Columns, c.Columns, a.Rows) : (a.Rows, c.Columns, a.Columns);
}
