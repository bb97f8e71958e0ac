namespace VaeCf.Kernels;

/// <summary>A tensor in training: its values and Adam's moments, three spans of one length, all apart.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="values">Updated.</param>
/// <param name="m">First moment, updated.</param>
/// <param name="v">Second moment, updated.</param>
public readonly ref struct AdamTensor<T>(Span<T> values, Span<T> m, Span<T> v)
{
    /// <summary>The values.</summary>
    public Span<T> Values { get; } = values;

    /// <summary>The first moment.</summary>
    public Span<T> M { get; } = m;

    /// <summary>The second moment.</summary>
    public Span<T> V { get; } = v;
}

/// <summary>
/// A whole training step of the decoder's last layer: logits F = H W^T + b of all items, their loss, its gradient dF,
/// dH = dF W, dW = dF^T H, db, and Adam's update of W and b. It is 97 % of a step's arithmetic at 20,108 items, so it
/// is one operation, which need not keep what only its next part reads. The parts on their own are <see cref="Gemm"/>,
/// <see cref="Bias"/>, <see cref="LogSoftmax"/>, <see cref="LogisticLoss"/>, <see cref="GaussianLoss"/> and
/// <see cref="Adam"/>.
/// </summary>
public static partial class OutputLayer
{
    /// <summary>The specification, in double: one part after the other.</summary>
    public static class Reference
    {
        /// <summary>
        /// Loss, gradient of H, and one update of W and b. dH is taken at the weights before the update.
        /// </summary>
        /// <param name="users">B.</param>
        /// <param name="inputs">H.</param>
        /// <param name="items">I.</param>
        /// <param name="hidden">Input of the layer, B x H.</param>
        /// <param name="weights">W, I x H, updated.</param>
        /// <param name="bias">b, I, updated.</param>
        /// <param name="rowStarts">Where each user's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="clicked">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">
        /// Count of each click, 0 or more; below 0 with the logistic likelihood: the item is left out of the loss; N.
        /// </param>
        /// <param name="loss">Likelihood and scale.</param>
        /// <param name="weightStep">Adam's settings for W.</param>
        /// <param name="biasStep">Adam's settings for b.</param>
        /// <param name="losses">Loss of each user, B, overwritten.</param>
        /// <param name="dHidden">Gradient of H, B x H, overwritten.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, or an item is not in 0 … I - 1.
        /// </exception>
        public static void Train(int users, int inputs, int items, ReadOnlySpan<double> hidden,
            AdamTensor<double> weights, AdamTensor<double> bias, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> clicked, ReadOnlySpan<double> counts, OutputLoss loss, AdamStep weightStep,
            AdamStep biasStep, Span<double> losses, Span<double> dHidden)
        {
            double[] f = new double[users * items], dWeights = new double[items * inputs], dBias = new double[items];
            Gemm.Reference.Multiply(Transpose.B, users, items, inputs, hidden, weights.Values, f);
            Bias.Reference.Add(users, items, f, bias.Values);
            Loss(users, items, f, rowStarts, clicked, counts, loss, losses);
            Gemm.Reference.Multiply(Transpose.None, users, inputs, items, f, weights.Values, dHidden);
            Gemm.Reference.Multiply(Transpose.A, items, inputs, users, f, hidden, dWeights);
            Bias.Reference.Gradient(users, items, f, dBias);
            Adam.Reference.Step(dWeights, weights.Values, weights.M, weights.V, weightStep);
            Adam.Reference.Step(dBias, bias.Values, bias.M, bias.V, biasStep);
        }

        /// <summary>The loss of each user, for any likelihood; the logits become scale times their gradient.</summary>
        /// <param name="users">B.</param>
        /// <param name="items">I.</param>
        /// <param name="logits">In: F; out: scale dF; B x I.</param>
        /// <param name="rowStarts">Where each user's clicks begin, and the end of the last; B + 1.</param>
        /// <param name="clicked">Item of each click, without repeats in a row; N.</param>
        /// <param name="counts">
        /// Count of each click, 0 or more; below 0 with the logistic likelihood: the item is left out of the loss; N.
        /// </param>
        /// <param name="loss">Likelihood and scale.</param>
        /// <param name="losses">Loss of each user, B, overwritten.</param>
        /// <exception cref="ArgumentException">
        /// The length of a span does not match its shape, or an item is not in 0 … I - 1.
        /// </exception>
        /// <exception cref="ArgumentOutOfRangeException">There is no such likelihood.</exception>
        public static void Loss(int users, int items, Span<double> logits, ReadOnlySpan<int> rowStarts,
            ReadOnlySpan<int> clicked, ReadOnlySpan<double> counts, OutputLoss loss, Span<double> losses)
        {
            switch (loss.Likelihood)
            {
                case Likelihood.Multinomial:
                    LogSoftmax.Reference.MultinomialLoss(
                        users, items, logits, rowStarts, clicked, counts, loss.Scale, losses);
                    break;
                case Likelihood.Logistic:
                    LogisticLoss.Reference.Loss(users, items, logits, rowStarts, clicked, counts, loss.Scale, losses);
                    break;
                case Likelihood.Gaussian:
                    GaussianLoss.Reference.Loss(
                        users, items, logits, rowStarts, clicked, counts, loss.C1, loss.C0, loss.Output,
                        loss.Scale, losses);
                    break;
                default: throw loss.Unknown();
            }
        }

        /// <summary>
        /// The k best items of each user by the logits F = H W^T + b, in the order of <see cref="TopK"/>: by score
        /// descending, NaN last, then by index ascending.
        /// </summary>
        /// <param name="users">B.</param>
        /// <param name="inputs">H.</param>
        /// <param name="items">I.</param>
        /// <param name="hidden">Input of the layer, B x H.</param>
        /// <param name="weights">W, I x H.</param>
        /// <param name="bias">b, I.</param>
        /// <param name="excludedStarts">
        /// B + 1: user u never gets excludedItems[excludedStarts[u]] … excludedItems[excludedStarts[u + 1] - 1]; or
        /// empty: no user has items of its own to exclude.
        /// </param>
        /// <param name="excludedItems">Items, ascending for each user.</param>
        /// <param name="forbidden">I bytes, not 0 where no user may get the item; or empty: none is forbidden.</param>
        /// <param name="k">Items wanted per user.</param>
        /// <param name="best">B x k, overwritten; -1 where fewer are left.</param>
        /// <param name="scores">B x k, overwritten: the items' logits, NaN beside -1; or empty.</param>
        public static void Rank(int users, int inputs, int items, ReadOnlySpan<double> hidden,
            ReadOnlySpan<double> weights, ReadOnlySpan<double> bias, ReadOnlySpan<int> excludedStarts,
            ReadOnlySpan<int> excludedItems, ReadOnlySpan<byte> forbidden, int k, Span<int> best, Span<double> scores)
        {
            var f = new double[users * items];
            Gemm.Reference.Multiply(Transpose.B, users, items, inputs, hidden, weights, f);
            Bias.Reference.Add(users, items, f, bias);
            TopK.Reference.Rank(users, items, f, excludedStarts, excludedItems, forbidden, k, best, scores);
        }
    }
}
