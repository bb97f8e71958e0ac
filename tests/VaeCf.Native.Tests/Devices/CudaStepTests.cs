using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Devices;

public class CudaStepTests
{
    public static TheoryData<string> Models => [.. Small.Models];

    [Theory, MemberData(nameof(Models))]
    public void A_step_uploads_its_users_numbers_and_nothing_else_and_replays_its_kernels_as_a_graph(string model)
    {
        var driver = new FakeCuda();
        using var device = new CudaDevice(driver, 0);
        using CudaCompute c = device.Open();
        // Without an L2 term, whose loss is read back in every step.
        Settings settings = Small.Shape(model, [4], latent: 2, components: 3).With(Autoencoders.WeightDecay, 0);
        using Autoencoder network = Autoencoder.Create(c, settings, 6);
        network.Initialize(3);
        using var adam = new AdamOptimizer(c, network.Parameters,
            new AdamStep(1e-3, 0.9, 0.999, 1e-8, T: 1, WeightDecay: 0));
        using ClickBatch batch = c.AllocateBatch();
        ClickMatrix clicks = Sets.Clicks(6, [0, 2, 5], [1], [3, 4]);
        for (int step = 0; step < 3; step++)
        {
            driver.Calls.Clear();
            driver.Uploads.Clear();
            c.Load(clicks, [2, 0], batch);
            network.DrawNoise(batch, 7, (ulong)step);
            network.Train(batch, new TrainingStep(0.1 * step, BeginsEpoch: step == 0), adam);
        }
        Assert.Equal([2 * sizeof(int)], driver.Uploads);
        Assert.Single(driver.Calls, "cuGraphLaunch");
        Assert.DoesNotContain("cuLaunchKernel", driver.Calls);
    }

    [Fact]
    public void Clicks_that_come_and_go_use_the_memory_of_those_before()
    {
        var driver = new FakeCuda();
        using var device = new CudaDevice(driver, 0);
        using CudaCompute c = device.Open();
        using ClickBatch batch = c.AllocateBatch();
        // All stay: that of one that is gone would go to the next before there are four.
        ClickMatrix[] users = [.. Enumerable.Range(0, 8)
            .Select(user => Sets.Clicks(6, [.. Enumerable.Range(0, user < 4 ? 6 : 8 - user)]))];
        for (int user = 0; user < 8; user++)
        {
            if (user == 4)
                driver.Calls.Clear();
            c.Load(users[user], [0], batch);
        }
        GC.KeepAlive(users);
        Assert.DoesNotContain("cuMemAlloc", driver.Calls);
    }
}
