using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SampledGemm
{
    /// <summary>Sixteen threads per click; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>product [N] = a . b of the rows of each click: row rows[n] of a, items[n] of b.</summary>
        public static void Multiply(ArrayView<int> rows, ArrayView<int> items, ArrayView<float> a, ArrayView<float> b,
            ArrayView<float> product, int columns, int clicks)
        {
            int n = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            bool isClick = n < clicks;
            long atA = isClick ? (long)rows[n] * columns : 0, atB = isClick ? (long)items[n] * columns : 0;
            float sum = 0;
            for (int h = lane; h < (isClick ? columns : 0); h += Reduce.Lanes)
                sum += a[atA + h] * b[atB + h];
            sum = Reduce.LaneSum(sum);
            if (isClick && lane == 0)
                product[n] = sum;
        }
    }
}
