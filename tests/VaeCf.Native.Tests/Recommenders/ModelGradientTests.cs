using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>The whole backward pass against central differences of the whole forward pass, in double.</summary>
public class ModelGradientTests
{
    public static TheoryData<string, Likelihood, int, bool> Models()
    {
        var data = new TheoryData<string, Likelihood, int, bool>();
        foreach (string model in Small.Models)
            foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                for (int hidden = model is "multvae" or "multdae" ? 0 : 1; hidden <= 3; hidden++)
                    foreach (bool gated in new[] { false, true })
                        if (!gated || (model != "recvae" && hidden > 0))
                            data.Add(model, likelihood, hidden, gated);
        return data;
    }

    [Theory, MemberData(nameof(Models))]
    public void Every_gradient_is_the_slope_of_the_loss(string model, Likelihood likelihood, int hidden, bool gated)
    {
        const double beta = 0.7, h = 1e-5;
        int[] widths = (model == "recvae" ? new[] { 5, 5, 5 } : [5, 4, 6])[..hidden];
        Settings settings = Small.Shape(model, widths, latent: 3, components: 4, likelihood, gated)
            .With(Autoencoders.WeightDecay, 0).With(Autoencoders.KeepProbability, 0.6);
        var clicks = new ClickMatrix(7, [0, 3, 3, 7], [0, 2, 5, 1, 2, 4, 6]);
        using Device device = Device.Reference();
        using Compute c = device.Open();
        using Autoencoder network = Autoencoder.Create(c, settings, 7);
        using ClickBatch batch = c.AllocateBatch();
        network.Initialize(3);
        c.Load(clicks, [0, 1, 2], batch);
        network.DrawNoise(batch, 3, 11);
        double Loss()
        {
            network.Forward(batch);
            network.Loss(batch);
            return network.Terms().Total(beta);
        }
        Loss();
        network.Backward(batch, beta);
        foreach (Parameter parameter in network.Parameters)
        {
            double[] values = new double[parameter.Value.Length], gradient = new double[values.Length],
                slope = new double[values.Length];
            c.Read(parameter.Value, values);
            c.Read(parameter.Gradient, gradient);
            for (int i = 0; i < values.Length; i++)
            {
                double value = values[i];
                double At(double moved)
                {
                    values[i] = moved;
                    c.Write(values, parameter.Value);
                    return Loss();
                }
                slope[i] = (At(value + h) - At(value - h)) / (2 * h);
                At(value);
            }
            double difference = Math.Sqrt(gradient.Zip(slope, (g, s) => (g - s) * (g - s)).Sum()),
                norm = Math.Sqrt(slope.Sum(s => s * s));
            Assert.True(norm > 1e-6, $"{parameter.Name}: the slope is {norm}, nothing to compare with");
            Assert.True(difference <= 1e-8 * Math.Max(1, norm), $"{parameter.Name}, {Mismatch.Describe(gradient, slope,
                1e-6, ("by hand", i => gradient[i]), ("by slope", i => slope[i]))}");
        }
    }
}
