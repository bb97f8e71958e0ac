namespace VaeCf.Kernels;

/// <summary>What the units of a layer make of their input x.</summary>
public enum Activation
{
    /// <summary>x.</summary>
    Identity,
    /// <summary>tanh x.</summary>
    Tanh,
    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,
    /// <summary>max(x, 0).</summary>
    Relu,
    /// <summary>
    /// lambda x where x &gt; 0, else lambda alpha (e^x - 1), lambda = 1.0507 and alpha = 1.6733 (Klambauer and others
    /// 2017).
    /// </summary>
    Selu,
}
