using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>Takes in ratings with their predictions, and keeps running means of the errors.</summary>
/// <param name="scale">What predictions are clipped to.</param>
/// <param name="unseen">What stands for the prediction where the user or the item was not seen.</param>
internal sealed class RatingTally(RatingScale scale, double unseen)
{
    private readonly List<double> mseOfUsers = [];
    private Errors all, seen;
    private RunningMean squaredOfUser;

    /// <summary>Adds a rating.</summary>
    public void Add(double rating, double prediction, bool isSeen)
    {
        double error = (isSeen ? scale.Clip(prediction) : unseen) - rating;
        all.Add(error);
        squaredOfUser.Add(error * error);
        if (isSeen)
            seen.Add(error);
    }

    /// <summary>Ends the ratings of a user, of whom at least one was added.</summary>
    public void EndUser()
    {
        mseOfUsers.Add(squaredOfUser.Estimate.Value);
        squaredOfUser = default;
    }

    /// <summary>The measures of all ratings added, at least one.</summary>
    public RatingReport Report =>
        new(all.Measures, seen.Count == 0 ? null : seen.Measures) { MseOfUsers = mseOfUsers };

    private struct Errors
    {
        private RunningMean squared, absolute;

        public int Count { get; private set; }

        public void Add(double error)
        {
            squared.Add(error * error);
            absolute.Add(Math.Abs(error));
            Count++;
        }

        public readonly RatingMeasures Measures
        {
            get
            {
                (double mean, double? standardError) = (squared.Estimate.Value, squared.Estimate.StandardError);
                double rmse = Math.Sqrt(mean);
                return new(new Estimate(rmse, rmse == 0 ? 0 : standardError / (2 * rmse)), absolute.Estimate, Count);
            }
        }
    }
}
