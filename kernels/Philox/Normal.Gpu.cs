using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Normal
{
    /// <summary>Four columns per thread, from one block of words; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>
        /// output [B, Z] ~ N(0, 1), from the word block (users[b], z / 4) of the stream. The output's address is a
        /// multiple of 16; where Z is a multiple of 4, it is stored four elements at a time.
        /// Grid (B, ceil(ceil(Z / 4) / 128)), block 128.
        /// </summary>
        public static void Fill(ArrayView<int> users, ArrayView<float> output, ulong seed, ulong step, uint purpose,
            int columns)
        {
            int block = Grid.IdxY * Group.DimX + Group.IdxX, left = columns - 4 * block;
            if (left <= 0)
                return;
            long at = (long)Grid.IdxX * columns + 4 * block;
            (uint w0, uint w1, uint w2, uint w3) =
                new RandomStream(seed, (RandomPurpose)purpose, step).Block((uint)users[Grid.IdxX], (uint)block);
            Float4 four = default;
            (four.X, four.Y) = BoxMuller(w0, w1);
            (four.Z, four.W) = BoxMuller(w2, w3);
            if ((columns & 3) == 0)
            {
                output.Cast<Float4>()[at >> 2] = four;
                return;
            }
            output[at] = four.X;
            if (left > 1)
                output[at + 1] = four.Y;
            if (left > 2)
                output[at + 2] = four.Z;
            if (left > 3)
                output[at + 3] = four.W;
        }

        /// <summary>sqrt(-2 ln u) times cosine and sine of 2 pi v; u in (0, 1] and v in [0, 1) are exact.</summary>
        private static (float Cosine, float Sine) BoxMuller(uint radius, uint angle)
        {
            GpuFloat length = GpuFloat.Sqrt(GpuFloat.Broadcast(-2) * SimdMath.Log(Uniform((radius >> 8) + 1)));
            (GpuFloat sine, GpuFloat cosine) = SimdMath.SinCosTwoPi(Uniform(angle >> 8));
            return ((length * cosine).V, (length * sine).V);
        }

        private static GpuFloat Uniform(uint word) => new((int)word * (1 / 16777216f));
    }
}
