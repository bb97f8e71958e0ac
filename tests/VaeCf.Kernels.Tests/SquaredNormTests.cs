namespace VaeCf.Kernels.Tests;

public class SquaredNormTests
{
    [Theory]
    [InlineData(0), InlineData(1), InlineData(17), InlineData(4095), InlineData(4096), InlineData(4097),
        InlineData(300_007)]
    public void Cpu_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int length)
    {
        float[] x = Compare.Random(length, 1);
        double sum = 0;
        Widths.SameBits(workers =>
        {
            sum = SquaredNorm.Cpu.Sum(workers, x);
            return [.. BitConverter.GetBytes(sum).Select(part => (float)part)];
        });
        double expected = SquaredNorm.Reference.Sum(x.ToDouble());
        Assert.InRange(Math.Abs(sum - expected), 0, 1e-6 * expected);
    }
}
