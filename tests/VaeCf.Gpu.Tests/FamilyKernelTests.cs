using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Devices;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Gpu.Tests;

/// <summary>
/// Kernels of the models beyond Mult-VAE and Mult-DAE: the processor's to the bit but for those that sum in another
/// order, which are held to the reference.
/// </summary>
public class FamilyKernelTests
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0, Step = 0x1_0000_0007;

    private static TheoryData<string, int, int> Of((int, int)[] sizes)
    {
        var data = new TheoryData<string, int, int>();
        foreach (string device in GpuDevices.Names)
            foreach ((int rows, int columns) in sizes)
                data.Add(device, rows, columns);
        return data;
    }

    // Around half a warp, a warp, blocks of 128 and 256, and odd primes.
    public static TheoryData<string, int, int> Shapes =>
        Of([(1, 1), (3, 15), (7, 16), (8, 17), (9, 31), (17, 129), (257, 5)]);

    // Users and components; 256 threads share a user's.
    public static TheoryData<string, int, int> UsersAndComponents =>
        Of([(1, 1), (3, 7), (5, 255), (4, 256), (2, 257), (17, 31)]);

    private static float[] Sum(float[] x, float[] y)
    {
        float[] sum = [.. y];
        Add.Cpu.Forward(Workers.One, x, sum);
        return sum;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Functions_of_an_element_are_the_processors(string device, int rows, int columns)
    {
        long length = rows * columns;
        float[] x = [.. Compare.Random((int)length, 1).Select(value => 4 * value)], g = Compare.Random(x.Length, 2),
            dY = Compare.Random(x.Length, 3);
        x[0] = float.NaN;
        float[] gated = new float[length], dA = new float[length], dG = new float[length], swished = new float[length],
            dX = new float[length], cut = new float[length], dCut = [.. dY], product = new float[length],
            dFirst = new float[length], dSecond = new float[length];
        Gate.Cpu.Forward(Workers.One, x, g, gated);
        Gate.Cpu.Backward(Workers.One, x, g, dY, dA, dG);
        Hadamard.Cpu.Forward(Workers.One, x, g, product);
        Hadamard.Cpu.Backward(Workers.One, x, g, dY, dFirst, dSecond);
        Swish.Cpu.Forward(Workers.One, x, swished);
        Swish.Cpu.Backward(Workers.One, x, dY, dX);
        Clamp.Cpu.Forward(Workers.One, x, -1.5f, 2, cut);
        Clamp.Cpu.Backward(Workers.One, x, -1.5f, 2, dCut);

        using var card = new KernelRun(device);
        KernelRun.Memory<float> x1 = card.Holding(x), g1 = card.Holding(g), dY1 = card.Holding(dY);
        KernelRun.Memory<float> Launched(string kernel, KernelRun.Memory<float> output, params CudaArgument[] arguments)
        {
            card.LaunchFlat(kernel, length, [.. arguments, length]);
            return output;
        }
        KernelRun.Memory<float> y1 = card.Empty<float>(x.Length), sum1 = card.Holding(dY), dA1 = card.Holding(dY),
            dG1 = card.Empty<float>(x.Length), dX1 = card.Holding(dY), dCut1 = card.Holding(dY),
            dFirst1 = card.Holding(dY);
        Assert.Equal(Sum(x, dY), Launched("Add_Forward", sum1, x1, sum1).Read());
        Assert.Equal(gated, Launched("Gate_Forward", y1, x1, g1, y1).Read());
        Assert.Equal(dA, Launched("Gate_Backward", dA1, x1, g1, dA1, dA1, dG1).Read());
        Assert.Equal(dG, dG1.Read());
        Assert.Equal(product, Launched("Hadamard_Forward", y1, x1, g1, y1).Read());
        Assert.Equal(dFirst, Launched("Hadamard_Backward", dFirst1, x1, g1, dFirst1, dFirst1, dG1).Read());
        Assert.Equal(dSecond, dG1.Read());
        Assert.Equal(swished, Launched("Swish_Forward", y1, x1, y1).Read());
        Assert.Equal(dX, Launched("Swish_Backward", dX1, x1, dX1, dX1).Read());
        Assert.Equal(cut, Launched("Clamp_Forward", y1, x1, y1, -1.5f, 2f).Read());
        Assert.Equal(dCut, Launched("Clamp_Backward", dCut1, x1, dCut1, -1.5f, 2f).Read());
        // At a bound, too, the gradient ends.
        Assert.All(Launched("Clamp_Backward", dY1, y1, dY1, -1.5f, 2f).Read().Zip(cut),
            pair => Assert.True(pair.First == 0 || pair.Second is > -1.5f and < 2));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_normalized_layer_is_the_processors_and_its_parameters_gradients_the_references(
        string device, int rows, int columns)
    {
        const float epsilon = 1e-3f;
        int length = rows * columns;
        float[] x = [.. Compare.Random(length, 1).Select(value => 3 + value)], weight = Compare.Random(columns, 2),
            bias = Compare.Random(columns, 3), dY = Compare.Random(length, 4);
        float[] y = new float[length], statistics = new float[2 * rows], dX = new float[length],
            dWeight = new float[columns], dBias = new float[columns];
        LayerNorm.Cpu.Forward(Workers.One, rows, columns, x, weight, bias, epsilon, y, statistics);
        LayerNorm.Cpu.Backward(Workers.One, rows, columns, x, weight, statistics, dY, dX, dWeight, dBias);
        double[] expectedWeight = new double[columns], expectedBias = new double[columns];
        LayerNorm.Reference.Backward(rows, columns, x.ToDouble(), weight.ToDouble(), statistics.ToDouble(),
            dY.ToDouble(), new double[length], expectedWeight, expectedBias);

        using var card = new KernelRun(device);
        KernelRun.Memory<float> x1 = card.Holding(x), weight1 = card.Holding(weight), dY1 = card.Holding(dY),
            y1 = card.Empty<float>(length), statistics1 = card.Empty<float>(2 * rows);
        KernelRun.Memory<float> dWeight1 = card.Empty<float>(columns), dBias1 = card.Empty<float>(columns);
        card.Launch("LayerNorm_Forward", new((rows + 7) / 8), new(128), x1, weight1, card.Holding(bias), y1,
            statistics1, epsilon, rows, columns);
        Assert.Equal(y, y1.Read());
        Assert.Equal(statistics, statistics1.Read());
        card.Launch("LayerNorm_BackwardColumns", new((columns + 31) / 32), new(32, 32), x1, statistics1, dY1, dWeight1,
            dBias1, rows, columns);
        Assert.InRange(Compare.RelativeError(expectedWeight, dWeight1.Read()), 0, 1e-6);
        Assert.InRange(Compare.RelativeError(expectedBias, dBias1.Read()), 0, 1e-6);
        card.Launch("LayerNorm_BackwardRows", new((rows + 7) / 8), new(128), x1, weight1, statistics1, dY1, dY1, rows,
            columns);
        Assert.Equal(dX, dY1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_dense_mask_and_what_it_keeps_are_the_processors(string device, int rows, int columns)
    {
        const double keep = 0.6;
        var mask = new float[rows * columns];
        Dropout.Cpu.DenseMask(
            Workers.One, new(Seed, RandomPurpose.PseudoInputDropout, Step), keep, rows, columns, mask);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> mask1 = card.Empty<float>(mask.Length);
        card.LaunchElements("Dropout_DenseMask", rows, (columns + 3) / 4, mask1, Seed, Step,
            (ulong)Math.Ceiling(keep * 4294967296.0), (uint)RandomPurpose.PseudoInputDropout, columns);
        Assert.Equal(mask, mask1.Read());
        float[] values = Compare.Random(mask.Length, 1);
        KernelRun.Memory<float> values1 = card.Holding(values);
        card.LaunchFlat("Dropout_Apply", values.Length, values1, mask1, (float)keep, (long)values.Length);
        Dropout.Cpu.Apply(Workers.One, values, mask, (float)keep, values);
        Assert.Equal(values, values1.Read());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Clicks_are_counted_per_user(string device, int rows, int columns)
    {
        var batch = new SparseBatch(rows, columns);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> totals = card.Empty<float>(rows);
        card.Launch("Batch_Totals", new((rows + 7) / 8), new(128), card.Holding(batch.RowStarts),
            card.Holding(batch.Counts), totals, 0.25f, rows);
        double[] expected = [.. Enumerable.Range(0, rows).Select(row =>
            0.25 * batch.Counts[batch.RowStarts[row]..batch.RowStarts[row + 1]].Sum(count => (double)count))];
        Assert.InRange(Compare.RelativeError(expected, totals.Read()), 0, 1e-7);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_sample_and_the_densities_of_one_point_are_the_processors(string device, int rows, int latent)
    {
        int length = rows * latent;
        float[] mean = Compare.Random(length, 1), logvar = Compare.Random(length, 2), point = Compare.Random(length, 3),
            d = Compare.Random(length, 4), weight = Compare.Random(rows, 5);
        using var card = new KernelRun(device);
        KernelRun.Memory<float> mean1 = card.Holding(mean), logvar1 = card.Holding(logvar),
            point1 = card.Holding(point), weight1 = card.Holding(weight);
        KernelRun.Memory<float> z1 = card.Empty<float>(length), log1 = card.Empty<float>(rows),
            dMean1 = card.Empty<float>(length), dLogvar1 = card.Empty<float>(length);
        float[] z = new float[length], log = new float[rows], dZ = [.. d], dMean = new float[length],
            dLogvar = new float[length];
        int blocks = (rows + 7) / 8;

        Sample.Cpu.Forward(Workers.One, rows, latent, mean, logvar, point, z, log);
        Sample.Cpu.Backward(Workers.One, rows, latent, logvar, point, d, weight, dMean, dLogvar);
        card.Launch("Sample_Forward", new(blocks), new(128), mean1, logvar1, point1, z1, log1, rows, latent);
        card.LaunchFlat("Sample_Backward", length, logvar1, point1, card.Holding(d), weight1, dMean1, dLogvar1, rows,
            latent);
        Assert.Equal(z, z1.Read());
        Assert.Equal(log, log1.Read());
        Assert.Equal(dMean, dMean1.Read());
        Assert.Equal(dLogvar, dLogvar1.Read());

        KernelRun.Memory<float> dZ1 = card.Holding(d);
        NormalLogDensity.Cpu.Forward(Workers.One, rows, latent, point, mean, logvar, log);
        NormalLogDensity.Cpu.Backward(Workers.One, rows, latent, point, mean, logvar, weight, dZ, dMean, dLogvar);
        card.Launch("NormalLogDensity_Forward", new(blocks), new(128), point1, mean1, logvar1, log1, rows, latent);
        card.LaunchFlat("NormalLogDensity_Backward", length, point1, mean1, logvar1, weight1, dZ1, dMean1, dLogvar1,
            rows, latent);
        Assert.Equal(log, log1.Read());
        Assert.Equal(dZ, dZ1.Read());
        Assert.Equal(dMean, dMean1.Read());
        Assert.Equal(dLogvar, dLogvar1.Read());

        CompositeLogDensity.Cpu.Forward(Workers.One, rows, latent, point, mean, logvar, log);
        CompositeLogDensity.Cpu.Backward(Workers.One, rows, latent, point, mean, logvar, weight, dZ);
        card.Launch("CompositeLogDensity_Forward", new(blocks), new(128), point1, mean1, logvar1, log1, rows, latent,
            Operations.CompositeConstants);
        card.LaunchFlat("CompositeLogDensity_Backward", length, point1, mean1, logvar1, weight1, dZ1, rows, latent,
            Operations.CompositeConstants);
        Assert.Equal(log, log1.Read());
        Assert.Equal(dZ, dZ1.Read());
    }

    [Theory, MemberData(nameof(UsersAndComponents))]
    public void The_density_of_a_mixture_is_the_references_and_its_gradients_the_processors(
        string device, int rows, int components)
    {
        foreach (int latent in (int[])[1, 17])
        {
            float[] z = Compare.Random(rows * latent, 1), mean = Compare.Random(components * latent, 2),
                logvar = Compare.Random(mean.Length, 3), weight = Compare.Random(rows, 4),
                dZ = Compare.Random(z.Length, 5);
            double[] responsibilities = new double[rows * components], logDensity = new double[rows];
            MixtureLogDensity.Reference.Forward(rows, components, latent, z.ToDouble(), mean.ToDouble(),
                logvar.ToDouble(), responsibilities, logDensity);

            using var card = new KernelRun(device);
            KernelRun.Memory<float> z1 = card.Holding(z), mean1 = card.Holding(mean), logvar1 = card.Holding(logvar),
                weight1 = card.Holding(weight), e = card.Empty<float>(rows * components),
                log1 = card.Empty<float>(rows);
            card.Launch("MixtureLogDensity_Exponents", new((rows * components + 7) / 8), new(128), z1, mean1, logvar1,
                e, rows, components, latent);
            card.Launch("MixtureLogDensity_Softmax", new(rows), new(256), e, log1, components);
            float[] shares = e.Read();
            Assert.InRange(Compare.RelativeError(responsibilities, shares), 0, 1e-5);
            Assert.InRange(Compare.RelativeError(logDensity, log1.Read()), 0, 5e-7);

            KernelRun.Memory<float> dZ1 = card.Holding(dZ), dMean1 = card.Empty<float>(mean.Length),
                dLogvar1 = card.Empty<float>(mean.Length);
            float[] dMean = new float[mean.Length], dLogvar = new float[mean.Length];
            MixtureLogDensity.Cpu.Backward(
                Workers.One, rows, components, latent, z, mean, logvar, shares, weight, dZ, dMean, dLogvar);
            card.LaunchFlat("MixtureLogDensity_BackwardRows", z.Length, z1, mean1, logvar1, e, weight1, dZ1, rows,
                components, latent);
            card.LaunchFlat("MixtureLogDensity_BackwardComponents", mean.Length, z1, mean1, logvar1, e, weight1, dMean1,
                dLogvar1, rows, components, latent);
            Assert.Equal(dZ, dZ1.Read());
            Assert.Equal(dMean, dMean1.Read());
            Assert.Equal(dLogvar, dLogvar1.Read());
        }
    }

    [Theory]
    [MemberData(nameof(GpuDevices.All), MemberType = typeof(GpuDevices))]
    public void Some_rows_of_a_tensor_are_a_tensor_in_its_memory(string device)
    {
        using CudaDevice gpu = GpuDevices.Open(device);
        using CudaCompute cuda = gpu.Open();
        using Tensor whole = cuda.Allocate(5, 3);
        float[] values = Compare.Random(15, 1), others = Compare.Random(6, 2), read = new float[15],
            rows = new float[6];
        Tensor slice = whole.Slice(1, 4).Slice(2, 2);
        cuda.Write(values, whole);
        cuda.Write(others, slice);
        cuda.Add(whole.Slice(0, 2), slice);
        float[] sum = Sum(values[..6], others), expected = [.. values[..9], .. sum];
        cuda.Read(whole, read);
        Assert.Equal(expected, read);
        cuda.Read(slice, rows);
        Assert.Equal(sum, rows);
    }
}
