using VaeCf.Baselines;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Networks;
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
        AssertSame(device, Shape(MultVae.Type, 11, 37).With(Autoencoders.WeightDecay, 0.01), steps: 10);

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Ten_steps_of_Mult_DAE_with_two_hidden_layers_are_the_processors(string device) =>
        AssertSame(device, Shape(MultDae.Type, 7, 29, 13), steps: 10);

    /// <summary>The devices, with each model, gated or not, with gradients divided by their norms or not.</summary>
    public static TheoryData<string, string, bool, bool> DevicesAndFamily
    {
        get
        {
            var data = new TheoryData<string, string, bool, bool>();
            foreach (string device in GpuDevices.Names)
                foreach ((ModelType type, bool gated, bool normalizes) in ((ModelType, bool, bool)[])
                    [(MultVae.Type, true, true), (MultDae.Type, true, false), (Vamp.Type, false, false),
                     (Vamp.Type, true, true), (HVamp.Type, false, true), (HVamp.Type, true, false),
                     (RecVae.Type, false, false)])
                    data.Add(device, type.Name, gated, normalizes);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(DevicesAndFamily))]
    public void Steps_of_the_family_are_the_processors(string device, string model, bool gated, bool normalizes)
    {
        ModelType type = Catalog.Find(model);
        Settings settings = Shape(type, 7, 29, type == RecVae.Type ? 29 : 13).With(Autoencoders.WeightDecay, 0.01)
            .With(Autoencoders.NormalizeGradients, normalizes);
        if (settings.Has(Autoencoders.Gated))
            settings = settings.With(Autoencoders.Gated, gated);
        if (settings.Has(Autoencoders.Components))
            settings = settings.With(Autoencoders.Components, 9);
        AssertSame(device, settings, steps: 4);
    }

    [Theory]
    [MemberData(nameof(DevicesAndLikelihoods))]
    public void Steps_of_each_likelihood_are_the_processors(string device, Likelihood likelihood) =>
        AssertSame(device, Shape(MultVae.Type, 5, 21).With(Autoencoders.Likelihood, likelihood), steps: 4);

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Logits_computed_twice_and_narrow_blocks_give_the_same(string device) =>
        AssertSame(device, Shape(MultVae.Type, 5, 21), steps: 3, cuda => (cuda.BlockBytes, cuda.KeptBytes) = (1, 0));

    /// <summary>
    /// The devices, with each rounded arithmetic and the most that it changes a product of two numbers, relatively:
    /// twice half a unit of 11 and 8 bits' last.
    /// </summary>
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
    public void Gradients_by_tensor_cores_are_off_by_their_rounding(
        string device, ProductPrecision products, double rounding)
    {
        const int chain = 5; // dense products from the input to the first layer's gradient
        Settings settings = Shape(MultVae.Type, 11, 37);
        using CudaDevice gpuDevice = GpuDevices.Open(device, products);
        using CudaCompute cuda = gpuDevice.Open();
        using Device cpuDevice = Device.Cpu(1);
        using Compute cpu = cpuDevice.Open();
        using SmallRun gpu = new(cuda, settings), host = new(cpu, settings);
        foreach (((string name, float[] expected), (_, float[] actual)) in host.Gradients().Zip(gpu.Gradients()))
            AssertClose(name, expected, actual, chain * rounding);
        Assert.NotEqual(host.Gradients().First().Values, gpu.Gradients().First().Values);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void The_same_seed_gives_the_same_bits(string device)
    {
        float[][] Run()
        {
            using CudaDevice gpuDevice = GpuDevices.Open(device);
            using CudaCompute cuda = gpuDevice.Open();
            using var run = new SmallRun(cuda, Shape(MultVae.Type, 5, 21));
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
        Settings settings = Shape(MultVae.Type, 5, 21).With(Autoencoders.Likelihood, likelihood);
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using Device cpuDevice = Device.Cpu(1);
        using Compute cpu = cpuDevice.Open();
        using SmallRun gpu = new(cuda, settings), host = new(cpu, settings);
        foreach (((string name, float[] expected), (_, float[] actual)) in host.Gradients().Zip(gpu.Gradients()))
            AssertClose(name, expected, actual);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Ranking_gives_the_processors_lists_and_scores(string device)
    {
        const int k = 20;
        Settings settings = Shape(MultVae.Type, 5, 21);
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using Device cpuDevice = Device.Cpu(1);
        using Compute cpu = cpuDevice.Open();
        using SmallRun gpu = new(cuda, settings), host = new(cpu, settings);
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
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using SmallRun run = new(cuda, Shape(MultVae.Type, 5, 21));
        LossTerms first = run.Step(0), second = default;
        var other = new Thread(() => second = run.Step(1));
        other.Start();
        other.Join();
        Assert.True(double.IsFinite(second.Reconstruction) && second != first);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Threads_on_one_device_get_the_bits_that_each_gets_alone(string device)
    {
        const int k = 20;
        using CudaDevice gpu = GpuDevices.Open(device);
        (float[][] Tensors, int[] Ranked) Run(bool turns)
        {
            using CudaCompute c = gpu.Open();
            using var run = new SmallRun(c, Shape(MultVae.Type, 5, 21));
            for (int step = 0; step < 3; step++)
                if (turns)
                {
                    using Turn turn = gpu.Begin(c);
                    run.Step(step);
                }
                else
                    run.Step(step);
            return (run.Tensors(), run.Rank(Users, k).Items);
        }
        var alone = Run(turns: false);
        var results = new (float[][] Tensors, int[] Ranked)[4];
        Thread[] threads = [.. Enumerable.Range(0, results.Length)
            .Select(i => new Thread(() => results[i] = Run(turns: i % 2 == 0)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.All(results, result =>
        {
            Assert.Equal(alone.Tensors, result.Tensors);
            Assert.Equal(alone.Ranked, result.Ranked);
        });
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void More_items_than_a_card_ranks_are_refused_in_one_line(string device)
    {
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        using SmallRun run = new(cuda, Shape(MultVae.Type, 5, 21));
        string message = Assert.Throws<DeviceException>(() => run.Rank(1, 1025)).Message;
        Assert.EndsWith("1025 items a user; at most 1024 can be ranked on a GPU", message);
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void A_trained_validated_and_saved_model_is_the_processors(string device) =>
        AssertTrainsAlike(device, Shape(MultVae.Type, 5, 21).With(Autoencoders.AnnealSteps, 10));

    /// <summary>What a program writes from the public operations alone runs on a card as well.</summary>
    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void The_samples_own_model_is_the_processors(string device)
    {
        Catalog.Add(LinearAutoencoder.Type);
        AssertTrainsAlike(device, LinearAutoencoder.Type.Defaults.With(LinearAutoencoder.Rank, 7));
    }

    /// <summary>Trained on pairs, as one and from parts, and ranking users that they know.</summary>
    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Networks_of_pairs_are_the_processors(string device)
    {
        Catalog.Add(NeuMf.Type);
        Settings small = NeuMf.Type.Defaults.With(Ncf.Factors, 5).With(Ncf.MlpFactors, 7).With(Ncf.Widths, [11, 3]);
        AssertTrainsAlike(device, small, batch: 1500);
        AssertTrainsAlike(device, small.With(Ncf.PretrainEpochs, 1).With(Ncf.LazyAdam, true), batch: 1500);
    }

    private static void AssertTrainsAlike(string device, Settings settings, int batch = BatchSize)
    {
        settings = settings.With(GradientFit.EpochCount, 2).With(GradientFit.BatchSize, batch);

        (EpochSummary[] History, float[] Scores) Train(Device on)
        {
            ClickMatrix clicks = Clicks(withCounts: false);
            var items = new Vocabulary([.. Enumerable.Range(0, Items).Select(item => (long)item)]);
            var users = new Vocabulary([.. Enumerable.Range(0, Users).Select(user => (long)user)]);
            var validation = new EvaluationSet(clicks, Clicks(withCounts: false, stream: 1), users);
            var split = new DataSplit(items, clicks, validation, null, users);
            using var run = new FitRun(split, settings, on);
            using Recommender trained = run.Run();
            string path = Path.GetTempFileName();
            trained.Save(path);
            using Recommender loaded = Recommender.Load(path, on);
            File.Delete(path);
            return ([.. run.History], [.. loaded.Recommend(["3", "77", "190"], 25).Items.Select(one => one.Score)]);
        }
        using CudaDevice cuda = GpuDevices.Open(device);
        using Device cpu = Device.Cpu(1);
        (EpochSummary[] expected, float[] expectedScores) = Train(cpu);
        (EpochSummary[] actual, float[] scores) = Train(cuda);
        AssertClose("losses", [.. expected.Select(epoch => (float)epoch["loss"])],
            [.. actual.Select(epoch => (float)epoch["loss"])]);
        Assert.Equal(expected.Select(epoch => epoch.Validation), actual.Select(epoch => epoch.Validation));
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

    private static Settings Shape(ModelType type, int latent, params IReadOnlyList<int> hidden) => type.Defaults
        .With(Autoencoders.Likelihood, Likelihood.Multinomial).With(Autoencoders.Hidden, hidden)
        .With(Autoencoders.Latent, latent);

    private static void AssertSame(string device, Settings settings, int steps, Action<CudaCompute>? prepare = null)
    {
        using CudaDevice gpuDevice = GpuDevices.Open(device);
        using CudaCompute cuda = gpuDevice.Open();
        prepare?.Invoke(cuda);
        using Device cpuDevice = Device.Cpu(1);
        using Compute cpu = cpuDevice.Open();
        using SmallRun gpu = new(cuda, settings), host = new(cpu, settings);
        for (int step = 0; step < steps; step++)
        {
            LossTerms expected = host.Step(step), actual = gpu.Step(step);
            AssertClose($"reconstruction of step {step}", [(float)expected.Reconstruction],
                [(float)actual.Reconstruction]);
            // Of each user: where it is log q - log p their mean cancels.
            AssertClose($"KL of step {step}", host.KlPerUser, gpu.KlPerUser);
            AssertClose($"regularization of step {step}", [(float)expected.Regularization],
                [(float)actual.Regularization]);
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
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        Assert.True(Math.Sqrt(difference) <= most * Math.Sqrt(norm),
            $"{name} differs by {Math.Sqrt(difference / norm):g3}; expected at most {most}");
    }

    /// <summary>A model in training on some device.</summary>
    private sealed class SmallRun : IDisposable
    {
        private readonly Compute c;
        private readonly Autoencoder network;
        private readonly AdamOptimizer adam;
        private readonly ClickBatch batch;
        private readonly ClickMatrix clicks;

        public SmallRun(Compute c, Settings settings)
        {
            this.c = c;
            network = Autoencoder.Create(c, settings, Items);
            var step = new AdamStep(1e-3, 0.9, 0.999, 1e-8, T: 1, settings.Get(Autoencoders.WeightDecay));
            adam = new AdamOptimizer(c, network.Parameters, step, settings.Get(Autoencoders.NormalizeGradients));
            batch = c.AllocateBatch();
            clicks = Clicks(withCounts: settings.Get(Autoencoders.Likelihood) == Likelihood.Multinomial);
            network.Initialize(Seed);
        }

        public float[] KlPerUser => [.. network.KlPerUser.Select(kl => (float)kl)];

        public IEnumerable<string> Names => State.Select(tensor => tensor.Name);

        public LossTerms Step(int step)
        {
            int first = step * BatchSize % Users;
            int count = Math.Min(BatchSize, Users - first);
            c.Load(clicks, [.. Enumerable.Range(first, count).Select(user => Users - 1 - user)], batch);
            network.DrawNoise(batch, Seed, (ulong)step);
            // A step an epoch: RecVAE's fourth is its decoder's.
            return network.Train(batch, new TrainingStep(0.02 * step, step, BeginsEpoch: true), adam);
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
            using var ranker = new AutoencoderRanker(c, network, ownsNetwork: false);
            var items = new int[users * k];
            var scores = new float[users * k];
            ranker.Rank(new Histories(clicks), [.. Enumerable.Range(0, users)], k, RankFilter.None, items, scores);
            return (items, scores);
        }

        public float[][] Tensors() => [.. State.Select(tensor => Read(tensor.Value))];

        // Parameters and Adam's moments.
        private IEnumerable<NamedTensor> State => [.. network.Parameters.Select(p => p.Named), .. adam.State];

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
