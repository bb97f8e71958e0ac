using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Native.Recommenders;

public abstract partial class Recommender
{
    /// <summary>
    /// Predicts the ratings of users for items, on the scale of the ratings that the model was trained on.
    /// </summary>
    /// <inheritdoc cref="IRatingPredictor.Predict"/>
    /// <exception cref="ArgumentException">The numbers of users, items or pairs do not agree.</exception>
    /// <exception cref="InputException">
    /// A prediction is not a finite number: the weights are too large to compute with.
    /// </exception>
    /// <exception cref="NotSupportedException">The model predicts no ratings.</exception>
    /// <exception cref="ObjectDisposedException">The recommender is disposed.</exception>
    public void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings)
    {
        RatingScale scale = Scale;
        PredictArguments.Check(ItemCount, users, rows, pairs, ratings);
        using (Call call = Enter())
            call.Ranker.Predict(users, rows, pairs, ratings);
        PredictArguments.CheckRatings(rows, pairs, ratings);
        foreach (ref float rating in ratings)
            rating = (float)scale.Clip(rating);
    }

    /// <summary>Predicts how one user would rate items.</summary>
    /// <param name="user">
    /// The user's id, by which a model that keeps its training users knows them; null, the default, where the history
    /// says all.
    /// </param>
    /// <param name="history">
    /// The user's ratings, which a model needs that keeps no users; items that it does not know do not count.
    /// </param>
    /// <param name="items">Ids of the items; those that the model does not know are reported.</param>
    /// <returns>The predicted ratings in the order asked, each item once.</returns>
    /// <exception cref="ArgumentException">
    /// The model knows users by their ids and not this one; or it knows them by their ratings and there is none that it
    /// knows.
    /// </exception>
    /// <exception cref="NotSupportedException">The model predicts no ratings.</exception>
    public Recommendations Predict(string? user, IEnumerable<HistoryItem> history, IEnumerable<string> items)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(items);
        _ = Scale;
        (Histories known, _) = Known(history);
        if (Settings.Type.KeepsUsers && (user is null || Users is null || Users.IndexOf(user) < 0))
            throw new ArgumentException($"found {(user is null ? "no user" : $"the user '{user}'")}; expected one of "
                + $"those that the {Settings.Type.Title} model was trained on, which are all it knows", nameof(user));
        if (!Settings.Type.KeepsUsers && known.Clicks.ClickCount == 0)
            throw new ArgumentException("found no ratings of the user on items that the model knows; expected some: "
                + $"{Settings.Type.Title} knows a user by them alone", nameof(history));
        string[] asked = [.. items.Distinct()];
        int[] places = [.. asked.Select(Items.IndexOf)], ascending = [.. places.Where(item => item >= 0).Order()];
        var ratings = new float[ascending.Length];
        Predict(new Histories(known.Clicks, user is null ? null : new Vocabulary([user])), [0],
            new ClickMatrix(ItemCount, [0, ascending.Length], ascending), ratings);
        return new Recommendations(
            [.. asked.Zip(places).Where(one => one.Second >= 0).Select(one =>
                new ScoredItem(one.First, ratings[ascending.AsSpan().BinarySearch(one.Second)]))],
            [.. asked.Where((_, i) => places[i] < 0)], user);
    }

    private RatingScale Scale => Info.Scale ?? throw new NotSupportedException(
        $"{Settings.Type.Title} predicts no ratings: it ranks items by scores that are on no scale");
}
