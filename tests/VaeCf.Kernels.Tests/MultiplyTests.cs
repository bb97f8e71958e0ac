using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class MultiplyTests
{
    public static TheoryData<int> Lengths => [0, 1, 15, 16, 17, 101, 70_001];

    [Theory, MemberData(nameof(Lengths))]
    public void It_agrees_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int length)
    {
        float[] x = Compare.Random(length, 1), y = Compare.Random(length, 2);
        float[] actual = Widths.SameBits(workers =>
        {
            float[] product = [.. y];
            Multiply.Cpu.Forward(workers, x, product);
            return product;
        });
        double[] expected = y.ToDouble();
        Multiply.Reference.Forward(x.ToDouble(), expected);
        Assert.InRange(Compare.RelativeError(expected, actual), 0, 1e-7);
    }

    [Fact]
    public void A_tensor_multiplied_by_itself_is_squared()
    {
        float[] x = [1, -2, 3];
        Multiply.Cpu.Forward(Workers.One, x, x);
        Assert.Equal([1, 4, 9], x);
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Contains("expected 1 x 3",
            Assert.Throws<ArgumentException>(
                () => Multiply.Cpu.Forward(Workers.One, new float[3], new float[2])).Message);
}
