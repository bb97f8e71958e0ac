using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class Gibbs
{
    /// <summary>One thread per unit, or per group of K values; the same bits as the CPU's.</summary>
    public static class Gpu
    {
        /// <summary>units [count] = 1 where units &lt; probabilities, else 0, in place.</summary>
        public static void Bernoulli(ArrayView<float> probabilities, ArrayView<float> units, long count)
        {
            long i = Threads.Global;
            if (i >= count)
                return;
            float p = probabilities[i];
            units[i] = (Ptx.Less(units[i], p) != 0 ? 1f : 0f) + (p - p);
        }

        /// <summary>logits [groups, values]: F on entry, the softmax of each group on return.</summary>
        public static void Softmax(ArrayView<float> logits, long groups, int values)
        {
            long group = Threads.Global;
            if (group >= groups)
                return;
            long start = group * values;
            float max = logits[start];
            for (int k = 1; k < values; k++)
                max = Ptx.Max(max, logits[start + k]);
            float sum = 0;
            for (int k = 0; k < values; k++)
            {
                float e = SimdMath.ExpOfNonPositive(new GpuFloat(logits[start + k] - max)).V;
                logits[start + k] = e;
                sum += e;
            }
            for (int k = 0; k < values; k++)
                logits[start + k] = logits[start + k] / sum;
        }

        /// <summary>units [groups, values]: probabilities on entry, 1 at the value drawn on return.</summary>
        public static void Categorical(ArrayView<float> uniform, ArrayView<float> units, long groups, int values)
        {
            long group = Threads.Global;
            if (group >= groups)
                return;
            long start = group * values;
            float u = uniform[group], sum = units[start];
            int drawn = 0;
            while (drawn < values - 1 && Ptx.Less(u, sum) == 0)
            {
                drawn++;
                sum += units[start + drawn];
            }
            for (int k = 0; k < values; k++)
                units[start + k] = k == drawn ? 1f : 0f;
        }

        /// <summary>means [groups] = sum over k of probabilities [groups, values] ofValues [values].</summary>
        public static void Expectation(ArrayView<float> ofValues, ArrayView<float> probabilities,
            ArrayView<float> means, long groups, int values)
        {
            long group = Threads.Global;
            if (group >= groups)
                return;
            float mean = 0;
            for (int k = 0; k < values; k++)
                mean = Ptx.Fma(probabilities[group * values + k], ofValues[k], mean);
            means[group] = mean;
        }
    }
}
