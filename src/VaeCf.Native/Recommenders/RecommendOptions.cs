namespace VaeCf.Native.Recommenders;

/// <summary>Whom an answer is for, and which items it may hold.</summary>
public sealed record RecommendOptions
{
    /// <summary>
    /// Id of the user whose history is given, for a model that knows its training users by their ids
    /// (<see cref="Recommender.Users"/>); null, the default, for one who is known by the history alone.
    /// </summary>
    public string? User { get; init; }

    /// <summary>
    /// Ids of items that may not be recommended; ids that the model does not know are ignored. Null, the default, for
    /// none.
    /// </summary>
    public IEnumerable<string>? Exclude { get; init; }

    /// <summary>
    /// Ids of the only items that may be recommended; ids that the model does not know are ignored. Null, the default,
    /// for all.
    /// </summary>
    public IEnumerable<string>? Only { get; init; }

    /// <summary>Whether items of the history may be recommended too; false by default.</summary>
    public bool SeenToo { get; init; }
}
