using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>Whatever predicts ratings.</summary>
public interface IRatingPredictor
{
    /// <summary>Number of items whose ratings it predicts.</summary>
    int ItemCount { get; }

    /// <summary>Predicts the ratings of users for items.</summary>
    /// <param name="users">What is known of users: the ratings they gave.</param>
    /// <param name="rows">The users asked about, rows of <paramref name="users"/>.</param>
    /// <param name="pairs">
    /// The items asked about: those that the same row has here. Values are not read. It has as many users and items as
    /// <paramref name="users"/>.
    /// </param>
    /// <param name="ratings">
    /// Receives a finite number for each click that <paramref name="pairs"/> has in these rows, row by row, by
    /// ascending item.
    /// </param>
    void Predict(Histories users, ReadOnlySpan<int> rows, ClickMatrix pairs, Span<float> ratings);
}
