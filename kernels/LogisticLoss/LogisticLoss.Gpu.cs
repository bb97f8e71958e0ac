using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class LogisticLoss
{
    /// <summary>One block of 256 per user.</summary>
    public static class Gpu
    {
        /// <summary>
        /// logits [B, I]: F on entry, scale (s(F) - X) on return; loss [B] = sum softplus(f) - sum x f.
        /// clickGradients: scratch [N].
        /// </summary>
        public static void Loss(ArrayView<float> logits, ArrayView<int> rowStarts, ArrayView<int> items,
            ArrayView<float> counts, ArrayView<float> clickGradients, ArrayView<float> loss, float scale, int columns)
        {
            int row = Grid.IdxX;
            float sum = RowLossGpu.Run(new LogisticGpu(scale), logits, (long)row * columns, 0, columns,
                rowStarts[row], rowStarts[row + 1], items, counts, clickGradients);
            if (Group.IdxX == 0)
                loss[row] = sum;
        }
    }
}
