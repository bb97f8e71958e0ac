// How fast is a kernel, and how fast could it be? The kernel of 06_YourOwnKernel against the speed of memory.
// Run: dotnet run -c Release --project samples/07_BenchmarkAKernel [ROWS COLUMNS]
using System.Diagnostics;
using System.Globalization;
using VaeCf.Kernels.Common;
using YourOwnKernel;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int rows = args is [var r, _] ? int.Parse(r) : 4_000, columns = args is [_, var c] ? int.Parse(c) : 1_000;
float[] x = [.. Enumerable.Range(0, rows * columns).Select(i => (float)Math.Sin(i))], y = new float[x.Length];

// 1. The ceiling first. The kernel has to read x and write y, whatever it does between; so has a copy, and nothing that
//    does both is faster than that. Of arithmetic there is little, three operations a number.
double bytes = 2.0 * x.Length * sizeof(float);
using Workers one = new(1), all = new(Environment.ProcessorCount);

Console.WriteLine($"{rows} x {columns}, {bytes / 1e6:0} MB read and written");
foreach (Workers workers in new[] { one, all })
{
    // 2. Kernel and ceiling in turns, in one run: other work on the machine, and its clock, then change both alike.
    (double[] copy, double[] kernel) = (new double[21], new double[21]);
    for (int round = 0; round < copy.Length; round++)
    {
        copy[round] = Seconds(() => workers.RunRanges(rows, 1, (from, to) => x.AsSpan((int)from * columns,
            (int)(to - from) * columns).CopyTo(y.AsSpan((int)from * columns))));
        kernel[round] = Seconds(() => UnitRows.Cpu.Forward(workers, rows, columns, x, y));
    }

    // 3. The first round warms up: it compiles the code and touches the memory. Of the others the median, and the best
    //    beside it: a median far from the best says that the machine was busy, and that neither is to be quoted.
    (double Best, double Median) ceiling = Summary(copy), found = Summary(kernel);
    Console.WriteLine($"threads {workers.Count}: copy {Rate(ceiling)}, kernel {Rate(found)}: "
        + $"{ceiling.Median / found.Median:P0} of the ceiling");
}

string Rate((double Best, double Median) seconds) =>
    $"{bytes / seconds.Median / 1e9:0.0} GB/s (best {bytes / seconds.Best / 1e9:0.0})";

static double Seconds(Action action)
{
    long start = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(start).TotalSeconds;
}

static (double Best, double Median) Summary(double[] seconds)
{
    double[] sorted = [.. seconds.Skip(1).Order()];
    return (sorted[0], sorted[sorted.Length / 2]);
}
