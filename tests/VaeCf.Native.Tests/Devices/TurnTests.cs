using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Devices.Cuda;
using VaeCf.Native.Tests.Evaluation;

namespace VaeCf.Native.Tests.Devices;

/// <summary>The thread rules that <see cref="Device"/> documents.</summary>
public class TurnTests
{
    private static readonly ClickMatrix clicks =
        Sets.Clicks(600,
            [.. Enumerable.Range(0, 17).Select(
                user => Enumerable.Range(0, 3 * user).Select(n => (7 * n + user) % 600).Order().ToArray())]);

    public static TheoryData<string> Kinds => ["cpu", "reference", "cuda"];

    private static Device Open(string kind) => kind switch
    {
        "cpu" => Device.Cpu(2),
        "reference" => Device.Reference(),
        _ => new CudaDevice(new FakeCuda(), 0),
    };

    private static Tensor Random(Compute c, int rows, int columns, int seed)
    {
        Tensor tensor = c.Allocate(rows, columns);
        var random = new RandomSequence(new RandomStream(3, RandomPurpose.Weights, 0), (uint)seed);
        var values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextNormal();
        c.Write(values, tensor);
        return tensor;
    }

    private static float[] Read(Compute c, Tensor tensor)
    {
        var values = new float[tensor.Length];
        c.Read(tensor, values);
        return values;
    }

    /// <summary>
    /// A product whose B is packed by all threads for all, one that is cut, a step of an output layer, one of a sparse
    /// layer, a ranking.
    /// </summary>
    private sealed class Work : IDisposable
    {
        private readonly Compute c;
        private readonly ClickBatch batch;
        private readonly Tensor many, shared, few, wide, x, values, y, dX, losses;

        public Work(Compute c, Tensor shared)
        {
            (this.c, this.shared) = (c, shared);
            batch = c.AllocateBatch();
            c.Load(clicks, [.. Enumerable.Range(0, 17)], batch);
            (many, few, wide, x) = (Random(c, 4_099, 32, 1), Random(c, 17, 32, 2), c.Allocate(0, 600),
                Random(c, 17, 32, 3));
            (values, y, dX, losses) = (c.Allocate(0, 1), c.Allocate(0, 32), c.Allocate(0, 32), c.Allocate(0, 1));
        }

        public float[] Run()
        {
            c.Gemm(Transpose.B, few, shared, wide);
            float[] cut = Read(c, wide);
            using Tensor tall = c.Allocate(0, 32), square = Random(c, 32, 32, 4);
            c.Gemm(Transpose.None, many, square, tall);
            using Tensor w = Random(c, 600, 32, 5), m = c.Allocate(600, 32), v = c.Allocate(600, 32);
            using Tensor b = Random(c, 1, 600, 6), bm = c.Allocate(1, 600), bv = c.Allocate(1, 600);
            var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 1, 0);
            c.TrainOutputLayer(batch, x, new OutputLoss(Likelihood.Multinomial, 1.0 / 17), new(step, w, m, v),
                new(step, b, bm, bv), losses, dX);
            c.NormalizeRows(batch, values);
            c.SparseGemmUpdate(batch, values, dX, new(step with { T = 2 }, w, m, v));
            c.SparseGemm(batch, values, shared, y);
            int[] items = new int[17 * 20];
            float[] scores = new float[items.Length];
            c.Rank(batch, y, w, b, 20, RankFilter.None, items, scores);
            return [.. cut, .. Read(c, tall), .. Read(c, w), .. Read(c, losses), .. scores,
                .. items.Select(item => (float)item)];
        }

