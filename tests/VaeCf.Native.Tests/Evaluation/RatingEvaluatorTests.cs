using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Verification;

namespace VaeCf.Native.Tests.Evaluation;

public class RatingEvaluatorTests
{
    // Predicts user + item / 10, and what is given for one pair.
    private sealed class Predictor(int items, float first = 0) : IRatingPredictor
    {
        public int ItemCount => items;

        public void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
        {
            int n = 0;
            foreach (int row in rows)
                foreach (int item in pairs.ItemsOf(row))
                    ratings[n++] = row == 0 && item == 0 ? first : row + item / 10f;
        }
    }

    private static readonly ClickMatrix before = new(4, [0, 2, 2, 3], [0, 1, 3], [4, 2, 5]),
        heldOut = new(4, [0, 2, 3, 5], [2, 3, 0, 0, 1], [1, 2, 3, 4, 5]);

    [Fact]
    public void The_golden_case_is_reproduced()
    {
        string[] parts = ["all", "seen"], measures = ["rmse", "standard_error", "mae", "rows"];
        IReadOnlyList<VerifiedQuantity> quantities =
            Case.Verify(Path.Combine(AppContext.BaseDirectory, "fixtures", "golden", "rmse-metrics.json")).Quantities;
        Assert.Equal(parts.SelectMany(part => measures.Select(name => $"{part} {name}")),
            quantities.Select(one => one.Name));
        Assert.All(quantities, one => Assert.True(one.Passed, $"{one}"));
    }

    [Fact]
    public void Errors_are_over_rows_clipped_with_the_rule_for_what_was_not_seen()
    {
        RatingReport report =
            RatingEvaluator.Evaluate(new Predictor(4), new EvaluationSet(before, heldOut), new RatingScale(1, 5));
        // User 0: item 2 was not seen: 3; item 3: 0.3, clipped to 1. User 1 was not seen: 3. User 2: 2 and 2.1.
        double[] errors = [2, -1, 0, -2, -2.9], seen = [-1, -2, -2.9];
        Check(errors, report.All);
        Check(seen, report.Seen!);
        double[] ofUsers = [(4 + 1) / 2.0, 0, (4 + 8.41) / 2];
        Assert.Equal(ofUsers.Length, report.MseOfUsers.Count);
        Assert.All(ofUsers.Zip(report.MseOfUsers), pair => Assert.Equal(pair.First, pair.Second, 1e-6));

        static void Check(double[] errors, RatingMeasures measures)
        {
            double mean = errors.Average(e => e * e), n = errors.Length,
                deviation = Math.Sqrt(errors.Sum(e => (e * e - mean) * (e * e - mean)) / (n - 1));
            Assert.Equal(errors.Length, measures.Ratings);
            Assert.Equal(Math.Sqrt(mean), measures.Rmse.Value, 1e-6);
            Assert.Equal(deviation / (2 * Math.Sqrt(mean) * Math.Sqrt(n)), measures.Rmse.StandardError!.Value, 1e-6);
            Assert.Equal(errors.Average(Math.Abs), measures.Mae.Value, 1e-6);
        }
    }

    [Theory]
    [InlineData(1, 5, 3)]
    [InlineData(0.5, 5, 3)]
    [InlineData(0, 5, 3)]
    [InlineData(1, 10, 5.5)]
    [InlineData(0, 1, 0.5)]
    [InlineData(-10, 10, 0)]
    public void What_was_not_seen_has_three_of_five_stars_or_the_middle(double lowest, double highest, double unseen) =>
        Assert.Equal(unseen, new RatingScale(lowest, highest).Unseen);

    [Fact]
    public void The_scale_is_that_of_the_ratings()
    {
        Assert.Equal(new RatingScale(2, 5), RatingScale.Of(before));
        Assert.Equal(default, RatingScale.Of(new ClickMatrix(3, [0, 0], [], [])));
    }

    [Fact]
    public void A_perfect_prediction_has_an_error_of_0_and_so_has_its_standard_error()
    {
        var same = new ClickMatrix(4, [0, 0, 0, 1], [1], [2.1f]);
        RatingMeasures all = RatingEvaluator.Evaluate(new Predictor(4),
            new EvaluationSet(new ClickMatrix(4, [0, 0, 0, 1], [1], [3]), same), new RatingScale(1, 5)).All;
        Assert.Equal((new Estimate(0, 0), 1), (all.Rmse, all.Ratings));
    }

    [Fact]
    public void Sizes_that_do_not_agree_and_predictions_that_are_no_numbers_are_refused()
    {
        RatingReport Evaluate(IRatingPredictor predictor, ClickMatrix targets) =>
            RatingEvaluator.Evaluate(predictor, new EvaluationSet(before, targets), new RatingScale(1, 5));
        Assert.Throws<InputException>(() => Evaluate(new Predictor(4), heldOut.WithoutValues()));
        Assert.Contains("held-out rating", Assert.Throws<InputException>(
            () => Evaluate(new Predictor(4), new ClickMatrix(4, [0, 0, 0, 0], [], []))).Message);
        var first = new ClickMatrix(4, [0, 1, 1, 1], [0], [3]);
        Assert.Contains("the rating of item 0 by user 0 is NaN",
            Assert.Throws<InputException>(() => Evaluate(new Predictor(4, float.NaN), first)).Message);
    }
}
