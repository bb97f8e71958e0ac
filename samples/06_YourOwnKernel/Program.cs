// An operation that the library lacks, written outside of it, and the three checks that every kernel must pass.
// Run: dotnet run -c Release --project samples/06_YourOwnKernel
using VaeCf.Native.Devices;
using YourOwnKernel;

// 1. The derivative against central differences, in double: L = sum y dY, so dL/dx = (L(x + h) - L(x - h)) / 2h.
const double step = 1e-6;
double[] x = Numbers(3 * 5, seed: 1), dY = Numbers(x.Length, seed: 2), dX = new double[x.Length];
UnitRows.Reference.Backward(3, 5, x, dY, dX);
double[] differences = [.. x.Select((_, i) => (Loss(i, step) - Loss(i, -step)) / (2 * step))];
Report("derivative against central differences", Distance(dX, differences), 1e-9);

// 2. The CPU against the reference, through the devices, as a model would call it, at sizes around a vector's width.
// (Not one column: the gradient is 0 there, and a relative error of nothing means nothing.)
// 3. The same bits for any number of threads.
using Device exact = Device.Reference(), one = Device.Cpu(threads: 1), four = Device.Cpu(threads: 4);
foreach ((int rows, int columns) in ((int, int)[])[(0, 8), (3, 7), (3, 8), (3, 9), (500, 601)])
{
    (float[] y, float[] gradient) = Run(one, rows, columns);
    (float[] exactY, float[] exactGradient) = Run(exact, rows, columns);
    Report($"CPU against reference, {rows} x {columns}: y", Distance(Doubles(y), Doubles(exactY)), 3e-7);
    Report($"CPU against reference, {rows} x {columns}: dX", Distance(Doubles(gradient), Doubles(exactGradient)), 3e-7);
    (float[] y4, float[] gradient4) = Run(four, rows, columns);
    bool same = y.SequenceEqual(y4) && gradient.SequenceEqual(gradient4);
    Report($"one thread against four, {rows} x {columns}", same ? 0 : 1, 0);
}

// The operation and its gradient on a device's own tensors.
static (float[] Y, float[] DX) Run(Device device, int rows, int columns)
{
    using Compute c = device.Open();
    using Tensor x = c.Allocate(rows, columns), y = c.Allocate(0, columns), d = c.Allocate(rows, columns);
    double[] numbers = Numbers(rows * columns, seed: 3);
    numbers.AsSpan(0, Math.Min(columns, numbers.Length)).Clear(); // the first row is one of zeros
    c.Write(numbers, x);
    c.Write(Numbers(rows * columns, seed: 4), d);
    c.ToUnitRows(x, y);
    c.ToUnitRowsGradient(x, d, d);
    float[] values = new float[y.Length], gradient = new float[d.Length];
    c.Read(y, values);
    c.Read(d, gradient);
    return (values, gradient);
}

double Loss(int i, double change)
{
    double[] moved = [.. x], y = new double[x.Length];
    moved[i] += change;
    UnitRows.Reference.Forward(3, 5, moved, y);
    return y.Zip(dY, (a, b) => a * b).Sum();
}

static double[] Numbers(int count, int seed)
{
    var random = new Random(seed);
    return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];
}

static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

// The norm of the difference over the norm.
static double Distance(double[] found, double[] expected)
{
    double difference = Math.Sqrt(found.Zip(expected, (a, b) => (a - b) * (a - b)).Sum());
    return difference == 0 ? 0 : difference / Math.Sqrt(expected.Sum(b => b * b));
}

static void Report(string what, double distance, double tolerance)
{
    bool ok = distance <= tolerance;
    Console.WriteLine($"{(ok ? "ok" : "WRONG")}: {what}: {distance:0.0e+0}, at most {tolerance:0.0e+0}");
    if (!ok)
        Environment.ExitCode = 1;
}
