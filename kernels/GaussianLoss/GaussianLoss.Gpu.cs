using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class GaussianLoss
{
    /// <summary>One block of 256 per user.</summary>
    public static class Gpu
    {
        /// <summary>
        /// logits [B, I]: F on entry, scale c (F - X) on return; loss [B] = sum c/2 (f - x)^2, c = c1 on clicks, else
        /// c0. clickGradients: scratch [N].
        /// </summary>
        public static void Loss(ArrayView<float> logits, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss, float scale, float c1,
            float c0, int columns) =>
            Run(new GaussianGpu<IdentityUnit>(scale, c1, c0), logits, rowStarts, items, counts, clickGradients, loss,
                columns);

        /// <summary>The same of tanh F in place of F, with the gradient of F.</summary>
        public static void LossOfTanh(ArrayView<float> logits, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss, float scale, float c1,
            float c0, int columns) =>
            Run(new GaussianGpu<TanhUnit>(scale, c1, c0), logits, rowStarts, items, counts, clickGradients, loss,
                columns);

        /// <summary>The same of s(F) in place of F, with the gradient of F.</summary>
        public static void LossOfSigmoid(ArrayView<float> logits, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss, float scale, float c1,
            float c0, int columns) =>
            Run(new GaussianGpu<SigmoidUnit>(scale, c1, c0), logits, rowStarts, items, counts, clickGradients, loss,
                columns);

        private static void Run<TLoss>(TLoss of, ArrayView<float> logits, ArrayView<int> rowStarts,
            ArrayView<int> items, ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss,
            int columns)
            where TLoss : struct, IGpuLoss
        {
            int row = Grid.IdxX;
            float sum = RowLossGpu.Run(of, logits, (long)row * columns, 0, columns,
                rowStarts[row], rowStarts[row + 1], items, counts, clickGradients);
            if (Group.IdxX == 0)
                loss[row] = sum;
        }
    }
}
