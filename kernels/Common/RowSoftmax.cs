namespace VaeCf.Kernels.Common;

/// <summary>
/// The exponentials of a softmax over a row, in place: called by the multinomial loss and by mixture densities.
/// </summary>
internal static unsafe class RowSoftmax
{
    /// <summary>
    /// Replaces each element by exp(element - max); returns the sum of these, of at least 1, and the largest element:
    /// log sum exp = max + log sum.
    /// </summary>
    public static (float Max, double Sum) Exponentials<V>(float* row, int columns) where V : unmanaged, ISimd<V>
    {
        float max = LaneReduction.Max<V, Element>(columns, new(row));
        return (max, RowLoss.Sum<V, Exponential>(columns, new(row, max)));
    }

    private readonly struct Element(float* row) : ILaneTerm
    {
        public V At<V>(int i) where V : unmanaged, ISimd<V> => V.Load(row + i);
    }

    /// <summary>exp(element - max), also written in its place.</summary>
    private readonly struct Exponential(float* row, float max) : ILaneTerm
    {
        public V At<V>(int i) where V : unmanaged, ISimd<V>
        {
            V exponential = SimdMath.Exp(V.Load(row + i) - V.Broadcast(max));
            V.Store(exponential, row + i);
            return exponential;
        }
    }
}
