namespace VaeCf.Native.Recommenders;

/// <summary>What weights and biases start as.</summary>
public enum WeightStart
{
    /// <summary>
    /// Weights uniform in ±sqrt(6 / (inputs + outputs)), biases normal of deviation 0.001, truncated at two deviations
    /// (Liang et al. 2018, the authors' code).
    /// </summary>
    Xavier,
    /// <summary>
    /// Weights normal of variance 2 / inputs, biases uniform in ±1 / sqrt(inputs) (Kim and Suh 2019, the authors'
    /// code).
    /// </summary>
    HeNormal,
    /// <summary>Weights and biases uniform in ±1 / sqrt(inputs) (Shenbin et al. 2020, the authors' code).</summary>
    UniformFanIn,
}

/// <summary>What the VampPrior's pseudo-inputs start as.</summary>
public enum PseudoInputStart
{
    /// <summary>Normal of mean 0.05 and deviation 0.01.</summary>
    Random,
    /// <summary>Rows of training users, with normal noise of deviation 0.01.</summary>
    Data,
}
