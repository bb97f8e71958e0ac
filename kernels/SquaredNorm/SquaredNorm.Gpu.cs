using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SquaredNorm
{
    /// <summary>
    /// Sixteen threads per block of 4,096 elements, the blocks of the CPU; the same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        private const int Elements = SquaredNormLaunch.Elements;

        /// <summary>
        /// partial [ceil(count / 4096)]: the sum of squares of each block of x. The host adds them in double, in order.
        /// </summary>
        public static void Blocks(ArrayView<float> x, ArrayView<float> partial, long count)
        {
            long block = Threads.Global / Reduce.Lanes, start = block * Elements;
            int lane = Group.IdxX & (Reduce.Lanes - 1);
            float sum = 0;
            for (int i = lane; i < Elements && start + i < count; i += Reduce.Lanes)
                sum += x[start + i] * x[start + i];
            sum = Reduce.LaneSum(sum);
            if (lane == 0 && start < count)
                partial[block] = sum;
        }
    }
}
