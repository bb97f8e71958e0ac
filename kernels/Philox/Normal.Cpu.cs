using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Normal
{
    /// <summary>Float, vectors and threads. Same bits for every vector width and number of threads.</summary>
    public static unsafe class Cpu
    {
        // Elements that are worth a part of their own: about 10 us of work.
        private const int ElementsPerPart = 4_096;

        /// <inheritdoc cref="Reference.Fill"/>
        /// <param name="workers">Threads, over rows.</param>
        /// <exception cref="ArgumentException"><paramref name="output"/> is not B x Z.</exception>
        public static void Fill(Workers workers, RandomStream stream, ReadOnlySpan<int> users, int columns,
            Span<float> output)
        {
            Shape.Dense(nameof(output), output.Length, users.Length, columns);
            fixed (int* pUsers = users)
            fixed (float* pOutput = output)
                VectorWidth.Run(workers, users.Length, ElementsPerPart / Math.Max(columns, 1),
                    new Rows(stream, pUsers, columns, pOutput));
        }

        private readonly struct Rows(RandomStream stream, int* users, int columns, float* output) : IVectorKernel
        {
            // How many pairs of words are turned into pairs of normals at a time; a multiple of every vector
            // width, so that none is left over.
            private const int Pairs = 128;

            [MethodImpl(VectorWidth.Loop)]
            public void Invoke<V>(int from, int to) where V : unmanaged, ISimd<V>
            {
                float* cosines = stackalloc float[Pairs], sines = stackalloc float[Pairs];
                uint* words = stackalloc uint[2 * Pairs];
                for (int b = from; b < to; b++)
                {
                    for (int column = 0; column < columns; column += 2 * Pairs)
                    {
                        int count = Math.Min(2 * Pairs, columns - column);
                        float* row = output + (long)b * columns + column;
                        stream.Fill((uint)users[b], (uint)column / 4, new(words, (count + 3) / 4 * 4));
                        for (int pair = 0; pair < (count + 1) / 2; pair++)
                        {
                            cosines[pair] = Uniform((words[2 * pair] >> 8) + 1);
                            sines[pair] = Uniform(words[2 * pair + 1] >> 8);
                        }
                        // Whole vectors: what lies beyond the last pair is transformed too, but not read.
                        for (int pair = 0; pair < (count + 1) / 2; pair += V.Count)
                            BoxMuller<V>(cosines + pair, sines + pair);
                        for (int i = 0; i < count; i++)
                            row[i] = i % 2 == 0 ? cosines[i / 2] : sines[i / 2];
                    }
                }
            }
        }

        /// <summary>Exact: below 2^24 + 1, times 2^-24.</summary>
        private static float Uniform(uint word) => (int)word * (1 / 16777216f);

        /// <summary>
        /// In: radius and angle as uniforms u and v. Out: sqrt(-2 ln u) times cosine and sine of 2 pi v.
        /// </summary>
        private static void BoxMuller<V>(float* uCosine, float* vSine) where V : unmanaged, ISimd<V>
        {
            V radius = V.Sqrt(V.Broadcast(-2) * SimdMath.Log(V.Load(uCosine)));
            (V sine, V cosine) = SimdMath.SinCosTwoPi(V.Load(vSine));
            V.Store(radius * cosine, uCosine);
            V.Store(radius * sine, vSine);
        }
    }
}
