using System.Diagnostics;
using VaeCf.Kernels.Common;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Cli;

/// <summary>
/// The least time in which a CPU could have made a run's steps: their multiply-adds, at the rate that the same threads
/// reach with multiply-adds in registers alone.
/// </summary>
/// <param name="Gflops">That rate, in 10^9 operations a second, a multiply-add being two.</param>
/// <param name="Seconds">The time.</param>
internal sealed record TrainingFloor(double Gflops, double Seconds)
{
    private const int Samples = 40;
    private const double SampleGflop = 0.1;

    /// <summary>
    /// The floor of Mult-VAE's and Mult-DAE's steps: the three products of the output layer, of 6 x users x items x
    /// hidden operations, beside which all others are small. Null for other models, and where no step was made here.
    /// </summary>
    /// <param name="run">The run, on a CPU.</param>
    /// <param name="epochs">The epochs made here.</param>
    /// <param name="threads">The threads that it had.</param>
    public static TrainingFloor? Of(FitRun run, int epochs, int threads)
    {
        Settings settings = run.Settings;
        if (settings.Type != MultVae.Type && settings.Type != MultDae.Type || epochs == 0)
            return null;
        int last = settings.Get(Autoencoders.Hidden) is [var width, ..] ? width : settings.Get(Autoencoders.Latent);
        double gflops = Measure(threads),
            gflop = 6e-9 * run.Fit.Data.Clicks.UserCount * run.Fit.Data.Clicks.ItemCount * last * epochs;
        return new(gflops, gflop / gflops);
    }

    private static double Measure(int threads)
    {
        using var workers = new Workers(threads);
        Action work = MultiplyAdds.Of(workers, SampleGflop * threads);
        var seconds = new double[Samples];
        for (int i = 0; i < Samples; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return SampleGflop * threads / seconds[Samples / 2];
    }
}
