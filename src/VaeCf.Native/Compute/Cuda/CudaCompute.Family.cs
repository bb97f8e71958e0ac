using System.Runtime.CompilerServices;
using VaeCf.Kernels;

namespace VaeCf.Native.Compute.Cuda;

/// <summary>What models beyond Mult-VAE and Mult-DAE ask for: there is no kernel of it for cards, and the error says so.</summary>
internal sealed partial class CudaCompute
{
    private DeviceException Missing([CallerMemberName] string operation = "") =>
        new($"{context.Card}: {operation} has no kernel for cards: only Mult-VAE and Mult-DAE with tanh units run on one; use the processor (--device cpu)");

    public void Add(Tensor x, Tensor y) => throw Missing();
    public void Gate(Tensor a, Tensor g, Tensor y) => throw Missing();
    public void GateGradient(Tensor a, Tensor g, Tensor dY, Tensor dA, Tensor dG) => throw Missing();
    public void Swish(Tensor x, Tensor y) => throw Missing();
    public void SwishGradient(Tensor x, Tensor dY, Tensor dX) => throw Missing();
    public void LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics) => throw Missing();
    public void LayerNormGradient(Tensor x, Tensor weight, Tensor statistics, Tensor dY, Tensor dX, Tensor dWeight, Tensor dBias) => throw Missing();
    public void Clamp(Tensor x, double low, double high, Tensor y) => throw Missing();
    public void ClampGradient(Tensor x, double low, double high, Tensor dY) => throw Missing();
    public void DropoutMask(RandomStream stream, double keep, Tensor mask) => throw Missing();
    public void ClicksPerUser(ClickBatch batch, double scale, Tensor perUser) => throw Missing();
    public void Sample(Tensor mean, Tensor logvar, Tensor epsilon, Tensor z, Tensor logDensity) => throw Missing();
    public void SampleGradient(Tensor logvar, Tensor epsilon, Tensor dZ, Tensor weight, Tensor dMean, Tensor dLogvar) => throw Missing();
    public void NormalLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor logDensity) => throw Missing();
    public void NormalLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar) => throw Missing();
    public void MixtureLogDensity(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor logDensity) => throw Missing();
    public void MixtureLogDensityGradient(Tensor z, Tensor mean, Tensor logvar, Tensor responsibilities, Tensor weight, Tensor dZ, Tensor dMean, Tensor dLogvar) => throw Missing();
    public void CompositeLogDensity(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor logDensity) => throw Missing();
    public void CompositeLogDensityGradient(Tensor z, Tensor oldMean, Tensor oldLogvar, Tensor weight, Tensor dZ) => throw Missing();
}
