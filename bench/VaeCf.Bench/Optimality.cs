using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>How nearly weights solve the problems of EASE and SLIM: the violation of optimality conditions.</summary>
internal static class Optimality
{
    // Columns that are looked at, spread over all.
    private const int Columns = 200;

    /// <summary>
    /// The largest violation of any condition, over the largest entry of its column of X'X: each column w solves
    /// min 1/2 |x_j - X w|^2 + l2/2 |w|^2 + l1 |w|_1 with w_j = 0, and w at least 0 if l1 is more than 0. With
    /// r = X'(x_j - X w) - l2 w the conditions are r_i = l1 where w_i is not 0, and r_i at most l1 where it is.
    /// </summary>
    /// <param name="clicks">X.</param>
    /// <param name="column">Writes column j of the weights.</param>
    /// <param name="l1">Of EASE, which has no sign, 0.</param>
    /// <param name="l2">EASE's lambda.</param>
    public static double Residual(ClickMatrix clicks, Action<int, double[]> column, double l1, double l2)
    {
        double largest = 0;
        double[] w = new double[clicks.ItemCount], r = new double[w.Length], gram = new double[w.Length];
        for (int number = 0; number < Columns; number++)
        {
            int target = (int)((long)number * w.Length / Columns);
            column(target, w);
            Array.Clear(r);
            Array.Clear(gram);
            for (int user = 0; user < clicks.UserCount; user++)
            {
                ReadOnlySpan<int> items = clicks.ItemsOf(user);
                double left = items.BinarySearch(target) >= 0 ? 1 : 0, has = left;
                foreach (int item in items)
                    left -= w[item];
                foreach (int item in items)
                {
                    r[item] += left;
                    gram[item] += has;
                }
            }
            double violation = 0;
            for (int item = 0; item < w.Length; item++)
                if (item != target)
                {
                    double gap = r[item] - l2 * w[item] - l1;
                    violation = Math.Max(violation, w[item] != 0 || l1 == 0 ? Math.Abs(gap) : gap);
                }
            if (gram[target] > 0)
                largest = Math.Max(largest, violation / gram[target]);
        }
        return largest;
    }
}
