using ILGPU;
using ILGPU.Algorithms;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Adam's settings for one step, passed to a kernel as nine floats: weight decay, epsilon, beta1, 1 - beta1,
/// beta2, 1 - beta2, -learningRate / (1 - beta1^t), 1 / (1 - beta2^t), and the gradient's factor; each is
/// computed in double and rounded.
/// </summary>
public readonly struct AdamConstants
{
    private readonly float decay, epsilon, beta1, rest1, beta2, rest2, rate, correction2, scale;

    /// <summary>Adam's update of element i by its gradient.</summary>
    public void Update(long i, float gradient, ArrayView<float> weights, ArrayView<float> m, ArrayView<float> v)
    {
        float first = m[i], second = v[i];
        weights[i] = Next(weights[i], gradient, ref first, ref second);
        m[i] = first;
        v[i] = second;
    }

    /// <summary>The same for four elements.</summary>
    public void Update(long i, Float4 gradient, ArrayView<Float4> weights, ArrayView<Float4> m, ArrayView<Float4> v)
    {
        Float4 w = weights[i], first = m[i], second = v[i];
        w.X = Next(w.X, gradient.X, ref first.X, ref second.X);
        w.Y = Next(w.Y, gradient.Y, ref first.Y, ref second.Y);
        w.Z = Next(w.Z, gradient.Z, ref first.Z, ref second.Z);
        w.W = Next(w.W, gradient.W, ref first.W, ref second.W);
        weights[i] = w;
        m[i] = first;
        v[i] = second;
    }

    private float Next(float w, float gradient, ref float first, ref float second)
    {
        float g = Ptx.Fma(decay, w, scale * gradient);
        first = Ptx.Fma(beta1, first, rest1 * g);
        second = Ptx.Fma(beta2, second, rest2 * g * g);
        return w + rate * first / (XMath.Sqrt(second * correction2) + epsilon);
    }
}
