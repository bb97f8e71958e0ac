using VaeCf.Kernels;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// SLIM's weights of some target items: for each, the minimum of an elastic net over the other items. Not on a GPU.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="gram">G = X^T X, [I, I]; not negative where the weights may not be.</param>
    /// <param name="first">The first target, an item.</param>
    /// <param name="problem">What is minimised, and when the sweeps end.</param>
    /// <param name="weights">
    /// [targets, I]: the weights to start from, such as 0; overwritten with the solution. A row belongs to a target.
    /// </param>
    /// <param name="cancellationToken">Ends it between two groups of targets; the weights are then undefined.</param>
    /// <returns>Targets whose last sweep still changed a weight by more than the tolerance.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There are no such targets, or a number of the problem is outside its range.
    /// </exception>
    public static int CoordinateDescent(this Compute c, Tensor gram, int first, in ElasticNet problem, Tensor weights,
        CancellationToken cancellationToken = default)
    {
        gram.Expect(gram.Rows, gram.Rows);
        weights.Expect(weights.Rows, gram.Rows);
        return c.Begin() switch
        {
            CpuCompute cpu => Kernels.CoordinateDescent.Cpu.Solve(cpu.Workers, gram.Rows, cpu[gram], first, problem,
                cpu[weights], cancellationToken),
            ReferenceCompute r => Kernels.CoordinateDescent.Reference.Solve(gram.Rows, r[gram], first, problem,
                r[weights]),
            _ => throw c.Lacks(nameof(CoordinateDescent)),
        };
    }
}
