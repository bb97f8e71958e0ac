using VaeCf.Kernels;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>
    /// Each user's loss at the items of the batch alone, given their logits without bias, as
    /// <see cref="SampledGemm"/> computes them; the logits become scale times their gradient.
    /// </summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">
    /// The sampled items, with what each should be: 1 for a click, 0 for a negative; or a rating.
    /// </param>
    /// <param name="loss">A logistic or Gaussian likelihood, its scale, weights and output.</param>
    /// <param name="bias">[1, I], added to the logits first.</param>
    /// <param name="logits">[N, 1], in the order of the batch; then their gradient.</param>
    /// <param name="losses">[B, 1], not scaled.</param>
    public static void SampledLoss(this Compute c, ClickBatch batch, OutputLoss loss, Tensor bias, Tensor logits,
        Tensor losses)
    {
        bias.Expect(1, batch.ItemCount);
        logits.Expect(batch.ClickCount, 1);
        losses.Reshape(batch.UserCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu:
                Kernels.SampledLoss.Cpu.Loss(cpu.Workers, cpu[batch].RowStarts, cpu[batch].Items, cpu[batch].Counts,
                    cpu[bias], loss, cpu[logits], cpu[losses]);
                break;
            case CudaCompute cuda:
                CudaArgument[] weights = loss.Likelihood == Likelihood.Gaussian ? [(float)loss.C1, (float)loss.C0] : [];
                cuda.LaunchRows(loss.Likelihood switch
                {
                    Likelihood.Logistic => "SampledLoss_Logistic",
                    Likelihood.Gaussian => "SampledLoss_Gaussian"
                        + (loss.Output == Activation.Selu ? "OfSelu" : OfOutput(loss)),
                    _ => throw Kernels.SampledLoss.Unknown(loss),
                }, batch.UserCount, [cuda[batch].RowStarts, cuda[batch].Items, cuda[batch].Counts, cuda[bias],
                    cuda[logits], cuda[losses], (float)loss.Scale, .. weights, batch.UserCount]);
                break;
            case ReferenceCompute r:
                Kernels.SampledLoss.Reference.Loss(r[batch].RowStarts, r[batch].Items, r[batch].CountsAsDoubles(),
                    r[bias], loss, r[logits], r[losses]);
                break;
            default: throw c.Lacks(nameof(SampledLoss));
        }
    }
}
