using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>y_bh = a(y_bh + bias_h), in place.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="activation">a.</param>
    /// <param name="bias">[1, H].</param>
    /// <param name="y">[B, H].</param>
    public static void AddBiasActivate(this Compute c, Activation activation, Tensor bias, Tensor y)
    {
        bias.Expect(1, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Activate.Cpu.Forward(cpu.Workers, activation, y.Rows, y.Columns, cpu[y], cpu[bias]);
                break;
            case CudaCompute cuda:
                cuda.Context.LaunchElements(activation switch
                {
                    Activation.Identity => "Bias_Add",
                    Activation.Tanh => "Tanh_Forward",
                    Activation.Sigmoid => "Activate_Sigmoid",
                    Activation.Relu => "Activate_Relu",
                    Activation.Selu => "Activate_Selu",
                    _ => throw Activate.Unknown(activation),
                }, y.Rows, y.Columns, cuda[bias], cuda[y], y.Columns);
                break;
            case ReferenceCompute r: Activate.Reference.Forward(activation, y.Rows, y.Columns, r[y], r[bias]); break;
            default: throw c.Lacks(nameof(AddBiasActivate));
        }
    }

    /// <summary>dY = dY a'(x), in place, for y = a(x): the gradient of what the activation was given.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="activation">a.</param>
    /// <param name="y">[B, H], what the activation gave.</param>
    /// <param name="dY">[B, H]: the gradient of y, then of x.</param>
    public static void ActivationGradient(this Compute c, Activation activation, Tensor y, Tensor dY)
    {
        dY.Expect(y.Rows, y.Columns);
        switch (c.Begin())
        {
            case CpuCompute cpu: Activate.Cpu.Backward(cpu.Workers, activation, cpu[y], cpu[dY], cpu[dY]); break;
            case CudaCompute cuda:
                if (activation != Activation.Identity)
                    cuda.Context.LaunchFlat(activation switch
                    {
                        Activation.Tanh => "Tanh_Backward",
                        Activation.Sigmoid => "Activate_SigmoidBackward",
                        Activation.Relu => "Activate_ReluBackward",
                        Activation.Selu => "Activate_SeluBackward",
                        _ => throw Activate.Unknown(activation),
                    }, y.Length, cuda[y], cuda[dY], y.Length);
                break;
            case ReferenceCompute r: Activate.Reference.Backward(activation, r[y], r[dY], r[dY]); break;
            default: throw c.Lacks(nameof(ActivationGradient));
        }
    }
}
