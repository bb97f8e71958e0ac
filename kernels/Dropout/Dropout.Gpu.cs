using ILGPU;

namespace VaeCf.Kernels;

public static partial class Dropout
{
    /// <summary>A thread a click; the mask is the reference's.</summary>
    public static class Gpu
    {
        /// <summary>mask [N] = 1 where the first word of the stream's block (user, item) is below the threshold, keep * 2^32 rounded up, else 0.</summary>
        public static void Mask(ArrayView<int> users, ArrayView<int> rows, ArrayView<int> items, ArrayView<float> mask, ulong seed, ulong step, ulong threshold, int clicks)
        {
            int n = Grid.GlobalIndex.X;
            if (n < clicks)
                mask[n] = new RandomStream(seed, RandomPurpose.Dropout, step).Block((uint)users[rows[n]], (uint)items[n]).X0 < threshold ? 1f : 0f;
        }

        /// <summary>values [N] = values * mask / keep, in place.</summary>
        public static void Apply(ArrayView<float> values, ArrayView<float> mask, float keep, int clicks)
        {
            int n = Grid.GlobalIndex.X;
            if (n < clicks)
                values[n] = values[n] * mask[n] / keep;
        }
    }
}
