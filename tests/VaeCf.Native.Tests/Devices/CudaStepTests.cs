using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Devices;

public class CudaStepTests
{
    public static TheoryData<ModelKind> Kinds => [.. Enum.GetValues<ModelKind>()];

    [Theory, MemberData(nameof(Kinds))]
    public void A_step_uploads_its_users_numbers_and_nothing_else_and_replays_its_kernels_as_a_graph(ModelKind kind)
    {
        var driver = new FakeCuda();
        using CudaCompute c = CudaCompute.Open(driver, 0);
        var config = new ModelConfig { Kind = kind, Hidden = [4], Latent = 2, Components = 3 };
        using Autoencoder network = Autoencoder.Create(c, config, 6);
        network.Initialize(3);
        using var adam = new AdamOptimizer(c, network.Parameters, 1e-3, config.WeightDecay);
        using ClickBatch batch = c.AllocateBatch();
        ClickMatrix clicks = Sets.Clicks(6, [0, 2, 5], [1], [3, 4]);
        for (int step = 0; step < 3; step++)
        {
            driver.Calls.Clear();
            driver.Uploads.Clear();
            network.EnterEpoch(0, begins: step == 0);
            c.Load(clicks, [2, 0], batch);
            network.DrawNoise(batch, 7, (ulong)step);
            adam.T = step + 1;
            network.Train(batch, 0.1 * step, adam);
        }
        Assert.Equal([2 * sizeof(int)], driver.Uploads);
        Assert.Single(driver.Calls, "cuGraphLaunch");
        Assert.DoesNotContain("cuLaunchKernel", driver.Calls);
    }

    [Fact]
    public void Clicks_that_come_and_go_use_the_memory_of_those_before()
    {
        var driver = new FakeCuda();
        using CudaCompute c = CudaCompute.Open(driver, 0);
        using ClickBatch batch = c.AllocateBatch();
        for (int user = 0; user < 8; user++)
        {
            if (user == 4)
                driver.Calls.Clear();
            c.Load(Sets.Clicks(6, [.. Enumerable.Range(0, user < 4 ? 6 : 8 - user)]), [0], batch);
        }
        Assert.DoesNotContain("cuMemAlloc", driver.Calls);
    }
}
