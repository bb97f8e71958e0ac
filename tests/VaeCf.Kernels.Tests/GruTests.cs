using VaeCf.Kernels.Common;

namespace VaeCf.Kernels.Tests;

public class GruTests
{
    public static TheoryData<int, int> Sizes => new()
    {
        { 0, 5 }, { 3, 0 }, { 1, 1 }, { 3, 15 }, { 2, 16 }, { 5, 17 }, { 7, 101 }, { 1, 2049 }, { 67, 127 },
    };

    private static (float[] InputBias, float[] StateBias, float[] State, float[] X, float[] G, float[] D) Inputs(
        int rows, int units) => (Compare.Random(3 * units, 1), Compare.Random(3 * units, 2),
        Compare.Random(rows * units, 3), Compare.Random(rows * 3 * units, 4), Compare.Random(rows * 3 * units, 5),
        Compare.Random(rows * units, 6));

    [Theory, MemberData(nameof(Sizes))]
    public void Both_ways_agree_with_the_reference_with_the_same_bits_for_every_width_and_number_of_threads(int rows,
        int units)
    {
        (float[] inputBias, float[] stateBias, float[] state, float[] x, float[] g, float[] d) = Inputs(rows, units);
        float[] forward = Widths.SameBits(workers =>
        {
            float[] gates = [.. x], projected = [.. g], next = new float[state.Length];
            Gru.Cpu.Forward(workers, rows, units, inputBias, stateBias, state, gates, projected, next);
            return [.. gates, .. projected, .. next];
        });
        float[] inPlace = Widths.SameBits(workers =>
        {
            float[] gates = [.. x], projected = [.. g], next = [.. state];
            Gru.Cpu.Forward(workers, rows, units, inputBias, stateBias, next, gates, projected, next);
            return [.. gates, .. projected, .. next];
        });
        Assert.Equal(forward, inPlace);
        double[] expectedGates = x.ToDouble(), expectedProjected = g.ToDouble(), expected = new double[state.Length];
        Gru.Reference.Forward(rows, units, inputBias.ToDouble(), stateBias.ToDouble(), state.ToDouble(),
            expectedGates, expectedProjected, expected);
        Assert.InRange(Compare.RelativeError([.. expectedGates, .. expectedProjected, .. expected], forward), 0, 3e-7);

        float[] gatesThen = forward[..x.Length], projectedThen = forward[x.Length..(2 * x.Length)];
        float[] backward = Widths.SameBits(workers =>
        {
            float[] gates = [.. gatesThen], projected = [.. projectedThen], dState = [.. state];
            Gru.Cpu.Backward(workers, rows, units, state, d, gates, projected, dState);
            return [.. gates, .. projected, .. dState];
        });
        double[] dGates = gatesThen.ToDouble(), dProjected = projectedThen.ToDouble(), dBefore = state.ToDouble();
        Gru.Reference.Backward(rows, units, state.ToDouble(), d.ToDouble(), dGates, dProjected, dBefore);
        Assert.InRange(Compare.RelativeError([.. dGates, .. dProjected, .. dBefore], backward), 0, 3e-7);
    }

    [Fact]
    public void The_derivatives_are_the_slopes()
    {
        const int rows = 3, units = 5, n = rows * units;
        (float[] inputBias, float[] stateBias, float[] state, float[] x, float[] g, float[] d) = Inputs(rows, units);
        double Loss(double[] h, double[] input, double[] projected)
        {
            double[] gates = [.. input], kept = [.. projected], next = new double[n];
            Gru.Reference.Forward(rows, units, inputBias.ToDouble(), stateBias.ToDouble(), h, gates, kept, next);
            return CentralDifference.Dot(next, d.ToDouble());
        }
        double[] h = state.ToDouble(), dX = x.ToDouble(), dG = g.ToDouble(), dH = new double[n];
        Gru.Reference.Forward(rows, units, inputBias.ToDouble(), stateBias.ToDouble(), h, dX, dG, new double[n]);
        Gru.Reference.Backward(rows, units, h, d.ToDouble(), dX, dG, dH);
        CentralDifference.Check(at => Loss(at, x.ToDouble(), g.ToDouble()), h, dH);
        CentralDifference.Check(at => Loss(h, at, g.ToDouble()), x.ToDouble(), dX);
        CentralDifference.Check(at => Loss(h, x.ToDouble(), at), g.ToDouble(), dG);
    }

    [Fact]
    public void An_open_update_gate_keeps_the_state_and_a_shut_reset_gate_forgets_what_it_gave()
    {
        // Columns [reset | update | candidate] of one unit: u = 1, then u = 0 and r = 0.
        float[] next = new float[2], projected = [0, 0, 5, 0, 0, 5];
        Gru.Cpu.Forward(Workers.One, 2, 1, new float[3], new float[3], [0.3f, 0.3f],
            (float[])[0, 200, 1, -200, -200, 1], projected, next);
        Assert.Equal([0.3f, MathF.Tanh(1)], next);
    }

    [Fact]
    public void What_is_not_a_number_shows() => Assert.All(Enumerable.Range(0, 3), which =>
    {
        float[] gates = new float[3], next = new float[1];
        gates[which] = float.NaN;
        Gru.Cpu.Forward(Workers.One, 1, 1, new float[3], new float[3], [1], gates, (float[])[0, 0, 1], next);
        Assert.True(float.IsNaN(next[0]));
    });

    [Fact]
    public void A_wrong_length_is_refused() =>
        Assert.Contains("expected 2 x 3", Assert.Throws<ArgumentException>(() => Gru.Cpu.Forward(Workers.One, 2, 1,
            new float[3], new float[3], new float[2], new float[5], new float[6], new float[2])).Message);
}
