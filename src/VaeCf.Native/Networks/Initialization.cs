using VaeCf.Kernels;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;


namespace VaeCf.Native.Networks;

/// <summary>The values that training starts from, drawn per tensor.</summary>
internal static class Initialization
{
    // Kim and Suh 2019, the authors' code: pseudo-inputs start as N(0.05, 0.01^2), near the mean of the data's 0s and
    // 1s.
    private const double PseudoInputMean = 0.05, PseudoInputDeviation = 0.01;

    /// <summary>Draws all parameters of a network.</summary>
    /// <param name="c">Its device.</param>
    /// <param name="parameters">The parameters; the numbers of a tensor depend on its place in the list.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="start">Distribution of weights and biases.</param>
    /// <param name="pseudoInputRows">
    /// Clicks whose rows, with noise added, the pseudo-inputs start from; null starts them from noise alone.
    /// </param>
    public static void Draw(Compute c, IReadOnlyList<Parameter> parameters, ulong seed, WeightStart start,
        ClickMatrix? pseudoInputRows)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            Parameter p = parameters[i];
            var random = new RandomSequence(new RandomStream(seed, RandomPurpose.Weights, 0), (uint)i);
            var values = new float[p.Value.Length];
            if (p.Kind == ParameterKind.PseudoInputs && pseudoInputRows is not null)
                AddRows(values, p.Value.Columns, pseudoInputRows, ref random);
            double mean = p.Kind == ParameterKind.PseudoInputs && pseudoInputRows is null ? PseudoInputMean : 0;
            for (int j = 0; j < values.Length; j++)
                values[j] += (float)(mean + Number(p, start, ref random));
            c.Write(values, p.Value);
        }
    }

    private static double Number(Parameter p, WeightStart start, ref RandomSequence random) => (p.Kind, start) switch
    {
        (ParameterKind.PseudoInputs, _) => PseudoInputDeviation * random.NextNormal(),
        (ParameterKind.NormWeight, _) => 1,
        (ParameterKind.NormBias, _) => 0,
        (ParameterKind.Weight, WeightStart.Xavier) =>
            Math.Sqrt(6.0 / (p.Value.Rows + p.Value.Columns)) * (2 * random.NextDouble() - 1),
        (ParameterKind.Bias, WeightStart.Xavier) => 0.001 * TruncatedNormal(ref random),
        (ParameterKind.Weight, WeightStart.HeNormal) => Math.Sqrt(2.0 / p.FanIn) * random.NextNormal(),
        _ => (2 * random.NextDouble() - 1) / Math.Sqrt(p.FanIn),
    };

    // The rows of users drawn without replacement; the draw starts over where there are fewer users than pseudo-inputs.
    private static void AddRows(float[] values, int items, ClickMatrix rows, ref RandomSequence random)
    {
        int[] users = [.. Enumerable.Range(0, rows.UserCount)];
        random.Shuffle<int>(users);
        for (int row = 0; row < values.Length / items; row++)
            foreach (int item in rows.ItemsOf(users[row % users.Length]))
                values[row * items + item] = 1;
    }

    private static double TruncatedNormal(ref RandomSequence random)
    {
        double x;
        do
            x = random.NextNormal();
        while (Math.Abs(x) > 2);
        return x;
    }
}
