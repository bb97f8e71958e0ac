using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Gpu.Tests;

/// <summary>The whole path to a card, host code and shipped PTX, against the processor's.</summary>
public class ParityTests
{
    private const double Tolerance = 1e-5;
    private const ulong Seed = 7;

    // Users do not fill the last batch, and no size is a multiple of a tile or of a block of items.
    private const int Users = 45, Items = 283, BatchSize = 18;

    /// <summary>The devices, with each likelihood.</summary>
    public static TheoryData<string, Likelihood> DevicesAndLikelihoods
    {
        get
        {
            var data = new TheoryData<string, Likelihood>();
            foreach (string device in GpuDevices.Names)
                foreach (Likelihood likelihood in Enum.GetValues<Likelihood>())
                    data.Add(device, likelihood);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Ten_steps_of_Mult_VAE_are_the_processors(string device) =>
        AssertSame(device, new ModelConfig { Hidden = [37], Latent = 11, WeightDecay = 0.01 }, steps: 10);

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Ten_steps_of_Mult_DAE_with_two_hidden_layers_are_the_processors(string device) =>
        AssertSame(device, new ModelConfig { Kind = ModelKind.MultDae, Hidden = [29, 13], Latent = 7 }, steps: 10);

    /// <summary>The devices, with each model that has kernels of its own, and whether it divides gradients by their norms.</summary>
    public static TheoryData<string, ModelKind, bool, bool> DevicesAndFamily
    {
        get
        {
            var data = new TheoryData<string, ModelKind, bool, bool>();
            foreach (string device in GpuDevices.Names)
                foreach ((ModelKind kind, bool gated, bool normalizes) in ((ModelKind, bool, bool)[])
                    [(ModelKind.MultVae, true, true), (ModelKind.MultDae, true, false), (ModelKind.Vamp, false, false), (ModelKind.Vamp, true, true),
                     (ModelKind.HVamp, false, true), (ModelKind.HVamp, true, false), (ModelKind.RecVae, false, false)])
                    data.Add(device, kind, gated, normalizes);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(DevicesAndFamily))]
    public void Steps_of_the_family_are_the_processors(string device, ModelKind kind, bool gated, bool normalizes) =>
        AssertSame(device, new ModelConfig { Kind = kind, Gated = gated, Hidden = kind is ModelKind.RecVae ? [29, 29] : [29, 13], Latent = 7, Components = 9, WeightDecay = 0.01 },
            steps: 4, normalizesGradients: normalizes);

    [Theory]
    [MemberData(nameof(DevicesAndLikelihoods))]
    public void Steps_of_each_likelihood_are_the_processors(string device, Likelihood likelihood) =>
        AssertSame(device, new ModelConfig { Hidden = [21], Latent = 5, Likelihood = likelihood }, steps: 4);

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Logits_computed_twice_and_narrow_blocks_give_the_same(string device) =>
        AssertSame(device, new ModelConfig { Hidden = [21], Latent = 5 }, steps: 3, cuda => (cuda.BlockBytes, cuda.KeptBytes) = (1, 0));

    /// <summary>The devices, with each rounded arithmetic and the most that it changes a product of two numbers, relatively: twice half a unit of 11 and 8 bits' last.</summary>
    public static TheoryData<string, ProductPrecision, double> DevicesAndRoundings
    {
        get
        {
            var data = new TheoryData<string, ProductPrecision, double>();
            foreach (string device in GpuDevices.Names)
            {
                data.Add(device, ProductPrecision.Tf32, 1.0 / (1 << 10));
                data.Add(device, ProductPrecision.Bf16, 1.0 / (1 << 8));
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(DevicesAndRoundings))]
    public void Gradients_by_tensor_cores_are_off_by_their_rounding(string device, ProductPrecision products, double rounding)
    {
        const int chain = 5; // dense products from the input to the first layer's gradient
        var config = new ModelConfig { Hidden = [37], Latent = 11 };
        using CudaCompute cuda = GpuDevices.Open(device, products);
        using var cpu = new CpuCompute(1);
        using SmallRun gpu = new(cuda, config), host = new(cpu, config);
        foreach ((string name, float[] expected, float[] actual) in host.Gradients().Zip(gpu.Gradients(), (one, other) => (one.Name, one.Values, other.Values)))
            AssertClose(name, expected, actual, chain * rounding);
        Assert.NotEqual(host.Gradients().First().Values, gpu.Gradients().First().Values);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void The_same_seed_gives_the_same_bits(string device)
    {
        float[][] Run()
        {
            using CudaCompute cuda = GpuDevices.Open(device);
            using var run = new SmallRun(cuda, new ModelConfig { Hidden = [21], Latent = 5 });
            for (int step = 0; step < 4; step++)
                run.Step(step);
            return run.Tensors();
        }
        Assert.Equal(Run(), Run());
    }

    [Theory]
    [MemberData(nameof(DevicesAndLikelihoods))]
    public void The_unfused_step_leaves_the_processors_gradients(string device, Likelihood likelihood)
    {
        var config = new ModelConfig { Hidden = [21], Latent = 5, Likelihood = likelihood };
        using CudaCompute cuda = GpuDevices.Open(device);
        using var cpu = new CpuCompute(1);
        using SmallRun gpu = new(cuda, config), host = new(cpu, config);
        foreach ((string name, float[] expected, float[] actual) in host.Gradients().Zip(gpu.Gradients(), (one, other) => (one.Name, one.Values, other.Values)))
            AssertClose(name, expected, actual);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Ranking_gives_the_processors_lists_and_scores(string device)
    {
        const int k = 20;
        var config = new ModelConfig { Hidden = [21], Latent = 5 };
        using CudaCompute cuda = GpuDevices.Open(device);
        using var cpu = new CpuCompute(1);
        using SmallRun gpu = new(cuda, config), host = new(cpu, config);
        foreach (int users in (int[])[1, Users])
        {
            (int[] items, float[] scores) = gpu.Rank(users, k);
            (int[] expectedItems, float[] expectedScores) = host.Rank(users, k);
            Assert.Equal(expectedItems, items);
            AssertClose("scores", expectedScores, scores);
        }
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void A_run_may_go_on_in_another_thread(string device)
    {
        using CudaCompute cuda = GpuDevices.Open(device);
        using SmallRun run = new(cuda, new ModelConfig { Hidden = [21], Latent = 5 });
        LossTerms first = run.Step(0), second = default;
        var other = new Thread(() => second = run.Step(1));
        other.Start();
        other.Join();
        Assert.True(double.IsFinite(second.Reconstruction) && second != first);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void More_items_than_a_card_ranks_are_refused_in_one_line(string device)
    {
        using CudaCompute cuda = GpuDevices.Open(device);
        using SmallRun run = new(cuda, new ModelConfig { Hidden = [21], Latent = 5 });
        Assert.EndsWith("1025 items a user; at most 1024 can be ranked on a card", Assert.Throws<DeviceException>(() => run.Rank(1, 1025)).Message);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void A_trained_validated_and_saved_model_is_the_processors(string device)
    {
        (EpochSummary[] History, float[] Scores) Train(Device on)
        {
            ClickMatrix clicks = Clicks(withCounts: false);
            var split = new DataSplit(new Vocabulary([.. Enumerable.Range(0, Items).Select(item => (long)item)]), clicks, new EvaluationSet(clicks, Clicks(withCounts: false, stream: 1)), null);
            var options = new TrainingOptions { Epochs = 2, BatchSize = BatchSize, AnnealSteps = 10 };
            using var trainer = new Trainer(split, new ModelConfig { Hidden = [21], Latent = 5 }, options, on);
            using Model trained = trainer.Run();
            string path = Path.GetTempFileName();
            trained.Save(path);
            using Model loaded = Model.Load(path, on);
            File.Delete(path);
            return ([.. trainer.History], [.. loaded.Recommend(["3", "77", "190"], 25).Items.Select(one => one.Score)]);
        }
        using CudaCompute cuda = GpuDevices.Open(device);
        using Device cpu = Device.Cpu(1);
        (EpochSummary[] expected, float[] expectedScores) = Train(cpu);
        (EpochSummary[] actual, float[] scores) = Train(cuda);
        AssertClose("losses", [.. expected.Select(epoch => (float)epoch.Loss)], [.. actual.Select(epoch => (float)epoch.Loss)]);
        Assert.Equal(expected.Select(epoch => epoch.ValidationNdcg), actual.Select(epoch => epoch.ValidationNdcg));
        AssertClose("scores", expectedScores, scores);
    }

    // Of users with no click at all, with one, and with many.
    private static ClickMatrix Clicks(bool withCounts, ulong stream = 0)
    {
        var random = new RandomSequence(new RandomStream(Seed, RandomPurpose.Split, stream));
        var starts = new long[Users + 1];
        var items = new List<int>();
        for (int user = 0; user < Users; user++)
        {
            var row = new SortedSet<int>();
            int wanted = user < 2 ? user : random.NextBelow(Items / 4);
            while (row.Count < wanted)
                row.Add(random.NextBelow(Items));
            items.AddRange(row);
            starts[user + 1] = items.Count;
        }
        float[]? counts = withCounts ? [.. items.Select(_ => 1f + random.NextBelow(3))] : null;
        return new ClickMatrix(Items, starts, [.. items], counts);
    }

    private static void AssertSame(string device, ModelConfig config, int steps, Action<CudaCompute>? prepare = null, bool normalizesGradients = false)
    {
        using CudaCompute cuda = GpuDevices.Open(device);
        prepare?.Invoke(cuda);
        using var cpu = new CpuCompute(1);
        using SmallRun gpu = new(cuda, config, normalizesGradients), host = new(cpu, config, normalizesGradients);
        for (int step = 0; step < steps; step++)
        {
            LossTerms expected = host.Step(step), actual = gpu.Step(step);
            AssertClose($"reconstruction of step {step}", [(float)expected.Reconstruction], [(float)actual.Reconstruction]);
            AssertClose($"KL of step {step}", host.KlPerUser, gpu.KlPerUser); // of each user: where it is log q - log p their mean cancels
            AssertClose($"regularization of step {step}", [(float)expected.Regularization], [(float)actual.Regularization]);
        }
        foreach ((string name, float[] expected, float[] actual) in host.Names.Zip(host.Tensors(), gpu.Tensors()))
            AssertClose(name, expected, actual);
    }

    // Norm of the difference over norm.
    private static void AssertClose(string name, float[] expected, float[] actual, double most = Tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
            (difference, norm) = (difference + Math.Pow((double)actual[i] - expected[i], 2), norm + Math.Pow(expected[i], 2));
        Assert.True(Math.Sqrt(difference) <= most * Math.Sqrt(norm), $"{name} differs by {Math.Sqrt(difference / norm):g3}; expected at most {most}");
    }

    /// <summary>A model in training on some device.</summary>
    private sealed class SmallRun : IDisposable
    {
        private readonly Compute c;
        private readonly Autoencoder network;
        private readonly AdamOptimizer adam;
        private readonly ClickBatch batch;
        private readonly ClickMatrix clicks;

        public SmallRun(Compute c, ModelConfig config, bool normalizesGradients = false)
        {
            this.c = c;
            network = Autoencoder.Create(c, config, Items);
            adam = new AdamOptimizer(c, network.Parameters, 1e-3, config.WeightDecay, normalizesGradients: normalizesGradients);
            batch = c.AllocateBatch();
            clicks = Clicks(withCounts: config.Likelihood == Likelihood.Multinomial);
            network.Initialize(Seed);
        }

        public float[] KlPerUser => [.. network.KlPerUser.Select(kl => (float)kl)];

        public IEnumerable<string> Names => [.. network.Parameters.Select(p => p.Name), .. network.Parameters.Select(p => $"m of {p.Name}"), .. network.Parameters.Select(p => $"v of {p.Name}")];

        public LossTerms Step(int step)
        {
            int first = step * BatchSize % Users;
            c.Load(clicks, [.. Enumerable.Range(first, Math.Min(BatchSize, Users - first)).Select(user => Users - 1 - user)], batch);
            network.DrawNoise(batch, Seed, (ulong)step);
            network.EnterEpoch(step, begins: true); // a step an epoch: RecVAE's fourth is its decoder's
            adam.T = step + 1;
            return network.Train(batch, 0.02 * step, adam);
        }

        public IEnumerable<(string Name, float[] Values)> Gradients()
        {
            c.Load(clicks, [.. Enumerable.Range(0, BatchSize)], batch);
            network.DrawNoise(batch, Seed, 0);
            network.Forward(batch);
            network.Loss(batch);
            network.Backward(batch, 0.2);
            return [.. network.Parameters.Select(p => (p.Name, Read(p.Gradient)))];
        }

        public (int[] Items, float[] Scores) Rank(int users, int k)
        {
            using var ranker = new NetworkRanker(c, network);
            var items = new int[users * k];
            var scores = new float[users * k];
            ranker.Rank(clicks, [.. Enumerable.Range(0, users)], k, items, scores);
            return (items, scores);
        }

        /// <summary>Parameters and Adam's moments.</summary>
        public float[][] Tensors() => [.. network.Parameters.Select(p => p.Value).Concat(adam.FirstMoments).Concat(adam.SecondMoments).Select(Read)];

        private float[] Read(Tensor tensor)
        {
            var values = new float[tensor.Length];
            c.Read(tensor, values);
            return values;
        }

        public void Dispose()
        {
            batch.Dispose();
            adam.Dispose();
            network.Dispose();
        }
    }
}
