using ILGPU;
using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class CompositeLogDensity
{
    /// <summary>
    /// Forward: sixteen threads per row. Backward: one thread per element. The same bits as the CPU's.
    /// </summary>
    public static class Gpu
    {
        /// <summary>logDensity [B] = sum log of the mixture's density; z, oldMean and oldLogvar [B, Z].</summary>
        public static void Forward(ArrayView<float> z, ArrayView<float> oldMean, ArrayView<float> oldLogvar,
            ArrayView<float> logDensity, int rows, int latent, Constants constants)
        {
            int row = Grid.GlobalIndex.X / Reduce.Lanes, lane = Group.IdxX & (Reduce.Lanes - 1);
            int end = row < rows ? latent : 0;
            long start = (long)row * latent;
            float sum = 0;
            for (int i = lane; i < end; i += Reduce.Lanes)
            {
                var parts = new Parts(z[start + i], oldMean[start + i], oldLogvar[start + i], constants);
                sum += parts.Max + SimdMath.Log(new GpuFloat(parts.Sum)).V;
            }
            sum = Reduce.LaneSum(sum);
            if (row < rows && lane == 0)
                logDensity[row] = sum;
        }

        /// <summary>dZ -= weight [B] times the log density's derivative.</summary>
        public static void Backward(ArrayView<float> z, ArrayView<float> oldMean, ArrayView<float> oldLogvar,
            ArrayView<float> weight, ArrayView<float> dZ, int rows, int latent, Constants constants)
        {
            long at = Threads.Global;
            if (at >= (long)rows * latent)
                return;
            var parts = new Parts(z[at], oldMean[at], oldLogvar[at], constants);
            float slope = Ptx.Fma(parts.Old, parts.OldSlope,
                z[at] * Ptx.Fma(parts.Wide, constants.WidePrecision, parts.Standard)) / parts.Sum;
            dZ[at] = Ptx.Fma(weight[at / latent], slope, dZ[at]);
        }

        /// <summary>
        /// log(share) - logvar / 2 of the standard, the old and the wide density, and 1 / variance of the wide one:
        /// passed to a kernel as four floats.
        /// </summary>
        public readonly struct Constants
        {
            internal readonly float StandardLog, OldLog, WideLog, WidePrecision;
        }

        /// <summary>The three shares of the density at z, each divided by the largest of them, e^Max.</summary>
        private readonly struct Parts
        {
            public readonly float Max, Standard, Old, Wide, OldSlope;

            public Parts(float z, float oldMean, float oldLogvar, Constants constants)
            {
                float square = z * z, difference = z - oldMean;
                OldSlope = difference * SimdMath.Exp(new GpuFloat(-oldLogvar)).V;
                float standard = Ptx.Fma(-0.5f, square, constants.StandardLog);
                float old = Ptx.Fma(-0.5f, Ptx.Fma(difference, OldSlope, oldLogvar), constants.OldLog);
                float wide = Ptx.Fma(-0.5f * constants.WidePrecision, square, constants.WideLog);
                Max = Ptx.Max(standard, Ptx.Max(old, wide));
                Standard = SimdMath.Exp(new GpuFloat(standard - Max)).V;
                Old = SimdMath.Exp(new GpuFloat(old - Max)).V;
                Wide = SimdMath.Exp(new GpuFloat(wide - Max)).V;
            }

            public float Sum => Standard + Old + Wide;
        }
    }
}
