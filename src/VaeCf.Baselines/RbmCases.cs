using System.Text.Json;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;
using static VaeCf.Baselines.BaselineCases;

namespace VaeCf.Baselines;

/// <summary>Updates of an RBM that another program computed, its uniform numbers given.</summary>
internal static class RbmCases
{
    public static void AddAll() => Case.Add("rbm", Recompute);

    private static Dictionary<string, double[]> Recompute(JsonElement root, Device device)
    {
        JsonElement config = root.GetProperty("config"), inputs = root.GetProperty("inputs");
        int Number(string name) => config.GetProperty(name).GetInt32();
        double Setting(string name) => config.GetProperty(name).GetDouble();
        bool ofClicks = !inputs.TryGetProperty("ratings", out JsonElement given);
        ClickMatrix matrix = Matrix(ofClicks ? inputs.GetProperty("x") : given);
        int users = matrix.UserCount, items = matrix.ItemCount, count = ofClicks ? 1 : Number("values");
        int[] rows = [.. Enumerable.Range(0, users)];
        var units = new RatingUnits([.. Enumerable.Range(1, count).Select(k => (float)k)]);
        using Compute c = device.Open();
        using RbmWeights weights = RbmWeights.Allocate(c, items * count, Number("hidden"));
        foreach (NamedTensor one in weights.Named)
            c.Write(Tensor(inputs.GetProperty("parameters").GetProperty(one.Name)).Data, one.Value);
        using Tensor values = c.Allocate(1, count), x = c.Allocate(0, 1), p = c.Allocate(0, weights.B.Columns);
        c.Write([.. units.Values], values);
        using ClickBatch batch = c.AllocateBatch();
        using RatingRbmNetwork ofRatings = new(c, weights, values, units, RbmAveraging.Users);
        using ClickRbmNetwork ofAll = new(c, weights);
        using var descent = new Descent(c, weights.Named);

        c.Load(matrix, rows, batch);
        ofRatings.Load(ofClicks ? new ClickMatrix(items, new long[1], [], []) : matrix, ofClicks ? [] : rows);
        ofAll.Load(batch);
        RbmNetwork network = ofClicks ? ofAll : ofRatings;
        Dictionary<string, double[]> computed = AtStart();
        var (chains, gradients) = (new List<double>(), new List<double>());
        for (int update = 0; update < Number("updates"); update++)
        {
            network.Backward(users, Number("cd_steps"), new Given(c, inputs, update, ofClicks ? null : matrix, chains),
                descent);
            foreach (NamedTensor one in weights.Named)
                gradients.AddRange(Read(c, descent.Gradient(one.Value)).Select(ascent => -ascent));
            descent.Step(new SgdStep(Setting("lr"), Setting("momentum"), Setting("weight_decay")));
        }
        (computed["chains"], computed["ascent_gradients"]) = ([.. chains], [.. gradients]);
        foreach (NamedTensor one in weights.Named)
            computed[$"parameters_after_steps {one.Name}"] = Read(c, one.Value);
        return computed;

        Dictionary<string, double[]> AtStart()
        {
            var found = new Dictionary<string, double[]>();
            units.Load(c, matrix, rows, batch, chosenOnly: true);
            c.ClickDropout(default, 1, batch, x);
            weights.Hidden(c, batch, x, p);
            found["hidden_probabilities"] = Read(c, p);
            using Tensor f = c.Allocate(users, items * count), means = c.Allocate(users, items);
            c.Gemm(Transpose.B, p, weights.W, f);
            c.AddBias(weights.A, f);
            found["scores"] = Read(c, f);
            c.Softmax(count, f);
            c.Expectation(values, f, means);
            found["predictions_mean_field"] = Read(c, means);
            if (!ofClicks)
                found["predictions_exact_unrated"] = Exact(c, weights, matrix, units);
            c.Load(matrix, rows, batch);
            return found;
        }
    }

    // The mean rating of an item that a user has not rated: p(k) is proportional to exp(-F) of the user's ratings and
    // this one, where the free energy is F(v) = -a v - sum over j of softplus(b_j + v W_j).
    private static double[] Exact(Compute c, RbmWeights weights, ClickMatrix ratings, RatingUnits units)
    {
        int count = units.Values.Count, hidden = weights.B.Columns;
        double[] a = Read(c, weights.A), means = new double[ratings.UserCount * ratings.ItemCount];
        using ClickBatch batch = c.AllocateBatch(), none = c.AllocateBatch();
        using Tensor x = c.Allocate(0, 1), y = c.Allocate(0, hidden), softplus = c.Allocate(0, 1);
        for (int n = 0; n < means.Length; n++)
        {
            (int user, int item) = Math.DivRem(n, ratings.ItemCount);
            if (ratings.ItemsOf(user).Contains(item))
                continue;
            (SampleRows chosen, SampleRows empty) = (new(ratings.ItemCount * count), new(hidden));
            for (int k = 0; k < count; k++)
            {
                int[] rated = [.. ratings.ItemsOf(user).ToArray()
                    .Select((other, i) => other * count + units.Nearest(ratings.ValuesOf(user)[i]))
                    .Append(item * count + k).Order()];
                chosen.Add(rated, [.. rated.Select(_ => 1f)]);
                empty.Add([], []);
            }
            chosen.Load(c, batch);
            empty.Load(c, none);
            c.ClickDropout(default, 1, batch, x);
            c.SparseGemm(batch, x, weights.W, y);
            c.AddBias(weights.B, y);
            c.Loss(none, new OutputLoss(Likelihood.Logistic, 1), y, softplus); // sum of softplus, of no clicks
            double[] energies = Read(c, softplus);
            double[] p = [.. energies.Select((sum, k) => Math.Exp(a[item * count + k] + sum - energies.Max()))];
            means[n] = p.Select((one, k) => one * units.Values[k]).Sum() / p.Sum();
        }
        return means;
    }

    // The numbers of the case. What is drawn by them is noted as the case has it: of ratings the values drawn.
    private sealed class Given(Compute c, JsonElement inputs, int update, ClickMatrix? ratings, List<double> chains)
        : IRbmDraws
    {
        public void Hidden(int t, Tensor uniform) => Write(Numbers("uniform_hidden", t), uniform);

        public void Visible(int t, Tensor uniform)
        {
            double[] all = Numbers("uniform_visible", t);
            Write(ratings is null ? all : [.. Places().Select(place => all[place])], uniform);
        }

        public void Drawn(int t, Tensor hidden, Tensor visible)
        {
            chains.AddRange(Read(c, hidden));
            double[] units = Read(c, visible);
            if (ratings is null)
            {
                chains.AddRange(units);
                return;
            }
            var drawn = new double[ratings.UserCount * ratings.ItemCount];
            foreach ((int place, double[] unit) in
                Places().Zip(units.Chunk(units.Length / (int)ratings.ClickCount)))
                drawn[place] = 1 + Array.IndexOf(unit, 1);
            chains.AddRange(drawn);
        }

        private IEnumerable<int> Places() => Enumerable.Range(0, ratings!.UserCount).SelectMany(user =>
            ratings.ItemsOf(user).ToArray().Select(item => user * ratings.ItemCount + item));

        private double[] Numbers(string name, int t) => Tensor(inputs.GetProperty(name)[update][t]).Data;

        private void Write(double[] numbers, Tensor target)
        {
            target.Resize(numbers.Length / target.Columns);
            c.Write(numbers, target);
        }
    }
}
