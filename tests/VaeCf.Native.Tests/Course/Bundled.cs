using VaeCf.Baselines;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Course;

/// <summary>The bundled data as the course uses it, and what its exercises compute with.</summary>
internal static class Bundled
{
    public static ClickData Clicks(bool timed = false) => ClickReader.Read(
        Repository.PathOf("samples/data/ml-latest-small/ratings.csv.gz"),
        new ReadOptions { MinRating = 4, KeepTimestamps = timed });

    public static DataSplit Split() => Splits.StrongGeneralization(Clicks()).Split;

    /// <summary>A model of the catalog, trained; its defaults unless other settings are given.</summary>
    public static Recommender Fitted(string model, DataSplit split, Func<Settings, Settings>? choose = null)
    {
        Catalog.Add(BaselineModels.All);
        Settings settings = Catalog.Find(model).Defaults;
        using var run = new FitRun(split, choose is null ? settings : choose(settings));
        return run.Run();
    }

    public static double Ndcg(IRanker ranker, EvaluationSet set) => Evaluator.Evaluate(ranker, set).At(100).Ndcg.Value;

    /// <summary>A tensor of these numbers.</summary>
    public static Tensor Tensor(this Compute c, int rows, int columns, params ReadOnlySpan<double> numbers)
    {
        Tensor tensor = c.Allocate(rows, columns);
        c.Write(numbers, tensor);
        return tensor;
    }

    public static double[] Values(this Compute c, Tensor tensor)
    {
        var values = new double[tensor.Length];
        c.Read(tensor, values);
        return values;
    }

    /// <summary>The central difference of a function along each of its arguments.</summary>
    public static double[] Slope(Func<double[], double> f, double[] at)
    {
        const double h = 1e-5;
        return [.. at.Select((x, i) =>
            (f([.. at[..i], x + h, .. at[(i + 1)..]]) - f([.. at[..i], x - h, .. at[(i + 1)..]])) / (2 * h))];
    }
}
