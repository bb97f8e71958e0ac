using System.Numerics;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Elementwise work on rows of doubles, for the small matrices that are computed in double. Products are rounded before
/// they are added: then no vector width changes a bit.
/// </summary>
internal static class DoubleRow
{
    /// <summary>y += factor x, for a y that is as long as x or longer.</summary>
    public static void AddTimes(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
            (new Vector<double>(y[i..]) + new Vector<double>(x[i..]) * factor).CopyTo(y[i..]);
        for (; i < x.Length; i++)
            y[i] += factor * x[i];
    }

    /// <summary>Both rows turned in their plane: x becomes c x - s y, and y becomes s x + c y.</summary>
    public static void Rotate(double c, double s, Span<double> x, Span<double> y)
    {
        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> a = new(x[i..]), b = new(y[i..]);
            (a * c - b * s).CopyTo(x[i..]);
            (a * s + b * c).CopyTo(y[i..]);
        }
        for (; i < x.Length; i++)
            (x[i], y[i]) = (x[i] * c - y[i] * s, x[i] * s + y[i] * c);
    }
}
