using ILGPU;
using ILGPU.Algorithms;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Adam's settings at one step, eight floats as a kernel's parameter: weight decay, epsilon, beta1, 1 - beta1, beta2, 1 - beta2,
/// -learningRate / (1 - beta1^t), 1 / (1 - beta2^t); each computed in double and rounded.
/// </summary>
public readonly struct AdamConstants
{
    private readonly float decay, epsilon, beta1, rest1, beta2, rest2, rate, correction2;

    /// <summary>Adam's update of the element i by its gradient.</summary>
    public void Update(long i, float gradient, ArrayView<float> weights, ArrayView<float> m, ArrayView<float> v)
    {
        float w = weights[i];
        float g = Ptx.Fma(decay, w, gradient);
        float first = Ptx.Fma(beta1, m[i], rest1 * g);
        float second = Ptx.Fma(beta2, v[i], rest2 * g * g);
        m[i] = first;
        v[i] = second;
        weights[i] = w + rate * first / (XMath.Sqrt(second * correction2) + epsilon);
    }
}
