using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>Units that are 1 with a probability, else 0.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="probabilities">[B, H].</param>
    /// <param name="units">[B, H]: uniform numbers in [0, 1), then 1 where they are below the probability.</param>
    public static void Bernoulli(this Compute c, Tensor probabilities, Tensor units)
    {
        units.Expect(probabilities.Rows, probabilities.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Gibbs.Cpu.Bernoulli(cpu.Workers, cpu[probabilities], cpu[units]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gibbs_Bernoulli", units.Length, cuda[probabilities], cuda[units],
                    units.Length);
                break;
            case ReferenceCompute r: Gibbs.Reference.Bernoulli(r[probabilities], r[units]); break;
            default: throw c.Lacks(nameof(Bernoulli));
        }
    }

    /// <summary>The softmax of each group of consecutive numbers, in place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="values">Numbers of a group, K.</param>
    /// <param name="logits">Logits, then probabilities: a multiple of K numbers, in any shape.</param>
    public static void Softmax(this Compute c, int values, Tensor logits)
    {
        switch (c.Begin())
        {
            case CpuCompute cpu: Gibbs.Cpu.Softmax(cpu.Workers, values, cpu[logits]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gibbs_Softmax", GroupsOf(values, logits), cuda[logits],
                    GroupsOf(values, logits), values);
                break;
            case ReferenceCompute r: Gibbs.Reference.Softmax(values, r[logits]); break;
            default: throw c.Lacks(nameof(Softmax));
        }
    }

    /// <summary>Draws one of each group's values by their probabilities.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="values">Values of a group, K.</param>
    /// <param name="uniform">A number u in [0, 1) for each group, in any shape.</param>
    /// <param name="units">
    /// Probabilities of the K values in each group, in any shape; then 1 at the value that was drawn, the first k with
    /// u below p_1 + … + p_k, and 0 at the others.
    /// </param>
    public static void Categorical(this Compute c, int values, Tensor uniform, Tensor units)
    {
        switch (c.Begin())
        {
            case CpuCompute cpu: Gibbs.Cpu.Categorical(cpu.Workers, values, cpu[uniform], cpu[units]); break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gibbs_Categorical", GroupsOf(values, units, uniform), cuda[uniform],
                    cuda[units], uniform.Length, values);
                break;
            case ReferenceCompute r: Gibbs.Reference.Categorical(values, r[uniform], r[units]); break;
            default: throw c.Lacks(nameof(Categorical));
        }
    }

    /// <summary>The mean of each group's values by their probabilities.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="values">The K values, in any shape.</param>
    /// <param name="probabilities">K for each group, in any shape.</param>
    /// <param name="means">A number for each group, in any shape.</param>
    public static void Expectation(this Compute c, Tensor values, Tensor probabilities, Tensor means)
    {
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Gibbs.Cpu.Expectation(cpu.Workers, cpu[values], cpu[probabilities], cpu[means]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchFlat("Gibbs_Expectation", GroupsOf((int)values.Length, probabilities, means),
                    cuda[values], cuda[probabilities], cuda[means], means.Length, (int)values.Length);
                break;
            case ReferenceCompute r: Gibbs.Reference.Expectation(r[values], r[probabilities], r[means]); break;
            default: throw c.Lacks(nameof(Expectation));
        }
    }

    // Groups of K numbers; a tensor with one number for each has as many.
    private static long GroupsOf(int values, Tensor of, Tensor? perGroup = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values, 1);
        if (of.Length % values != 0 || (perGroup is not null && perGroup.Length != of.Length / values))
            throw new ArgumentException($"found {of.Length} numbers{(perGroup is null ? "" : $" of {perGroup.Length}")}"
                + $" groups; expected {values} for each group");
        return of.Length / values;
    }
}
