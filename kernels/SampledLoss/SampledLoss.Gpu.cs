using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SampledLoss
{
    /// <summary>Sixteen threads per row.</summary>
    public static class Gpu
    {
        /// <summary>
        /// logits [N]: without their bias on entry, scale (s(f) - x) on return; losses [B] = sum softplus(f) - x f.
        /// </summary>
        public static void Logistic(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> counts,
            ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, float scale, int rows) =>
            Run(new LogisticGpu(scale), rowStarts, items, counts, bias, logits, losses, rows);

        /// <summary>The same with scale c (f - x), and losses [B] = sum c/2 (f - x)^2.</summary>
        public static void Gaussian(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> counts,
            ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, float scale, float c1, float c0,
            int rows) =>
            Run(new GaussianGpu<IdentityUnit>(scale, c1, c0), rowStarts, items, counts, bias, logits, losses, rows);

        /// <summary>The same of tanh f in place of f, with the gradient of f.</summary>
        public static void GaussianOfTanh(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> counts,
            ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, float scale, float c1, float c0,
            int rows) =>
            Run(new GaussianGpu<TanhUnit>(scale, c1, c0), rowStarts, items, counts, bias, logits, losses, rows);

        /// <summary>The same of s(f) in place of f, with the gradient of f.</summary>
        public static void GaussianOfSigmoid(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> counts,
            ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, float scale, float c1, float c0,
            int rows) =>
            Run(new GaussianGpu<SigmoidUnit>(scale, c1, c0), rowStarts, items, counts, bias, logits, losses, rows);

        /// <summary>The same of selu(f) in place of f, with the gradient of f.</summary>
        public static void GaussianOfSelu(ArrayView<int> rowStarts, ArrayView<int> items, ArrayView<float> counts,
            ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, float scale, float c1, float c0,
            int rows) =>
            Run(new GaussianGpu<SeluUnit>(scale, c1, c0), rowStarts, items, counts, bias, logits, losses, rows);

        private static void Run<TLoss>(TLoss loss, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> bias, ArrayView<float> logits, ArrayView<float> losses, int rows)
            where TLoss : struct, IGpuLoss
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int start = row < rows ? rowStarts[row] : 0, end = row < rows ? rowStarts[row + 1] : 0;
            float sum = 0;
            for (int n = start + lane; n < end; n += Reduce.Lanes)
            {
                float f = logits[n] + bias[items[n]];
                sum += loss.Term(f) + loss.ClickLoss(f, counts[n]);
                logits[n] = loss.AtClick(f, counts[n]);
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                losses[row] = sum;
        }
    }
}
