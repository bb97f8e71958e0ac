using System.Runtime.CompilerServices;
using System.Buffers;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class SquaredNorm
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements summed in float, 256 to a lane, before the sum goes on in double.
        private const int Block = 4_096;

        // Blocks worth a part of their own: some 5 us of work.
        private const int BlocksPerPart = 16;

        /// <inheritdoc cref="Reference.Sum"/>
        /// <param name="workers">Threads, over blocks of elements.</param>
        public static double Sum(Workers workers, ReadOnlySpan<float> x)
        {
            int count = (int)(((long)x.Length + Block - 1) / Block);
            float[] blocks = ArrayPool<float>.Shared.Rent(count);
            fixed (float* pX = x, pBlocks = blocks)
                VectorWidth.Run(workers, count, BlocksPerPart, new Blocks(x.Length, pX, pBlocks));
            double sum = 0;
            foreach (float block in blocks.AsSpan(0, count))
                sum += block;
            ArrayPool<float>.Shared.Return(blocks);
            return sum;
        }

        private readonly struct Blocks(int length, float* x, float* blocks) : IVectorKernel
        {
            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                for (int block = from; block < to; block++)
                {
                    int start = block * Block;
                    blocks[block] = LaneReduction.Sum<V, Square>(Math.Min(Block, length - start), new(x + start));
                }
            }
        }
    }
}
