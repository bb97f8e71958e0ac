using VaeCf.Kernels;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>
/// Boltzmann machines beside a plain one, a user and a unit at a time; their cases are in
/// <see cref="GoldenCaseTests"/>.
/// </summary>
public class RbmTests
{
    private const int Items = 9, Hidden = 4, Steps = 2;

    private static readonly ClickMatrix clicks = Clicks.Of(Items, [0, 2, 5], [1, 2, 3, 8], [0], [2, 4, 6, 7], [5], [],
        [0, 1, 2, 3, 4, 5]), ratings = Clicks.Rated(clicks);

    private static Settings Of(ModelType type) => type.Defaults.With(Rbm.Units, Hidden)
        .With(Rbm.ChainSteps, [Steps]).With(GradientFit.EpochCount, 4);

    private static FitRun Run(Settings settings, Device? device = null, Checkpoint? from = null)
    {
        ClickMatrix train = settings.Type == Rbm.Type ? ratings : clicks;
        return new(new DataSplit(Clicks.Ids(Items), train, null, null, Clicks.Ids(train.UserCount)), settings, device,
            from);
    }

    public static TheoryData<string> Names => ["rbm", "rbmclicks"];

    private static ModelType TypeOf(string name) => name == "rbm" ? Rbm.Type : ClickRbm.Type;

