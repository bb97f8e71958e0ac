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
}