        public void Dispose()
        {
            foreach (IDisposable one in (IDisposable[])[batch, many, few, wide, x, values, y, dX, losses])
                one.Dispose();
        }
    }

    private static void OnThreads(int count, Action<int> action)
    {
        var failures = new List<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                action(i);
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add(e);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Threads_on_one_CPU_device_get_the_bits_that_each_gets_alone(bool turns)
    {
        const int rounds = 300;
        using Device device = Device.Cpu(3);
        using Compute first = device.Open();
        using Tensor shared = Random(first, 600, 32, 7);
        float[] alone;
        using (var work = new Work(first, shared))
            alone = work.Run();
        OnThreads(3, _ =>
        {
            using Compute c = device.Open();
            using var work = new Work(c, shared);
            for (int round = 0; round < rounds; round++)
                if (turns)
                {
                    using Turn turn = device.Begin(c);
                    Assert.Equal(alone, work.Run());
                }
                else
                    Assert.Equal(alone, work.Run());
        });
    }

    [Fact]
    public void Readers_on_several_threads_find_a_weight_up_to_date()
    {
        var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 1, 0);
        float[]? expected = null;
        using Device device = Device.Cpu(2);
        using Compute c = device.Open();
        using ClickBatch one = c.AllocateBatch(), all = c.AllocateBatch();
        using Tensor dY = Random(c, 17, 32, 1), values = c.Allocate(0, 1);
        c.Load(clicks, [.. Enumerable.Range(0, 17)], all);
        c.Load(clicks, [5], one);
        for (int round = 0; round < 50; round++)
        {
            using Tensor w = Random(c, 600, 32, 2), m = c.Allocate(600, 32), v = c.Allocate(600, 32);
            c.NormalizeRows(all, values);
            c.SparseGemmUpdate(all, values, dY, new(step, w, m, v));
            c.NormalizeRows(one, values);
            for (int t = 2; t < 40; t++)
                c.SparseGemmUpdate(one, values, dY.Slice(0, 1), new(step with { T = t }, w, m, v));
            expected ??= Read(c, w);
            OnThreads(4, _ =>
            {
                using Compute own = device.Open();
                Assert.Equal(expected, Read(own, w));
            });
        }
    }

    [Fact]
    public void The_first_turn_has_the_team_and_others_their_own_thread()
    {
        using Device device = Device.Cpu(2);
        using Compute a = device.Open(), b = device.Open();
        int Threads(Compute c) => ((CpuCompute)c).Workers.Count;
        using (Turn turn = device.Begin(a))
        {
            using (Turn inner = device.Begin(a))
                Assert.Equal(2, Threads(a));
            OnThreads(1, _ =>
            {
                using Turn other = device.Begin(b);
                Assert.Equal(1, Threads(b));
            });
            Assert.Equal((2, 2), (Threads(a), Threads(b)));
        }
        using Turn next = device.Begin(b);
        Assert.Equal(2, Threads(b));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_compute_serves_one_thread_at_a_time(string kind)
    {
        using Device device = Open(kind);
        using Compute c = device.Open();
        using Tensor x = c.Allocate(2, 3);
        using (Turn turn = device.Begin(c))
            OnThreads(1, _ =>
            {
                Assert.Contains("one thread at a time",
                    Assert.Throws<InvalidOperationException>(() => device.Begin(c).Dispose()).Message);
                Assert.Contains("one thread at a time",
                    Assert.Throws<InvalidOperationException>(() => c.Add(x, x)).Message);
            });
        OnThreads(1, _ => device.Begin(c).Dispose());
        c.Fill(1, x);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void What_is_disposed_refuses_work(string kind)
    {
        Device device = Open(kind);
        Compute c = device.Open(), other = device.Open();
        Tensor x = c.Allocate(2, 3), gone = c.Allocate(2, 3);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => c.Add(gone, x));
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Fill(1, x));
        Assert.Throws<ObjectDisposedException>(() => device.Begin(other).Dispose());
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Open());
        Assert.Throws<ObjectDisposedException>(() => device.Begin(c).Dispose());
        Assert.Throws<ObjectDisposedException>(() => c.Allocate(1, 1));
        Assert.Throws<ObjectDisposedException>(() => c.Fill(1, x));
        Assert.Throws<ObjectDisposedException>(() => c.Swish(x, x));
        Assert.Throws<ObjectDisposedException>(() => c.Read(x, new float[6]));
        x.Dispose();
        c.Dispose();
        device.Dispose();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Disposing_waits_for_the_turn_that_has_begun(string kind)
    {
        foreach (bool whole in (bool[])[true, false])
        {
            Device device = Open(kind);
            Compute c = device.Open();
            using Tensor x = c.Allocate(2, 3);
            using ManualResetEventSlim begun = new(), disposing = new();
            bool finished = false;
            var turn = new Thread(() =>
            {
                using Turn held = device.Begin(c);
                begun.Set();
                disposing.Wait();
                Thread.Sleep(50);
                c.Swish(x, x);
                using Turn inner = device.Begin(c);
                c.Swish(x, x);
                finished = true;
            });
            turn.Start();
            begun.Wait();
            disposing.Set();
            ((IDisposable)(whole ? device : c)).Dispose();
            Assert.True(finished);
            turn.Join();
            c.Dispose();
            device.Dispose();
        }
    }

    [Fact]
    public void A_turn_cannot_dispose_what_it_runs_on()
    {
        using Device device = Device.Cpu(2);
        using Compute c = device.Open();
        using Turn turn = device.Begin(c);
        Assert.Throws<InvalidOperationException>(c.Dispose);
        Assert.Throws<InvalidOperationException>(device.Dispose);
    }

    [Fact]
    public void Threads_on_one_GPU_take_turns_at_its_queue()
    {
        var driver = new FakeCuda();
        using var device = new CudaDevice(driver, 0);
        OnThreads(4, i =>
        {
            using Compute c = device.Open();
            using Tensor x = c.Allocate(5, 7), y = c.Allocate(0, 7);
            using ClickBatch batch = c.AllocateBatch();
            for (int round = 0; round < 200; round++)
            {
                c.Swish(x, y);
                Read(c, y);
                using Turn turn = device.Begin(c);
                c.Load(clicks, [round % 17], batch);
                c.Swish(x, y);
                c.Add(x, y);
                c.SquaredNorm(y);
            }
        });
        Assert.Contains("cuGraphLaunch", driver.Calls);
    }

    [Fact]
    public void Shapes_and_devices_that_do_not_fit_are_named()
    {
        using Device one = Device.Cpu(1), other = Device.Reference();
        using Compute c = one.Open(), r = other.Open();
        using Tensor x = c.Allocate(2, 3), y = c.Allocate(0, 4), foreign = r.Allocate(2, 3);
        Assert.Equal("y", Assert.Throws<ArgumentException>(() => c.Swish(x, y)).ParamName);
        Assert.Contains("2 x 3, expected 2 x 4",
            Assert.Throws<ArgumentException>(() => c.Add(c.Allocate(2, 4), x)).Message);
        Assert.Contains("not allocated on a CPU device",
            Assert.Throws<ArgumentException>(() => c.Add(foreign, x)).Message);
        Assert.Contains("not allocated on a reference device",
            Assert.Throws<ArgumentException>(() => r.Add(foreign, x)).Message);
        Assert.Throws<ArgumentException>(() => c.Write([1f, 2f], x));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Slice(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => c.Allocate(-1, 2));
        Assert.Contains("Fly", Assert.IsType<NotSupportedException>(c.Lacks("Fly")).Message);
    }
}
