using System.Diagnostics;
using System.Runtime.CompilerServices;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>
/// What is disposed, and what fails or is forgotten, gives its threads, memory and files back. Alone, for others'
/// threads and files would be counted too.
/// </summary>
[Collection(nameof(LeakTests)), CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class LeakTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private readonly record struct Held(int Threads, int Files, long Bytes)
    {
        public static Held Now()
        {
            for (int i = 0; i < 2; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
            using var process = Process.GetCurrentProcess();
            // Of .NET's own pool threads come and go: those counted are a team's.
            int threads = OperatingSystem.IsLinux() ? Directory.GetDirectories("/proc/self/task")
                .Count(task => Comm(task).StartsWith("vaecf worker", StringComparison.Ordinal)) : 0;
            int files = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
            return new Held(threads, files, process.WorkingSet64);
        }

        // A thread may end while it is being read.
        private static string Comm(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm"));
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    private static void AssertNothingIsHeld(Action<int> action, int times, long mebibytes)
    {
        action(0);
        Held before = Held.Now();
        for (int i = 1; i <= times; i++)
            action(i);
        Held after = Held.Now();
        // Threads that were told to end take a moment.
        for (int wait = 0; wait < 100 && after.Threads > before.Threads + 3; wait++)
            after = Held.Now();
        // What was left last may still be held.
        Assert.InRange(after.Threads, 0, before.Threads + 3);
        Assert.InRange(after.Files, 0, before.Files + 2);
        Assert.InRange(after.Bytes - before.Bytes, long.MinValue, mebibytes << 20);
    }

    [Fact]
    public void A_thousand_models_loaded_asked_and_disposed_leave_nothing()
    {
        using Device device = Device.Cpu(2);
        // 2 MiB each.
        DataSplit split = Small.TwoTastes(60, 4_000, 5);
        using (var run = new FitRun(split, Small.Sized("multvae").With(GradientFit.EpochCount, 1)
            .With(Autoencoders.Hidden, [60]), device))
        using (Recommender model = run.Run())
            model.Save(folder["m"]);
        AssertNothingIsHeld(_ =>
        {
            using Recommender loaded = Recommender.Load(folder["m"], device);
            loaded.Recommend(["100"]);
        }, times: 1000, mebibytes: 100);
    }

    [Fact]
    public void A_thousand_loads_that_fail_leave_nothing()
    {
        using Device device = Device.Cpu(2);
        using (Recommender model = Small.Trained(device: device))
            model.Save(folder["m"]);
        byte[] whole = File.ReadAllBytes(folder["m"]);
        AssertNothingIsHeld(i =>
        {
            byte[] damaged = [.. whole];
            // A file cut short, one without its header, and one whose last weight is not a number.
            if (i % 3 == 0)
                damaged = whole[..(whole.Length * (i + 1) / 1002)];
            else if (i % 3 == 1)
                damaged.AsSpan(0, 100).Clear();
            else
                damaged.AsSpan(whole.Length - sizeof(float)).Fill(0xff);
            File.WriteAllBytes(folder["d"], damaged);
            Assert.Throws<InputException>(() => Recommender.Load(folder["d"], device));
        }, times: 1000, mebibytes: 100);
    }

    [Fact]
    public void Trainers_models_and_devices_that_nobody_disposes_give_back_threads_and_memory()
    {
        AssertNothingIsHeld(_ => Abandon(), times: 50, mebibytes: 100);

        // About 20 MiB and 3 threads each.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Abandon()
        {
            Device device = Device.Cpu(4);
            var run = new FitRun(Small.TwoTastes(60, 4_000, 5), Small.Sized("multvae")
                .With(GradientFit.EpochCount, 1).With(Autoencoders.Hidden, [200]), device);
            run.Run().Recommend(["100"]);
        }
    }

    [Fact]
    public void A_team_that_nobody_disposes_ends_its_threads()
    {
        WeakReference team = Start();
        Held after = Held.Now();
        for (int i = 0; i < 100 && after.Threads > 0 && team.IsAlive; i++)
            after = Held.Now();
        Assert.False(team.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Start()
        {
            var workers = new Workers(3);
            workers.Run(6, _ => { });
            return new WeakReference(workers);
        }
    }
}
