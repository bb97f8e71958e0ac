using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    /// <summary>
    /// The output layer by blocks of items: logits f [B, width] of the items first … first + width - 1, by one block of
    /// 256 threads per user. The host goes over the blocks of items: Gemm (B transposed) gives the logits, and
    /// Statistics folds them in; after Normalize, in a second pass, Multinomial turns them into gradients, then Gemm
    /// adds to dH, Gemm.Update updates W, and Bias.Update the bias. The other losses need no first pass.
    /// </summary>
    public static class Gpu
    {
        /// <summary>
        /// f += bias of the block, in place; max [B] and sum [B] of exp(f - max) over the blocks so far, starting at
        /// the first.
        /// </summary>
        public static void Statistics(ArrayView<float> f, ArrayView<float> bias, ArrayView<float> max,
            ArrayView<float> sum, int first, int width, int isFirst)
        {
            int row = Grid.IdxX;
            long at = (long)row * width;
            float blockMax = float.NegativeInfinity;
            for (int j = Group.IdxX; j < width; j += Reduce.BlockSize)
            {
                float logit = f[at + j] + bias[first + j];
                f[at + j] = logit;
                blockMax = Ptx.Max(blockMax, logit);
            }
            blockMax = Reduce.BlockMax(blockMax);
            float blockSum = RowLossGpu.SumExp(f, at, width, blockMax);
            if (Group.IdxX != 0)
                return;
            if (isFirst != 0)
            {
                max[row] = blockMax;
                sum[row] = blockSum;
                return;
            }
            float greatest = Ptx.Max(max[row], blockMax);
            sum[row] = sum[row] * SimdMath.Exp(new GpuFloat(max[row] - greatest)).V
                + blockSum * SimdMath.Exp(new GpuFloat(blockMax - greatest)).V;
            max[row] = greatest;
        }

        /// <summary>
        /// factor [B] = scale N / sum; losses [B] = N (max + ln sum), 0 where N is 0. Sixteen threads per user.
        /// </summary>
        public static void Normalize(ArrayView<float> max, ArrayView<float> sum, ArrayView<int> rowStarts,
            ArrayView<float> counts, ArrayView<float> factor, ArrayView<float> losses, float scale, int rows)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int start = row < rows ? rowStarts[row] + lane : 0, end = row < rows ? rowStarts[row + 1] : 0;
            float total = 0;
            for (int n = start; n < end; n += Reduce.Lanes)
                total += counts[n];
            total = Reduce.LaneSum(total);
            if (row >= rows || lane != 0)
                return;
            factor[row] = scale * total / sum[row];
            losses[row] = RowLossGpu.Normalizer(total, max[row], sum[row]);
        }

        /// <summary>
        /// f, bias included, becomes scale (N softmax(f) - x); losses [B] -= sum x f of the block.
        /// clickGradients: scratch [N].
        /// </summary>
        public static void Multinomial(ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, ArrayView<float> max,
            ArrayView<float> factor, float scale, int first, int width) =>
            Run(new MultinomialGpu(scale, max[Grid.IdxX], factor[Grid.IdxX]), f, rowStarts, items, counts,
                clickGradients, losses, first, width, isFirst: 0);

        /// <summary>
        /// f, bias included, becomes scale (s(f) - x); losses [B] += sum softplus(f) - sum x f of the block, starting
        /// at the first. clickGradients: scratch [N].
        /// </summary>
        public static void Logistic(ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, float scale, int first,
            int width, int isFirst) =>
            Run(new LogisticGpu(scale), f, rowStarts, items, counts, clickGradients, losses, first, width, isFirst);

        /// <summary>
        /// f, bias included, becomes scale c (f - x); losses [B] += sum c/2 (f - x)^2 of the block, starting at the
        /// first. clickGradients: scratch [N].
        /// </summary>
        public static void Gaussian(ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, float scale, float c1,
            float c0, int first, int width, int isFirst) =>
            Run(new GaussianGpu<IdentityUnit>(scale, c1, c0), f, rowStarts, items, counts, clickGradients, losses,
                first, width, isFirst);

        /// <summary>The same of tanh f in place of f, with the gradient of f.</summary>
        public static void GaussianOfTanh(ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, float scale, float c1,
            float c0, int first, int width, int isFirst) =>
            Run(new GaussianGpu<TanhUnit>(scale, c1, c0), f, rowStarts, items, counts, clickGradients, losses, first,
                width, isFirst);

        /// <summary>The same of s(f) in place of f, with the gradient of f.</summary>
        public static void GaussianOfSigmoid(ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, float scale, float c1,
            float c0, int first, int width, int isFirst) =>
            Run(new GaussianGpu<SigmoidUnit>(scale, c1, c0), f, rowStarts, items, counts, clickGradients, losses,
                first, width, isFirst);

        private static void Run<TLoss>(TLoss loss, ArrayView<float> f, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> losses, int first, int width,
            int isFirst)
            where TLoss : struct, IGpuLoss
        {
            int row = Grid.IdxX;
            float sum = RowLossGpu.Run(loss, f, (long)row * width, first, width,
                rowStarts[row], rowStarts[row + 1], items, counts, clickGradients);
            if (Group.IdxX == 0)
                losses[row] = isFirst != 0 ? sum : losses[row] + sum;
        }
    }
}