    // The state of a fit with weights far from 0, and what its first step leaves in the velocities: the gradients.
    private static (Checkpoint Start, Dictionary<string, float[]> Gradients) FirstStep(Settings settings)
    {
        using Device device = Device.Reference();
        Checkpoint start;
        using (FitRun run = Run(settings, device))
            start = run.Capture();
        var random = new RandomSequence(new RandomStream(1, RandomPurpose.Weights, 0));
        foreach (SavedTensor tensor in start.Model.Where(tensor => tensor.Name != "values"))
            for (int i = 0; i < tensor.Values.Length; i++)
                tensor.Values[i] = (float)(0.5 * random.NextNormal());
        using FitRun first = Run(settings, device, start);
        first.Fit.Step();
        return (start, first.Capture().State.ToDictionary(one => one.Name["velocity.".Length..], one => one.Values));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // The plain machine: w[unit, j], a[unit], b[j] one after the other, and K units for each item.
    private sealed class Plain(double[] parameters, int count)
    {
        private readonly int units = Items * count;

        private double W(int unit, int j) => parameters[unit * Hidden + j];

        private double A(int unit) => parameters[units * Hidden + unit];

        private double Input(int[] on, int j) =>
            parameters[units * (Hidden + 1) + j] + on.Sum(unit => W(unit, j));

        public double FreeEnergy(int[] on) => -on.Sum(A)
            - Enumerable.Range(0, Hidden).Sum(j => Math.Log(1 + Math.Exp(Input(on, j))));

        public int[] Chain(int user, int[] on, int[] rated, ulong seed)
        {
            for (int t = 0; t < Steps; t++)
            {
                double[] forHidden = new double[Hidden], forItems = new double[Items];
                Uniform.Reference.Fill(new(seed, RandomPurpose.HiddenUnits, (ulong)t), [user], Hidden, forHidden);
                int[] h = [.. Enumerable.Range(0, Hidden).Where(j => forHidden[j] < Sigmoid(Input(on, j)))];
                double Logit(int unit) => A(unit) + h.Sum(j => W(unit, j));
                var stream = new RandomStream(seed, RandomPurpose.VisibleUnits, (ulong)t);
                if (count == 1)
                {
                    Uniform.Reference.Fill(stream, [user], Items, forItems);
                    on = [.. Enumerable.Range(0, Items).Where(item => forItems[item] < Sigmoid(Logit(item)))];
                    continue;
                }
                double[] forRated = new double[rated.Length];
                Uniform.Reference.AtClicks(stream, [0, rated.Length], [user], rated, forRated);
                on = [.. rated.Select((item, n) =>
                {
                    double[] e = [.. Enumerable.Range(0, count).Select(k => Math.Exp(Logit(item * count + k)))];
                    return item * count + Enumerable.Range(0, count)
                        .First(k => k == count - 1 || forRated[n] < e.Take(k + 1).Sum() / e.Sum());
                })];
            }
            return on;
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_gradient_is_the_slope_of_the_difference_of_free_energies(string name)
    {
        Settings settings = Of(TypeOf(name)).With(Rbm.WeightDecay, 0);
        (Checkpoint start, Dictionary<string, float[]> gradients) = FirstStep(settings);
        int count = name == "rbm" ? 4 : 1;
        double[] own = [.. start.Model.Where(one => one.Name != "values")
            .SelectMany(one => one.Values.Select(value => (double)value))];
        var machine = new Plain(own, count);
        int[][] before = [.. Enumerable.Range(0, clicks.UserCount).Select(user => clicks.ItemsOf(user).ToArray()
            .Select((item, n) => item * count + (count == 1 ? 0 : (int)ratings.ValuesOf(user)[n] - 1)).ToArray())];
        int[][] after = [.. before.Select((on, user) =>
            machine.Chain(user, on, clicks.ItemsOf(user).ToArray(), settings.Get(GradientFit.Seed)))];
        Assert.Contains(before.Zip(after), pair => !pair.First.SequenceEqual(pair.Second));
        double Objective(double[] parameters)
        {
            var moved = new Plain(parameters, count);
            return before.Average(moved.FreeEnergy) - after.Average(moved.FreeEnergy);
        }

        double[] found = [.. ((string[])["weight", "visible_bias", "hidden_bias"])
            .SelectMany(one => gradients[one].Select(value => (double)value))];
        double difference = 0, norm = 0;
        for (int i = 0; i < own.Length; i++)
        {
            double[] above = [.. own], below = [.. own];
            above[i] += 1e-5;
            below[i] -= 1e-5;
            double slope = (Objective(above) - Objective(below)) / 2e-5;
            (difference, norm) = (difference + Math.Pow(found[i] - slope, 2), norm + slope * slope);
        }
        Assert.InRange(Math.Sqrt(difference / norm), 0, 1e-6);
    }

    [Fact]
    public void Averaged_over_raters_an_items_gradient_is_that_many_times_as_large()
    {
        Dictionary<string, float[]> ofUsers = FirstStep(Of(Rbm.Type).With(Rbm.WeightDecay, 0)).Gradients,
            ofRaters = FirstStep(Of(Rbm.Type).With(Rbm.WeightDecay, 0)
                .With(Rbm.Averaging, RbmAveraging.Raters)).Gradients;
        Assert.Equal(ofUsers["hidden_bias"], ofRaters["hidden_bias"]);
        for (int item = 0; item < Items; item++)
        {
            double raters = clicks.Items.ToArray().Count(other => other == item);
            for (int n = item * 4 * Hidden; n < (item + 1) * 4 * Hidden; n++)
                Assert.Equal(ofUsers["weight"][n] * clicks.UserCount / raters, ofRaters["weight"][n], 1e-6);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void It_goes_on_from_any_step_with_any_number_of_threads_to_the_same_bits(string name)
    {
        Settings settings = Of(TypeOf(name)).With(GradientFit.BatchSize, 3).With(Rbm.ChainSteps, [1, 3]);
        Fits.AssertGoesOnFromAnyStep((device, from) => Run(settings, device, from));
    }

    [Fact]
    public void The_first_predictions_are_each_items_own_rates_and_half_stars_are_values_too()
    {
        var halves = new ClickMatrix(2, [0, 2, 3], [0, 1, 0], [0.5f, 5, 4.5f]);
        using var run = new FitRun(new DataSplit(Clicks.Ids(2), halves, null, null, Clicks.Ids(2)),
            Of(Rbm.Type).With(GradientFit.EpochCount, 1).With(Rbm.LearningRate, 1e-9));
        using Recommender model = run.Run();
        Assert.Equal([0.5f, 4.5f, 5], model.CopyTensors().Single(one => one.Name == "values").Values);
        // One rating more than there are, as all are: (0.5 + 4.5 + 10/3) / 3 and (5 + 10/3) / 2.
        float[] scores = Clicks.Scores(model, new(halves));
        Assert.Equal(25.0 / 9, scores[0], 0.05);
        Assert.Equal(25.0 / 6, scores[1], 0.05);
        // A rating that is none of the values counts as the nearest.
        Assert.Equal(Clicks.Scores(model, new(new ClickMatrix(2, [0, 1], [0], [4.4f]))),
            Clicks.Scores(model, new(new ClickMatrix(2, [0, 1], [0], [4.6f]))));
    }

    [Fact]
    public void What_goes_together_is_recommended()
    {
        // Two kinds of users, each with items of their own.
        ClickMatrix tastes = Clicks.Of(8, [.. Enumerable.Range(0, 24).Select(user =>
            Enumerable.Range(0, 4).Where(n => n != user / 2 % 4).Select(n => user % 2 * 4 + n).ToArray())]);
        using Recommender model = Clicks.Fitted(ClickRbm.Type.Defaults.With(Rbm.Units, 8)
            .With(Rbm.LearningRate, 0.1).With(GradientFit.EpochCount, 300), tastes);
        Assert.Equal(["2", "3"], model.Recommend(["0", "1"], 2).Items.Select(item => item.Item).Order());
    }

    [Fact]
    public void Ratings_that_are_no_choice_among_values_and_chains_without_steps_are_refused()
    {
        const int many = 101;
        var fine = new ClickMatrix(many, [0, many], [.. Enumerable.Range(0, many)],
            [.. Enumerable.Range(0, many).Select(n => n / 100f)]);
        Assert.Contains("found 101 distinct ratings; expected from 1 to 100", Assert.Throws<InputException>(() =>
            new FitRun(new DataSplit(Clicks.Ids(many), fine, null, null, Clicks.Ids(1)), Of(Rbm.Type))).Message);
        Assert.Contains("expected at least one number",
            Assert.Throws<ArgumentException>(Of(ClickRbm.Type).With(Rbm.ChainSteps, []).Check).Message);
    }
}
