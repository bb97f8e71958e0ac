namespace VaeCf.Native.Devices;

/// <summary>
/// How a GPU multiplies dense matrices. Sums are of single precision in each; what is rounded are the numbers
/// multiplied.
/// </summary>
public enum ProductPrecision
{
    /// <summary>Single precision, fused multiply-adds: agrees with the CPU.</summary>
    Single,

    /// <summary>Tensor cores, 10 bits behind the point: a product's relative error is about 1e-3 at most.</summary>
    Tf32,

    /// <summary>Tensor cores, 7 bits behind the point: about 4e-3 at most.</summary>
    Bf16,
}
