using System.Numerics;

namespace VaeCf.Ptx.Emulator;

/// <summary>
/// mma.sync: D [16, 8] = A [16, K] B [K, 8] + C by a whole warp, with the fragment layout of the PTX ISA: lane l holds,
/// with g = l / 4 and t = l % 4, rows g and g + 8 of A, C, D and column g of B; its columns of C and D are 2t and 2t +
/// 1. Sums are made as tensor cores of sm_80 make them (Fasi, Higham, Mikaitis, Pranesh 2021, Numerical behavior of
/// NVIDIA tensor cores): products are exact; those of a step over k (4 for TF32, 8 for bf16) and the sum so far are
/// cut, not rounded, to a common exponent with one bit below a float's last, added, and the result is cut to a float.
/// </summary>
internal static unsafe class TensorCores
{
    /// <summary>A format of the factors.</summary>
    public interface IFormat
    {
        /// <summary>Extent over k.</summary>
        static abstract int K { get; }

        /// <summary>Products added in one step.</summary>
        static abstract int Step { get; }

        /// <summary>Factors a 32-bit register holds.</summary>
        static abstract int PerRegister { get; }

        /// <summary>A factor of a register.</summary>
        static abstract float Factor(uint register, int i);
    }

    /// <summary>A float whose last 13 bits are not looked at.</summary>
    public readonly struct Tf32 : IFormat
    {
        public static int K => 8;

        public static int Step => 4;

        public static int PerRegister => 1;

        public static float Factor(uint register, int i) => BitConverter.UInt32BitsToSingle(register & 0xFFFFE000);
    }

    /// <summary>The upper half of a float; two to a register, the lower column first.</summary>
    public readonly struct Bfloat16 : IFormat
    {
        public static int K => 16;

        public static int Step => 8;

        public static int PerRegister => 2;

        public static float Factor(uint register, int i) =>
            BitConverter.UInt32BitsToSingle((i == 0 ? register << 16 : register) & 0xFFFF0000);
    }

    public static void Run<F>(Warp w, Op* op)
        where F : IFormat
    {
        if (w.Active != Warp.All)
            throw w.Fail(Fault.DivergentBarrier, op, BitOperations.TrailingZeroCount(~w.Active), null,
                "mma.sync needs all 32 lanes.");
        float* a = stackalloc float[16 * F.K], b = stackalloc float[F.K * 8];
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            for (int r = 0; r < 4; r++)
                for (int i = 0; i < F.PerRegister; i++)
                    a[((g + (8 * (r & 1))) * F.K) + Column(t, r >> 1, i)] = F.Factor(w.At<uint>(op->R[4 + r])[lane], i);
            for (int r = 0; r < 2; r++)
                for (int i = 0; i < F.PerRegister; i++)
                    b[(Column(t, r, i) * 8) + g] = F.Factor(w.At<uint>(op->R[8 + r])[lane], i);
        }

        float* results = stackalloc float[Lanes.Count * 4];
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            for (int r = 0; r < 4; r++)
            {
                float sum = w.At<float>(op->R[10 + r])[lane];
                float* row = a + ((g + (8 * (r >> 1))) * F.K), column = b + (2 * t) + (r & 1);
                for (int k = 0; k < F.K; k += F.Step)
                    sum = Add(sum, row + k, column + (8 * k), F.Step);
                results[(lane * 4) + r] = sum;
            }
        }

        for (int lane = 0; lane < Lanes.Count; lane++)
            for (int r = 0; r < 4; r++)
                w.At<float>(op->R[r])[lane] = results[(lane * 4) + r];

        static int Column(int t, int half, int i) => (F.PerRegister * t) + i + (half * 4 * F.PerRegister);
    }

    /// <summary>c + the sum of a[i] b[8 i], cut as a tensor core does.</summary>
    public static float Add(float c, float* a, float* b, int count)
    {
        double* terms = stackalloc double[count + 1];
        terms[count] = c;
        int exponent = int.MinValue;
        double plain = c;
        for (int i = 0; i < count; i++)
        {
            terms[i] = (double)a[i] * b[8 * i];
            plain += terms[i];
        }

        if (!double.IsFinite(plain))
            return (float)plain;
        for (int i = 0; i <= count; i++)
            if (terms[i] != 0)
                exponent = Math.Max(exponent, Math.ILogB(terms[i]));
        if (exponent == int.MinValue)
            return (float)plain;

        long sum = 0;
        int scale = 24 - exponent;
        for (int i = 0; i <= count; i++)
            sum += (long)Math.ScaleB(terms[i], scale);
        return Cut(Math.ScaleB((double)sum, -scale));
    }

    /// <summary>The float at or below the value in size.</summary>
    private static float Cut(double value)
    {
        float rounded = (float)value;
        return Math.Abs((double)rounded) > Math.Abs(value)
            ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(rounded) - 1) : rounded;
    }
}
