using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LogSoftmax
{
    /// <summary>One block of 256 per user.</summary>
    public static class Gpu
    {
        /// <summary>
        /// logits [B, I]: F on entry, scale (N softmax(F) - X) on return; loss [B] = N lse(F) - sum x f.
        /// clickGradients: scratch [N].
        /// </summary>
        public static void MultinomialLoss(ArrayView<float> logits, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss, float scale, int columns)
        {
            int row = Grid.IdxX, start = rowStarts[row], end = rowStarts[row + 1];
            long at = (long)row * columns;
            float total = RowLossGpu.TotalCount(counts, start, end), max = RowLossGpu.Max(logits, at, columns),
                sum = RowLossGpu.SumExp(logits, at, columns, max);
            float clicks = RowLossGpu.Run(new MultinomialGpu(scale, max, scale * total / sum), logits, at, 0, columns,
                start, end, items, counts, clickGradients);
            if (Group.IdxX == 0)
                loss[row] = RowLossGpu.Normalizer(total, max, sum) + clicks;
        }
    }
}
