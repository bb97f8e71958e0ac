using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>Runs beside each other, cancelled, thrown out of, disposed while they run, and abandoned.</summary>
public class LifetimeTests
{
    private static readonly DataSplit split = Small.TwoTastes();

    private static byte[] Train(Settings settings, Device device)
    {
        using var run = new FitRun(Small.For(settings.Type.Name, split), settings, device);
        using Recommender model = run.Run();
        return model.Bytes();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_runs_at_once_give_the_bytes_that_each_gives_alone(bool onOneDevice)
    {
        Settings[] settings =
            [Small.Sized("multvae").With(GradientFit.EpochCount, 20), Small.Sized("recvae"), Small.Sized("ease")];
        using Device first = Device.Cpu(2), second = Device.Cpu(3);
        byte[][] alone = [.. settings.Select(one => Train(one, first))], together = new byte[settings.Length][];
        for (int round = 0; round < 3; round++)
        {
            Thread[] threads = [.. settings.Select((one, i) => new Thread(
                () => together[i] = Train(one, onOneDevice || i == 0 ? first : second)))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(alone, together);
        }
    }

    [Fact]
    public void A_run_cancelled_from_another_thread_makes_at_most_the_step_that_it_is_making()
    {
        for (int round = 0; round < 20; round++)
        {
            using var run = new FitRun(split, Small.MultVae.With(GradientFit.EpochCount, 100_000));
            using var stop = new CancellationTokenSource();
            using var started = new ManualResetEventSlim();
            long reported = 0, when = 0;
            var other = new Thread(() =>
            {
                started.Wait();
                stop.Cancel();
                when = Volatile.Read(ref reported);
            });
            other.Start();
            run.Run(now =>
            {
                Volatile.Write(ref reported, now.Step);
                if (now.Step == 5 + round)
                    started.Set();
            }, stop.Token).Dispose();
            other.Join();
            Assert.InRange(run.Fit.Position.Step - when, 0, 1);
        }
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void What_progress_throws_comes_out_and_the_run_goes_on_to_the_same_bytes(string model)
    {
        using Device device = Device.Cpu(2);
        Settings settings = Small.Sized(model);
        byte[] whole = Train(settings, device);
        using var run = new FitRun(Small.For(model, split), settings, device);
        int thrown = 0;
        Recommender? made = null;
        while (made is null)
        {
            long step = -1;
            try
            {
                made = run.Run(now =>
                {
                    // Once in each call, after other steps; within a long step too.
                    if (step >= 0 && thrown < 7)
                        throw new TimeZoneNotFoundException($"{thrown}");
                    step = now.Step;
                });
            }
            catch (TimeZoneNotFoundException e)
            {
                Assert.Equal($"{thrown++}", e.Message);
                Assert.InRange(run.Fit.Position.Step, step, step + 1);
            }
            if (run.IsFinished && made is null)
                made = run.Run();
        }
        using (made)
            Assert.Equal(whole, made.Bytes());
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void A_run_disposed_by_another_thread_ends_its_step_and_then_says_so(string model)
    {
        for (int round = 0; round < 5; round++)
        {
            var run = new FitRun(Small.For(model, Small.TwoTastes(230, 200)), Endless(model));
            using var started = new ManualResetEventSlim();
            Exception? failure = null;
            var running = new Thread(() => failure = Record.Exception(() =>
            {
                started.Set();
                run.Run(_ => { }).Dispose();
            }));
            running.Start();
            started.Wait();
            Thread.Sleep(round);
            run.Dispose();
            running.Join();
            // A model of one step may have been ready before.
            if (failure is not null || run.Fit.Steps > 1)
                Assert.IsType<ObjectDisposedException>(failure);
            // A fit that had not begun may have allocated nothing, and does not now.
            IReadOnlyList<NamedTensor> tensors = [];
            if (Record.Exception(() => tensors = run.Fit.Model) is { } none)
                Assert.IsType<ObjectDisposedException>(none);
            Assert.All(tensors, tensor =>
                Assert.Throws<ObjectDisposedException>(() => run.Fit.Compute.Fill(0, tensor.Value)));
            run.Dispose();
        }
    }

    private static Settings Endless(string model)
    {
        Settings settings = Small.Sized(model);
        return settings.Has(GradientFit.EpochCount)
            ? settings.With(GradientFit.EpochCount, 1_000_000).With(FitRun.Patience, 0) : settings;
    }

    [Fact]
    public void A_run_disposed_within_its_own_step_refuses_and_goes_on()
    {
        using Device device = Device.Cpu(2);
        using var run = new FitRun(Small.TwoTastes(230, 200), Small.Sized("ease"), device);
        bool refused = false;
        run.Run(now =>
        {
            if (now.Step == 0)
                refused |= Record.Exception(run.Dispose) is InvalidOperationException;
        }).Dispose();
        Assert.True(refused);
    }

    [Fact]
    public void A_device_disposed_under_a_run_and_a_model_ends_both_with_an_error()
    {
        for (int round = 0; round < 5; round++)
        {
            Device device = Device.Cpu(2);
            using var run = new FitRun(split, Endless("multvae"), device);
            using Recommender model = Small.Trained(device: device);
            using var started = new CountdownEvent(2);
            Exception?[] failures = new Exception?[2];
            Thread training = new(() => failures[0] = Record.Exception(() =>
            {
                run.Run(now =>
                {
                    if (now.Step == 3)
                        started.Signal();
                }).Dispose();
            }));
            Thread asking = new(() => failures[1] = Record.Exception((Action)(() =>
            {
                for (int i = 0; ; i++)
                {
                    model.Recommend(["100"]);
                    if (i == 3)
                        started.Signal();
                }
            })));
            training.Start();
            asking.Start();
            started.Wait();
            device.Dispose();
            training.Join();
            asking.Join();
            Assert.All(failures, failure => Assert.IsType<ObjectDisposedException>(failure));
        }
    }
}
