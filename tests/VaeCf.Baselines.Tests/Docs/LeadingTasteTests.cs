using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests.Docs;

/// <summary>A fit written on the public interface, with steps of its own.</summary>
public class LeadingTasteTests
{
    private static readonly ClickMatrix clicks = Clicks.Of(5, [0, 1, 2], [0, 1], [1, 2, 3], [0, 2], [4]);

    private static FitRun Run(Device device, Checkpoint? from = null) =>
        new(new DataSplit(new Vocabulary(["a", "b", "c", "d", "e"]), clicks, Validation: null, Test: null),
            LeadingTaste.Type.Defaults.With(LeadingTaste.Sweeps, 60), device, from);

    [Fact]
    public void Its_sweeps_find_the_leading_singular_vector()
    {
        using Device device = Device.Cpu(2);
        using FitRun run = Run(device);
        using Recommender model = run.Run();
        float[] q = model.CopyTensors()[0].Values;
        // X'(X q) is a multiple of q, and the user of another taste has no part in it.
        double[] product = new double[5];
        for (int user = 0; user < clicks.UserCount; user++)
            foreach (int item in clicks.ItemsOf(user))
                product[item] += clicks.ItemsOf(user).ToArray().Sum(other => q[other]);
        double eigenvalue = product[1] / q[1];
        Assert.All(product.Zip(q), pair => Assert.Equal(eigenvalue * pair.Second, pair.First, 1e-5));
        Assert.Equal(0, q[4], 1e-6);
        Assert.Equal(["b", "c", "d"], model.Recommend(["a"], 3).Items.Select(item => item.Item));
    }

    [Fact]
    public void A_step_has_the_devices_turn()
    {
        using Device device = Device.Cpu(2);
        using FitRun run = Run(device);
        int within = 0;
        run.Run(now =>
        {
            if (now.Step > 0)
                return;
            within++;
            Assert.Contains("in a turn", Assert.Throws<InvalidOperationException>(device.Dispose).Message);
        }).Dispose();
        Assert.Equal(1, within);
    }

    [Fact]
    public void It_goes_on_from_a_checkpoint_to_the_same_bits()
    {
        using Device device = Device.Cpu(1);
        using FitRun whole = Run(device), half = Run(device);
        using var stop = new CancellationTokenSource();
        half.Run(now =>
        {
            if (now.Finished?.Epoch == 3)
                stop.Cancel();
        }, stop.Token).Dispose();
        using FitRun resumed = Run(device, half.Capture());
        Assert.Equal(3, resumed.Fit.Position.Epoch);
        using Recommender expected = whole.Run(), model = resumed.Run();
        Assert.Equal(expected.CopyTensors()[0].Values, model.CopyTensors()[0].Values);
    }
}
